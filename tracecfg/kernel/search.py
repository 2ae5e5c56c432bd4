"""Finds the files of a tree that have to do with tracepoints: with rg, git grep or by reading.

All three find the same: C sources and headers below the folders that belong to the kernel, which
hold what the scan asks for, WORDS; a few more that hold only a part of one do no harm.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from mmap import ACCESS_READ, mmap
from pathlib import Path

from tracecfg import osio
from tracecfg.errors import TracecfgError, UnsupportedTreeError
from tracecfg.kernel.tree import MAX_FILE, Tree, read_all

WORDS = (
    "TRACE_SYSTEM",
    "CREATE_TRACE_POINTS",
    "TRACE_EVENT",
    "DEFINE_EVENT",
    "DECLARE_TRACE",
    "TRACEPOINT",
    "__tracepoint_",
    "tracepoint_enabled",
    "register_trace_",
    "CUSTOM_EVENT",
    "set_clr_event",
    "trace_get_event_file",
    "include <trace/events/",
)
"""Fixed strings. The last one finds code that registers probes through a macro of its own."""

PARTS = (
    "TRACE_SYSTEM",
    "TRACE_POINTS",
    "TRACE_EVENT",
    "TRACEPOINT",
    "FINE_EVENT",
    "ARE_TRACE",
    "OM_EVENT",
    "tracepoint_",
    "trace_get_event_file",
    "r_trace_",
    "clr_event",
    "<trace/events/",
)
"""Parts of WORDS, one in each of them. A search for several strings at once looks for how they
begin: beginnings that are few and that C code seldom has make rg's a third cheaper."""

BESIDES = ("&event_",)
"""Looked for as well, but it takes one of WORDS to make a file worth reading."""

_EVERY = frozenset((*PARTS, *BESIDES))
_COMPLAINT = re.compile(
    r"(?:rg: )?\./(.+?): [^:]*\(os error \d+\)$|(?:error|warning): [^']*'(.+)': "
)
"""What rg, and git grep, say of a file or a folder that they cannot look into."""

Candidate = tuple[str, frozenset[str]]
"""A file's path, relative to the tree, and which of PARTS and BESIDES are in it. Of two that
overlap in the text only the first is told."""


@cache
def signs(word: str) -> frozenset[str]:
    """Of PARTS and BESIDES those of which one at least is told of each file that holds the word."""
    every = (*PARTS, *BESIDES)
    part = next(part for part in every if part in word)
    ahead = word[: word.index(part)]
    return frozenset(sign for sign in every if sign == part or _hides(sign, ahead, part))


def _hides(sign: str, ahead: str, part: str) -> bool:
    """Can it begin before a part, which has this text ahead of it, and reach into it?"""
    return any(
        (part.startswith(sign[at:]) or sign[at:].startswith(part))
        and (ahead.endswith(sign[:at]) or sign[:at].endswith(ahead))
        for at in range(1, len(sign))
    )


NOT_KERNEL = frozenset({"tools", "Documentation", "scripts", ".git"})
"""Top folders whose code is never part of a kernel or its modules."""


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
    told = ("--only-matching", "--no-line-number", "--no-column", "--color=never", "--null")
    argv = _program(searcher, (*PARTS, *BESIDES), told)
    if tolerant:
        return _tolerant(tree, searcher, argv)
    return _by_file(osio.pieces(argv, cwd=tree.root, end=b"\n", ok=(0, 1)))


def _tolerant(tree: Tree, searcher: Searcher, argv: list[str]) -> Iterator[Candidate]:
    complaints: list[str] = []
    # rg's 2 is of a search that went on without some files
    ok = (0, 1, 2) if searcher is Searcher.RIPGREP else (0, 1)
    found = osio.pieces(argv, cwd=tree.root, end=b"\n", ok=ok, complaints=complaints)
    return _with_unread(_by_file(found), complaints, searcher)


def _with_unread(
    found: Iterator[Candidate], complaints: list[str], searcher: Searcher
) -> Iterator[Candidate]:
    """And what rg or git grep complained of, once they have ended."""
    yield from found
    for line in complaints:
        match = _COMPLAINT.match(line)
        if match:
            yield (match[1] or match[2]).rstrip("/"), _EVERY
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
        argv = _program(searcher, (word,), ("--files-with-matches", "--null"))
        # rg's 2: search() has told of what cannot be read
        found = osio.run(argv, cwd=tree.root, ok=(0, 1, 2)).split(b"\0")
        paths = [os.fsdecode(path).removeprefix("./") for path in found if path]
    others = (path for path, data in tree.off_disk() if is_source(path) and word.encode() in data)
    return sorted([*filter(tree.on_disk, paths), *others])


def _text(tree: Tree, path: str) -> str:
    try:
        return tree.read(path)
    except UnsupportedTreeError:
        return ""


def _program(searcher: Searcher, words: Iterable[str], told: Iterable[str]) -> list[str]:
    """The call that searches a tree's C files for fixed strings. told: what it is to print"""
    how = ("--fixed-strings", "--text", *told)
    patterns = [part for word in words for part in ("-e", word)]
    if searcher is Searcher.RIPGREP:
        globs = [part for top in sorted(NOT_KERNEL) for part in ("-g", f"!/{top}/")]
        hidden = ("--no-ignore", "--hidden", "--no-heading", "--with-filename")
        return ["rg", "--no-config", *hidden, *how, "-g", "*.[chS]", *globs, *patterns, "."]
    # untracked files too: generate and check speak of the work tree, not of the last commit
    untracked = ("--untracked", "--no-exclude-standard")
    return [
        *("git", "-c", "core.fsmonitor=false", "grep", *untracked, *how, *patterns, "--"),
        *(f"*{suffix}" for suffix in _SOURCE),
        *(f":(exclude){top}/**" for top in sorted(NOT_KERNEL)),
    ]


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
        yield folder, _EVERY
    with ProcessPoolExecutor() as pool:
        for chunk in pool.map(_matching, found, chunksize=64):
            for path, parts in chunk:
                if parts or tolerant:
                    yield path, parts or _EVERY


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


def parts_in(data: bytes | mmap) -> frozenset[str]:
    """Which of PARTS and BESIDES a file holds; none without one of PARTS."""
    # a plain search for each word is several times faster than one pattern of them all
    told = frozenset(
        part.decode()
        for common, parts in _BY_COMMON
        if data.find(common) >= 0
        for part in parts
        if data.find(part) >= 0
    )
    return told and told | {part for part in BESIDES if data.find(part.encode()) >= 0}


_COMMON = ("TRACE", "trace_")
"""What several parts have in common: most files have none of them, and one look tells."""
_BY_COMMON = [
    (common.encode(), [part.encode() for part in PARTS if common in part]) for common in _COMMON
] + [
    (part.encode(), [part.encode()])
    for part in PARTS
    if not any(common in part for common in _COMMON)
]
