"""Finds a pattern in the sources of a tree: with rg, git grep or by reading."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from tracecfg import osio
from tracecfg.errors import UnsupportedTreeError
from tracecfg.kernel.search import NOT_KERNEL, Searcher, folders
from tracecfg.kernel.tree import Tree

SUFFIXES = (".c", ".h", ".S", ".rs")


def matches(
    tree: Tree, searcher: Searcher, pattern: str, under: Sequence[str] = ("",)
) -> Iterator[tuple[str, str]]:
    """The path of a file and what matches in it, again and again; a program that looks for them
    has been started when this returns. Those of one file come together.

    pattern: that POSIX's extended regular expressions, rg and Python take for the same
    under: folders or files; "" is all of the kernel
    Raises TracecfgError while it is read, UnsupportedTreeError for a folder that cannot be listed.
    """
    compiled = re.compile(pattern.encode())
    found = (
        _read(tree, compiled, under)
        if searcher is Searcher.OWN
        else _searched(tree, searcher, pattern, under)
    )
    on_disk = (each for each in found if tree.on_disk(each[0]))
    return chain(on_disk, _off_disk(tree, compiled, tuple(map(_below, under))))


def _off_disk(
    tree: Tree, pattern: re.Pattern[bytes], tops: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for path, data in tree.off_disk():
        if (
            path.endswith(SUFFIXES)
            and path.startswith(tops)
            and path.partition("/")[0] not in NOT_KERNEL
        ):
            for match in pattern.finditer(data):
                yield path, match[0].decode("utf-8", "surrogateescape")


def _searched(
    tree: Tree, searcher: Searcher, pattern: str, under: Sequence[str]
) -> Iterator[tuple[str, str]]:
    told = ("--only-matching", "--no-line-number", "--no-column", "--color=never", "--null")
    if searcher is Searcher.RIPGREP:
        hidden = ("--no-ignore", "--hidden", "--no-heading", "--with-filename", "--text")
        argv = [
            *("rg", "--no-config", *hidden, *told),
            *(part for suffix in SUFFIXES for part in ("-g", f"*{suffix}")),
            *(part for top in sorted(NOT_KERNEL) for part in ("-g", f"!/{top}/")),
            *("-e", pattern, "--"),
            *(f"./{path}" for path in under),
        ]
    else:
        untracked = ("--untracked", "--no-exclude-standard")
        argv = [
            *("git", "-c", "core.fsmonitor=false", "grep", *untracked, "--text", *told),
            *("--extended-regexp", "-e", pattern, "--"),
            *(f":(glob){_below(path)}**/*{suffix}" for path in under for suffix in SUFFIXES),
            *(f":(exclude){top}/**" for top in sorted(NOT_KERNEL)),
        ]
    return _told(osio.pieces(argv, cwd=tree.root, end=b"\n", ok=(0, 1, 2)))


def _below(folder: str) -> str:
    return f"{folder}/" if folder else ""


def _told(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """From lines of a path, NUL and a match; one that has newlines in its path is left out."""
    last, path = b"", ""
    for line in lines:
        found, nul, match = line.partition(b"\0")
        if nul:
            if found != last:
                last, path = found, os.fsdecode(found).removeprefix("./")
            yield path, match.decode("utf-8", "surrogateescape")


def _read(
    tree: Tree, pattern: re.Pattern[bytes], under: Sequence[str]
) -> Iterator[tuple[str, str]]:
    tops = tuple(map(_below, under))
    for folder, names in folders(tree.root, [], SUFFIXES):
        if not _below(folder).startswith(tops):
            continue
        for name in names:
            if not name.endswith(SUFFIXES):
                continue
            path = _below(folder) + name
            try:
                data = tree.read_bytes(path)
            except UnsupportedTreeError:
                continue
            for match in pattern.finditer(data):
                yield path, match[0].decode("utf-8", "surrogateescape")
