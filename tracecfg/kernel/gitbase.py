"""What a branch started from, as git tells it: the merge base, and what differs from it.

Names, modes and raw objects are asked for, never differences (textconv and external programs would
run), and with every filter turned off.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from tracecfg.errors import (
    TracecfgError,
    UnsupportedTreeError,
    UsageError,
    escaped,
    shortened,
)
from tracecfg.kernel.gitrepo import git, no_filters, refreshed_index
from tracecfg.kernel.tree import MAX_FILE, Tree

_GITLINK = 0o160000
_AT_ONCE = 32 * 1024 * 1024
"""Bytes of objects that one git process is asked for."""
_INCOMPLETE = "a partial clone lacks files: `git fetch --refetch --no-filter` gets them"
_RENAMES = 2000
"""Files that are compared with each other to find renamed ones."""
_PAIRS = 2500
"""As many of those that git does not track."""
_ALIKE = 0.6
"""Of their lines; any two headers have some."""
_SOURCES = (".c", ".h")


class Blob(NamedTuple):
    """A file of a commit. mode: as git writes it, 0o120000 for a symlink"""

    mode: int
    name: str

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)


class Base(NamedTuple):
    """commit: its name
    differs: each path that is not as it was, with the file there was or None
    new: folders that were not there
    renamed: the paths of files that have others now
    """

    commit: str
    differs: Mapping[str, Blob | None]
    new: frozenset[str]
    renamed: Mapping[str, str]


def base_of(tree: Tree, revision: str) -> Base:
    """The merge base of a revision and HEAD, against the work tree as it is: changes that are not
    committed and files that are not tracked count, ignored files do not.

    Raises UsageError for a revision that cannot be, and TracecfgError where git cannot tell.
    """
    _in_work_tree(tree, revision)
    commit = _merge_base(tree, _commit(tree, revision))
    try:
        return _compared(tree, commit)
    except TracecfgError as error:
        raise TracecfgError(f"{shown(revision)}: {error.message}", _INCOMPLETE) from error


def shown(revision: str) -> str:
    return f"--since {escaped(shortened(revision))}"


def _in_work_tree(tree: Tree, revision: str) -> None:
    try:
        inside = git(tree, "rev-parse", "--is-inside-work-tree").strip() == b"true"
    except TracecfgError as error:
        if "dubious ownership" in error.message:
            raise TracecfgError(
                f"{shown(revision)}: the repository belongs to another user, and git refuses it",
                f"git config --global --add safe.directory {escaped(str(tree.root))}",
            ) from error
        if "not a git repository" not in error.message:
            raise
        inside = False
    if not inside:
        raise UsageError(
            f"{shown(revision)}: {escaped(str(tree.root))} is no work tree of a git repository",
            "leave --since out to check the whole tree",
        )


def _commit(tree: Tree, revision: str) -> str:
    found = b""
    if revision and not revision.startswith("-"):
        asked = ("rev-parse", "--quiet", "--verify", f"{revision}^{{commit}}")
        found = git(tree, *asked, ok=(0, 1, 128)).strip()
    if not found.isalnum():
        # a range is two of them
        raise UsageError(
            f"{shown(revision)}: no commit that this repository has",
            "name a branch, tag or commit; `git fetch` gets what it lacks, and with "
            "actions/checkout `fetch-depth: 0`",
        )
    return found.decode()


def _merge_base(tree: Tree, commit: str) -> str:
    if not git(tree, "rev-parse", "--quiet", "--verify", "HEAD^{commit}", ok=(0, 1, 128)):
        raise UsageError("--since: the branch has no commit yet", "commit something first")
    found = git(tree, "merge-base", commit, "HEAD", ok=(0, 1)).decode().split()
    if found:
        return found[0]
    if git(tree, "rev-parse", "--is-shallow-repository").strip() == b"true":
        raise TracecfgError(
            f"--since: {commit[:12]} and HEAD meet at no commit that this shallow clone has",
            "`git fetch --deepen=1000` or `--unshallow`; with actions/checkout `fetch-depth: 0`",
        )
    raise UsageError(
        f"--since: {commit[:12]} and HEAD have no commit in common", "name another revision"
    )


def _compared(tree: Tree, commit: str) -> Base:
    how = ("--raw", "-z", "--no-abbrev", "--ignore-submodules=all", "--relative", "--no-ext-diff")
    config = no_filters(tree)
    differs: dict[str, Blob | None] = {}
    gone: dict[str, Blob] = {}
    with refreshed_index(tree, config) as index:
        asked = ("diff-index", "--no-renames", *how, commit, "--")
        raw = git(tree, *asked, config=config, index=index)
    for old, new, name, path in _records(raw):
        if _GITLINK not in (old, new):
            differs[path] = Blob(old, name) if old else None
            if not new:
                gone[path] = Blob(old, name)
    others = git(tree, "ls-files", "--others", "--exclude-standard", "-z", "--")
    # a folder is another repository
    untracked = [path for path in os.fsdecode(others).split("\0") if path and path[-1] != "/"]
    for path in untracked:
        differs.setdefault(path, None)
    renamed = {}
    if gone:
        # of the index, whose files are objects
        renames = ("--cached", f"-l{_RENAMES}", "--find-renames", "--diff-filter=R")
        raw = git(tree, "diff-index", *renames, *how, commit, "--", config=config)
        renamed = dict(_renames(raw))
        left = {path: blob for path, blob in gone.items() if path not in renamed}
        renamed |= _renamed_untracked(tree, left, untracked)
    return Base(commit, differs, _new_folders(tree, commit, differs), renamed)


def _renamed_untracked(
    tree: Tree, gone: Mapping[str, Blob], untracked: Sequence[str]
) -> dict[str, str]:
    """Headers and sources that were moved without git: those that have most lines in common, and
    more than two headers have by chance."""
    new = [path for path in untracked if path.endswith(_SOURCES)]
    old = {path: each.name for path, each in gone.items() if path.endswith(_SOURCES)}
    if not new or not old or len(new) * len(old) > _PAIRS:
        return {}
    lines: dict[str, Counter[bytes]] = {}
    for path in new:
        with suppress(UnsupportedTreeError):
            lines[path] = Counter(tree.read_bytes(path).split(b"\n"))
    were = {
        name: Counter((data or b"").split(b"\n")) for name, data in contents(tree, [*old.values()])
    }
    alike = [
        (-2 * (were[name] & lines[there]).total() / total, path, there)
        for path, name in old.items()
        for there in lines
        if path.rpartition(".")[2] == there.rpartition(".")[2]
        and (total := were[name].total() + lines[there].total())
    ]
    found: dict[str, str] = {}
    taken: set[str] = set()
    for likeness, path, there in sorted(alike):
        if likeness <= -_ALIKE and path not in found and there not in taken:
            found[path] = there
            taken.add(there)
    return found


def _new_folders(tree: Tree, commit: str, differs: Mapping[str, Blob | None]) -> frozenset[str]:
    found = set[str]()
    for path in (path for path, blob in differs.items() if blob is None):
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    if found:
        told = git(tree, "ls-tree", "-r", "-d", "-z", "--name-only", commit)
        found.difference_update(os.fsdecode(told).split("\0"))
    return frozenset(found)


def _records(raw: bytes) -> Iterator[tuple[int, int, str, str]]:
    """The modes, the old object and the path of each; see `RAW OUTPUT FORMAT` of git-diff-index."""
    fields = os.fsdecode(raw).split("\0")
    for told, path in zip(fields[::2], fields[1::2], strict=False):
        old, new, name, _, _ = told.removeprefix(":").split(" ")
        yield int(old, 8), int(new, 8), name, path


def _renames(raw: bytes) -> Iterator[tuple[str, str]]:
    fields = os.fsdecode(raw).split("\0")
    return zip(fields[1::3], fields[2::3], strict=False)


def contents(tree: Tree, names: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    """The bytes of objects as git stores them, by their names; None for one longer than MAX_FILE.

    Raises TracecfgError for one that the clone lacks.
    """
    names = list(dict.fromkeys(names))
    sizes = {}
    for line in _asked(tree, "--batch-check", names).decode().splitlines():
        name, *kind = line.split(" ")
        if kind[:1] != ["blob"]:
            raise _unread(f"there is no file {name}")
        sizes[name] = int(kind[1])
    asked: list[str] = []
    size = 0
    for name in names:
        if sizes[name] > MAX_FILE:
            yield name, None
            continue
        asked.append(name)
        size += sizes[name]
        if size > _AT_ONCE:
            yield from _batch(tree, asked)
            asked, size = [], 0
    yield from _batch(tree, asked)


def _batch(tree: Tree, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    data = _asked(tree, "--batch", names)
    at = 0
    for name in names:
        end = data.index(b"\n", at)
        size = int(data[at:end].split(b" ")[2])
        yield name, data[end + 1 : end + 1 + size]
        at = end + size + 2


def _asked(tree: Tree, how: str, names: Sequence[str]) -> bytes:
    try:
        return git(tree, "cat-file", how, stdin="\n".join(names).encode()) if names else b""
    except TracecfgError as error:
        raise _unread(error.message) from error


def _unread(why: str) -> TracecfgError:
    return TracecfgError(f"--since: cannot be read from git: {why}", _INCOMPLETE)
