"""Finds a pattern in the sources of a tree: with rg, git grep or by reading."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kernel.search import MATCHES, NOT_KERNEL, Searcher, below, folders, started
from tracecfg.kernel.tree import Tree

SUFFIXES = (
    *(".c", ".h", ".S", ".rs"),
    # what C code includes besides headers
    *(".inc", ".inl", ".def", ".tbl", ".cc", ".cpp", ".hpp", ".hx"),
)


def matches(
    tree: Tree, searcher: Searcher, pattern: str, under: Sequence[str] = ("",)
) -> Iterator[tuple[str, str]]:
    """The path of a file and what matches in it, again and again; a program that looks for them
    has been started when this returns. Those of one file come together.

    pattern: that POSIX's extended regular expressions, rg and Python take for the same: a tab
    stands for itself, and no alternative is the beginning of a later one
    under: folders; "" is all of the kernel
    Raises TracecfgError while it is read, UnsupportedTreeError for a folder that cannot be listed.
    """
    compiled = re.compile(pattern.encode())
    found = (
        _read(tree, compiled, under)
        if searcher is Searcher.OWN
        else _told(_searched(tree, searcher, pattern, under))
    )
    on_disk = (each for each in found if tree.on_disk(each[0]))
    return chain(on_disk, _off_disk(tree, compiled, tuple(map(below, under))))


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
) -> Iterable[bytes]:
    wanted = MATCHES if searcher is Searcher.RIPGREP else (*MATCHES, "--extended-regexp")
    return started(
        tree, searcher, (pattern,), wanted, end=b"\n", suffixes=SUFFIXES, under=under, part=True
    )


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
    tops = tuple(map(below, under))
    for folder, names in folders(tree.root, [], SUFFIXES):
        if not below(folder).startswith(tops):
            continue
        for name in names:
            if not name.endswith(SUFFIXES):
                continue
            path = below(folder) + name
            try:
                data = tree.read_bytes(path)
            except UnsupportedTreeError:
                continue
            for match in pattern.finditer(data):
                yield path, match[0].decode("utf-8", "surrogateescape")
