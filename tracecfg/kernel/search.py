"""Finds the files of a tree that have to do with tracepoints: with rg, git grep or by reading.

All three find the same: C sources and headers below the folders that belong to the kernel, which
hold what the scan asks for, WORDS of signs.py; a few more that hold only a part of one do no harm.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator, Iterable, Iterator
from enum import StrEnum
from mmap import ACCESS_READ, mmap
from pathlib import Path

from tracecfg import osio
from tracecfg.errors import TracecfgError, UnsupportedTreeError
from tracecfg.kernel import gitrepo
from tracecfg.kernel.signs import BESIDES, EVERY, PARTS, parts_in
from tracecfg.kernel.tree import MAX_FILE, Tree, read_all

_COMPLAINT = re.compile(
    r"(?:rg: )?\./(.+?): [^:]*\(os error \d+\)$|(?:error|warning): [^']*'(.+)': "
)
"""What rg, and git grep, say of a file or a folder that they cannot look into."""

Candidate = tuple[str, frozenset[str]]
"""A file's path, relative to the tree, and which of PARTS and BESIDES are in it. Of two that
overlap in the text only the first is told."""


NOT_KERNEL = frozenset({"tools", "Documentation", "scripts", ".git"})
"""Top folders whose code is never part of a kernel or its modules."""


MATCHES = ("--only-matching", "--no-line-number", "--no-column")
"""Options of rg and git grep: a path, NUL, what matches there and a newline, again and again."""

_SOURCE = (".c", ".h", ".S")
_BUILD = ("Makefile", "Kbuild", "Kconfig")


def could_be_read(path: str) -> bool:
    """By a scan, which looks at no others."""
    top, _, _ = path.partition("/")
    name = path.rpartition("/")[2]
    return top not in NOT_KERNEL and (is_source(name) or name.startswith(_BUILD))


def is_source(path: str) -> bool:
    return path.endswith(_SOURCE)


class Searcher(StrEnum):
    RIPGREP = "rg"
    GIT = "git"
    OWN = "own"


def best_searcher(tree: Tree) -> Searcher:
    if shutil.which("rg"):
        return Searcher.RIPGREP
    if shutil.which("git") and (tree.root / ".git").exists():
        return Searcher.GIT
    return Searcher.OWN


def search(tree: Tree, searcher: Searcher, *, tolerant: bool = False) -> Iterator[Candidate]:
    """The files that hold one of WORDS, as they are found: a program that looks for them has been
    started when this returns.

    tolerant: what cannot be looked into, files and folders, is told as if it held every word, so
    that whoever reads it learns why it cannot be read
    Raises UnsupportedTreeError for a folder that cannot be listed and TracecfgError for a file
    that rg cannot read, unless tolerant.
    """
    if searcher is Searcher.OWN:
        return _read_all(tree, tolerant=tolerant)
    complaints: list[str] = []
    wanted = ("--fixed-strings", *MATCHES)
    found = started(
        tree,
        searcher,
        (*PARTS, *BESIDES),
        wanted,
        end=b"\n",
        part=tolerant,
        complaints=complaints if tolerant else None,
    )
    return _with_unread(_by_file(found), complaints, searcher)


def _with_unread(
    found: Iterator[Candidate], complaints: list[str], searcher: Searcher
) -> Iterator[Candidate]:
    """And what rg or git grep complained of, once they have ended."""
    yield from found
    for line in complaints:
        match = _COMPLAINT.match(line)
        if match:
            yield (match[1] or match[2]).rstrip("/"), EVERY
        elif searcher is Searcher.RIPGREP:
            raise TracecfgError(line)


def files_with(tree: Tree, searcher: Searcher, word: str) -> list[str]:
    """The C sources and headers of the kernel that hold a fixed string, by path; not what cannot
    be looked into, which search() tells."""
    if searcher is Searcher.OWN:
        paths = [
            path
            for folder, names in folders(tree.root, [])
            for name in names
            if name.endswith(_SOURCE)
            and word in _text(tree, path := f"{folder}/{name}" if folder else name)
        ]
    else:
        wanted = ("--fixed-strings", "--files-with-matches")
        found = started(tree, searcher, (word,), wanted, end=b"\0", part=True)
        paths = [os.fsdecode(path).removeprefix("./") for path in found]
    others = (path for path, data in tree.off_disk() if is_source(path) and word.encode() in data)
    return sorted([*filter(tree.on_disk, paths), *others])


def _text(tree: Tree, path: str) -> str:
    try:
        return tree.read(path)
    except UnsupportedTreeError:
        return ""


def started(
    tree: Tree,
    searcher: Searcher,
    patterns: Iterable[str],
    wanted: Iterable[str],
    *,
    end: bytes,
    suffixes: Iterable[str] = _SOURCE,
    under: Iterable[str] = ("",),
    part: bool,
    complaints: list[str] | None = None,
) -> Generator[bytes]:
    """What rg or git grep, started here, prints of the kernel's files, cut at each `end`.

    wanted: options for what the patterns are and what is printed
    under: folders; "" is all of the kernel
    part: what cannot be looked into is no failure; complaints: gets what is said of that
    """
    asked = [*wanted, "--text", "--color=never", "--null"]
    asked += [*(part for each in patterns for part in ("-e", each)), "--"]
    if searcher is Searcher.RIPGREP:
        argv = [
            *("rg", "--no-config", "--no-ignore", "--hidden", "--no-heading", "--with-filename"),
            *(part for suffix in suffixes for part in ("-g", f"*{suffix}")),
            *(part for top in sorted(NOT_KERNEL) for part in ("-g", f"!/{top}/")),
            *asked,
            *(f"./{path}" for path in under),
        ]
        # 2 is of a search that went on without some files
        ok = (0, 1, 2) if part else (0, 1)
        return osio.pieces(argv, cwd=tree.root, end=end, ok=ok, complaints=complaints)
    asked += [f":(glob){below(path)}**/*{suffix}" for path in under for suffix in suffixes]
    asked += [f":(exclude){top}/**" for top in sorted(NOT_KERNEL)]
    # untracked files too: generate and check speak of the work tree, not of the last commit
    how = ("grep", "--untracked", "--no-exclude-standard")
    return gitrepo.pieces(tree, *how, *asked, end=end, ok=(0, 1), complaints=complaints)


def below(folder: str) -> str:
    """How the paths of what is in it begin."""
    return f"{folder}/" if folder else ""


def _by_file(lines: Iterable[bytes]) -> Iterator[Candidate]:
    """From lines of a path, NUL and a part; those of one file come together."""
    known = {part.encode(): part for part in (*PARTS, *BESIDES)}
    path, parts, begun, before = b"", set[str](), b"", b""
    for line in lines:
        if line == before and not begun:
            continue
        before = line
        found, nul, part = (begun + line).rpartition(b"\0")
        if not nul:
            # the path has newlines in it
            begun += line + b"\n"
            continue
        begun = b""
        if found != path:
            if not parts.issubset(BESIDES):
                yield os.fsdecode(path).removeprefix("./"), frozenset(parts)
            path, parts = found, set()
        parts.add(known[part])
    if not parts.issubset(BESIDES):
        yield os.fsdecode(path).removeprefix("./"), frozenset(parts)


def folders(
    root: Path, unlisted: list[str] | None = None, suffixes: tuple[str, ...] = _SOURCE
) -> Iterator[tuple[str, list[str]]]:
    """Every kernel folder (relative, "" for the root) with the names of the files that a scan
    could read: sources and headers, Makefiles, Kbuild and Kconfig files.

    Symlinked folders are not entered: the tree has none, and they can lead out of it.
    unlisted: gets the folders that cannot be listed
    Raises UnsupportedTreeError for such a folder when there is no such list.
    """
    stack = [""]
    while stack:
        folder = stack.pop()
        names = []
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if folder or entry.name not in NOT_KERNEL:
                            stack.append(f"{folder}/{entry.name}" if folder else entry.name)
                    elif entry.is_file(follow_symlinks=False) and (
                        entry.name.endswith(suffixes) or entry.name.startswith(_BUILD)
                    ):
                        names.append(entry.name)
        except OSError as error:
            if unlisted is not None:
                unlisted.append(folder)
                continue
            raise UnsupportedTreeError(
                f"{folder or '.'}: cannot be listed: {error.strerror}"
            ) from error
        yield folder, names


def _read_all(tree: Tree, *, tolerant: bool) -> Iterator[Candidate]:
    from concurrent.futures import ProcessPoolExecutor

    unlisted: list[str] | None = [] if tolerant else None
    listed = folders(tree.root, unlisted)
    found = [(str(tree.root), folder, names) for folder, names in listed if names]
    for folder in unlisted or ():
        yield folder, EVERY
    with ProcessPoolExecutor() as pool:
        for chunk in pool.map(_matching, found, chunksize=64):
            for path, parts in chunk:
                if parts or tolerant:
                    yield path, parts or EVERY


def _matching(folder: tuple[str, str, list[str]]) -> list[Candidate]:
    """Of the files of a folder those that hold a word; without any, those that cannot be read."""
    root, relative, names = folder
    found: list[Candidate] = []
    for name in names:
        if not name.endswith(_SOURCE):
            continue
        path = f"{relative}/{name}" if relative else name
        try:
            # 50,000 files: twice as fast as a stream
            descriptor = os.open(f"{root}/{path}", os.O_RDONLY)
            try:
                size = os.fstat(descriptor).st_size
                # a longer one is reported by whoever reads it; here it must not fill the memory
                large = size > MAX_FILE
                data = (
                    mmap(descriptor, 0, access=ACCESS_READ) if large else read_all(descriptor, size)
                )
            finally:
                os.close(descriptor)
        except (OSError, ValueError):
            found.append((path, frozenset()))
            continue
        if told := parts_in(data):
            found.append((path, told))
    return found
