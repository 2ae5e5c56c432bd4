"""Changes as patches: unified diffs in git's form, mail that `git am` takes, a quilt series."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from email.header import Header
from email.utils import format_datetime, formataddr
from math import ceil

_CONTEXT = 3
_MARGIN = 40
"""Lines: an inserted text that begins like what follows it may slide back by as much."""
_STAT_WIDTH = 70


@dataclass(frozen=True, kw_only=True)
class Change:
    """One file before and after; `old` is None for a new file. Undecodable bytes stand as
    surrogates."""

    path: str
    old: str | None
    new: str


@dataclass(frozen=True, kw_only=True)
class Author:
    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True, kw_only=True)
class Patch:
    """One commit to be. body: without subject and trailers; trailers: whole lines"""

    subject: str
    body: str
    trailers: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class FileDiff:
    """One change as git shows it, index line included. added, removed: lines"""

    path: str
    created: bool
    text: str
    added: int
    removed: int


def diff(change: Change) -> FileDiff:
    old = change.old or ""
    head = f"diff --git a/{change.path} b/{change.path}\n"
    blobs = f"{_blob(change.old)}..{_blob(change.new)}"
    if change.old is None:
        head += f"new file mode 100644\nindex {blobs}\n--- /dev/null\n"
    else:
        head += f"index {blobs} 100644\n--- a/{change.path}\n"
    lines = list(_hunks(old, change.new))
    return FileDiff(
        path=change.path,
        created=change.old is None,
        text=head + f"+++ b/{change.path}\n" + "".join(lines),
        added=sum(line.startswith("+") for line in lines),
        removed=sum(line.startswith("-") for line in lines),
    )


def _blob(text: str | None) -> str:
    if text is None:
        return "0" * 12
    data = text.encode("utf-8", "surrogateescape")
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()[:12]


def _hunks(old: str, new: str) -> Iterator[str]:
    """Only what lies between the common beginning and the common end, with a margin, is matched
    line by line: edits are few, files are long."""
    start = _back(old, _common(old, new), _MARGIN)
    tail = _common(old[start:][::-1], new[start:][::-1])
    old_end = _ahead(old, len(old) - tail, _MARGIN)
    new_end = _ahead(new, len(new) - tail, _MARGIN)
    before, after = _lines(old[start:old_end]), _lines(new[start:new_end])
    first_line = old.count("\n", 0, start)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        yield (
            f"@@ -{_range(first_line, first[1], last[2])} "
            f"+{_range(first_line, first[3], last[4])} @@\n"
        )
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from _marked(" ", before[old_from:old_to])
                continue
            yield from _marked("-", before[old_from:old_to])
            yield from _marked("+", after[new_from:new_to])


def _common(one: str, other: str) -> int:
    """The length of the common beginning, by halving: comparing slices is fast, characters not."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _back(text: str, at: int, lines: int) -> int:
    """The start of the line that lies so many lines before an offset."""
    for _ in range(lines + 1):
        at = text.rfind("\n", 0, max(at, 0))
        if at < 0:
            return 0
    return at + 1


def _ahead(text: str, at: int, lines: int) -> int:
    """The end of the line that lies so many lines behind an offset."""
    for _ in range(lines + 1):
        at = text.find("\n", at) + 1
        if at == 0:
            return len(text)
    return at


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _range(start: int, begin: int, end: int) -> str:
    length = end - begin
    first = start + begin + 1 if length else start + begin
    return str(first) if length == 1 else f"{first},{length}"


def _marked(mark: str, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        ending = "" if line.endswith("\n") else "\n\\ No newline at end of file\n"
        yield f"{mark}{line}{ending}"


def diffstat(diffs: Sequence[FileDiff]) -> str:
    """As `git diff --stat --summary` writes it, plain."""
    width = max((len(each.path) for each in diffs), default=0)
    most = max((each.added + each.removed for each in diffs), default=0)
    scale = min(1.0, (_STAT_WIDTH - 20) / most) if most else 1.0
    digits = len(str(most))
    rows = "".join(
        f" {each.path:<{width}} | {each.added + each.removed:>{digits}} "
        f"{'+' * ceil(each.added * scale)}{'-' * ceil(each.removed * scale)}\n"
        for each in diffs
    )
    total = f" {_count(len(diffs), 'file')} changed"
    plus, minus = sum(each.added for each in diffs), sum(each.removed for each in diffs)
    total += f", {_count(plus, 'insertion')}(+)" if plus else ""
    total += f", {_count(minus, 'deletion')}(-)" if minus else ""
    created = "".join(f" create mode 100644 {each.path}\n" for each in diffs if each.created)
    return f"{rows}{total}\n{created}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def mail(patch: Patch, *, author: Author, date: datetime, number: int, total: int) -> bytes:
    """The patch as one mbox message."""
    message = patch.body.strip("\n") + "\n"
    if patch.trailers:
        message += "\n" + "".join(f"{line}\n" for line in patch.trailers)
    diffs = [diff(change) for change in patch.changes]
    content = f"{message}---\n{diffstat(diffs)}\n" + "".join(each.text for each in diffs)
    subject = f"[PATCH {number:0{len(str(total))}d}/{total}] {patch.subject}"
    return envelope(subject, content + "-- \ntracecfg\n\n", author=author, date=date)


def envelope(subject: str, content: str, *, author: Author, date: datetime) -> bytes:
    """An mbox message as `git format-patch` writes it. A content with carriage returns is sent
    as base64: git am drops them from plain text."""
    data = content.encode("utf-8", "surrogateescape")
    encoding = "8bit"
    if b"\r" in data:
        encoding = "base64"
        data = base64.encodebytes(data)
    header = (
        f"From {'0' * 40} Mon Sep 17 00:00:00 2001\n"
        f"From: {formataddr((author.name, author.email))}\n"
        f"Date: {format_datetime(date.astimezone(UTC))}\n"
        f"Subject: {subject if subject.isascii() else Header(subject, 'utf-8').encode()}\n"
        "X-Generator: tracecfg\n"
        "MIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=UTF-8\n"
        f"Content-Transfer-Encoding: {encoding}\n\n"
    )
    return header.encode() + data


def quilt(patch: Patch, *, author: Author) -> bytes:
    """The patch with a DEP-3 header, as quilt, Debian and Yocto carry it."""
    body = "\n".join(f" {line}" if line else " ." for line in patch.body.strip("\n").split("\n"))
    header = f"Description: {patch.subject}\n{body}\nAuthor: {author}\n"
    header += "".join(f"{line}\n" for line in patch.trailers) + "X-Generator: tracecfg\n---\n"
    diffs = [diff(change) for change in patch.changes]
    text = f"{header}{diffstat(diffs)}\n" + "".join(each.text for each in diffs)
    return text.encode("utf-8", "surrogateescape")
