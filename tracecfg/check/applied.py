"""A series against its tree: does it apply, is it complete, and what tracecfg would write? TC6xx"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from email.errors import MessageError
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import NamedTuple

from tracecfg.check.facts import Hit
from tracecfg.check.named import named
from tracecfg.errors import (
    ProgramFailedError,
    UnsupportedTreeError,
    UsageError,
    escaped,
    shortened,
)
from tracecfg.kernel.gitrepo import without_repository
from tracecfg.kernel.tree import Tree
from tracecfg.model import Place
from tracecfg.series.generate import Series
from tracecfg.series.patches import diff

_DIFF = re.compile(r"^diff --git ", re.MULTILINE)
_PATHS = re.compile(r"^diff --git a/(\S+) b/(\S+)$", re.MULTILINE)
_SUBJECT = re.compile(r"^(?:\[[^]]*\]\s*)?")
_MAX_SUBJECT = 1000
"""Characters; of a longer one the rest is no part of it."""
_MAX_SIZE = 1 << 26
"""Bytes of all the patches; a series of 351 has two million."""


class _Patch(NamedTuple):
    """line: where its diff begins in the file, 1 where it stands there encoded"""

    file: str
    subject: str
    diff: str
    line: int


def hits(
    tree: Tree, folder: Path, generated: Callable[[Collection[str] | None], Series]
) -> Iterator[Hit]:
    """generated: what tracecfg writes for systems of the tree, None for all

    Raises UsageError for a folder without patches.
    """
    patches = []
    for path, data in _read(folder):
        patch = _patch(named(tree, path).shown, data)
        if patch.diff:
            patches.append(patch)
        elif "cover-letter" not in path.name:
            yield Hit("TC601", Place(patch.file, 1), "no patch: there is no diff --git in it")
    if not patches:
        raise UsageError(f"{folder}: no patches", "tracecfg generate -o FOLDER writes a series")
    yield from _applying(tree, patches)
    given = {patch.subject: patch for patch in patches}
    whole = generated(None)
    of_systems = whole.patches[len(whole.patches) - len(whole.converted) :]
    theirs = {
        each.system.name
        for patch, each in zip(of_systems, whole.converted, strict=True)
        if patch.subject in given
    }
    # a patch of the menu has the entries of those before it around
    series = whole if len(theirs) == len(whole.converted) else generated(theirs)
    wanted = {patch.subject: patch for patch in series.patches}
    for subject, patch in given.items():
        if subject in wanted:
            expected = "".join(diff(change).text for change in wanted[subject].changes)
            yield from _differing(patch, expected)
    missing = [patch for patch in whole.patches if patch.subject not in given]
    if len(missing) > len(given):
        message = f"{len(missing)} patches of the whole series are not here"
        yield Hit("TC604", Place(patches[-1].file, 1), message)
        return
    for each in missing:
        yield Hit("TC602", Place(patches[-1].file, 1), f"behind this, no patch '{each.subject}'")


def _read(folder: Path) -> list[tuple[Path, bytes]]:
    try:
        listed = folder / "series"
        if listed.is_file():
            lines = listed.read_text(errors="replace").splitlines()
            words = [line.split("#")[0].split()[:1] for line in lines]
            paths = [folder / word[0] for word in words if word and not {"/", "\0"} & {*word[0]}]
        else:
            paths = sorted(folder.glob("*.patch"))
        if sum(path.stat().st_size for path in paths) > _MAX_SIZE:
            raise UsageError(f"{folder}: more than {_MAX_SIZE >> 20} MB of patches")
        return [(path, path.read_bytes()) for path in paths if path.is_file()]
    except OSError as error:
        raise UsageError(f"{folder}: cannot be read: {error.strerror}") from error


def _patch(file: str, data: bytes) -> _Patch:
    """From mail or from a DEP-3 header."""
    text = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    if data.startswith(b"From "):
        # the diff of a mail of several parts stands in one of them as it is
        message = BytesHeaderParser().parsebytes(data.partition(b"\n")[2])
        subject = _decoded(str(message["Subject"] or "")[:_MAX_SUBJECT])
        try:
            body = message.get_payload(decode=True)
        except ValueError:
            # not encoded as it says
            body = None
        content = body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else ""
        content = content.partition("\n-- \n")[0] + "\n"
    else:
        match = re.search(r"^(?:Description|Subject): (.*)$", text, re.MULTILINE)
        subject, content = match[1] if match else file, text
    start = _DIFF.search(content)
    begins = _DIFF.search(text)
    line = text.count("\n", 0, begins.start()) + 1 if begins else 1
    plain = _SUBJECT.sub("", " ".join(subject.split()), count=1)
    return _Patch(file, plain, content[start.start() :] if start else "", line)


def _decoded(subject: str) -> str:
    """As it stands there when it is not encoded as it says."""
    try:
        return str(make_header(decode_header(subject)))
    except (MessageError, LookupError, ValueError):
        return subject


def _applying(tree: Tree, patches: Sequence[_Patch]) -> Iterator[Hit]:
    """Each in turn, on copies of the files that they touch."""
    with tempfile.TemporaryDirectory(prefix="tracecfg.") as scratch:
        root = Path(scratch)
        for path in sorted({path for patch in patches for path in _touched(patch)}):
            try:
                data = tree.read_bytes(path)
            except UnsupportedTreeError:
                continue
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        # all at once takes a hundredth of the time, and changes nothing when one does not apply
        if not _refused(root, "".join(patch.diff for patch in patches)):
            return
        for patch in patches:
            if why := _refused(root, patch.diff):
                yield Hit("TC601", Place(patch.file, patch.line), f"does not apply: {why}")
                # those behind it build on it
                return


def _refused(root: Path, diffs: str) -> str:
    """Apply what applies as a whole; else why it does not."""
    data = diffs.encode("utf-8", "surrogateescape")
    try:
        without_repository(root, "apply", "--whitespace=nowarn", "-", stdin=data)
    except ProgramFailedError as error:
        if error.code < 0:
            raise
        return escaped(shortened(error.said.rpartition("error: ")[2]))
    return ""


def _touched(patch: _Patch) -> Iterator[str]:
    for old, new in _PATHS.findall(patch.diff):
        # git apply refuses these as well
        yield from (path for path in (old, new) if path[0] != "/" and not _leads_away(path))


def _leads_away(path: str) -> bool:
    return any(part.lower() in ("..", ".git") for part in path.split("/"))


def _differing(patch: _Patch, expected: str) -> Iterator[Hit]:
    ours, theirs = _lines(expected), _lines(patch.diff)
    for at, line in enumerate(theirs):
        if at >= len(ours) or line != ours[at]:
            shown = f"'{escaped(shortened(line))}' is not what tracecfg writes here"
            yield Hit("TC603", Place(patch.file, patch.line + _with_index(patch.diff, at)), shown)
            return
    if len(theirs) < len(ours):
        lacking = escaped(shortened(ours[len(theirs)]))
        yield Hit("TC603", Place(patch.file, patch.line), f"lacks '{lacking}'")


def _lines(text: str) -> list[str]:
    """A diff without what depends on the rest of the file only, its carriage returns and end."""
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    return [line for line in lines if not line.startswith(("index ", "@@ "))]


def _with_index(text: str, at: int) -> int:
    """The number of a line of _lines() in the whole diff, from 0."""
    left = at
    for number, line in enumerate(text.split("\n")):
        if not line.startswith(("index ", "@@ ")):
            if left == 0:
                return number
            left -= 1
    return 0
