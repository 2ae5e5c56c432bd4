"""Reads the Kconfig files of a whole tree, all architectures at once."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kconfigtext import KconfigIndex
from tracecfg.kernel.arch import architectures
from tracecfg.kernel.tree import Tree
from tracecfg.model import Place

# a plain newline instead of ^ makes the search several times faster
_SOURCE = re.compile(
    r'\n[ \t]*+(o|r|or)?source[ \t]++(?:"([^"\n]+)"|((?:[\w.$()-]+/)+[\w.-]+|Kconfig[\w.]*))'
    r"[ \t]*(?:\#.*)?$",
    re.MULTILINE,
)

_PLAIN = re.compile(r"[\w./-]+")


Problems = list[tuple[Place, str]]
"""What is wrong, by place."""


def read_index(tree: Tree, problems: Problems | None = None) -> KconfigIndex:
    """Read every Kconfig file that the top one reaches, for any architecture.

    problems: gets what is wrong with the others, files that lead to themselves included, so that
    the rest is read
    Raises UnsupportedTreeError when the top one, or, without `problems`, one that a plain `source`
    names, is missing or cannot be read.
    """
    files: dict[str, str] = {}
    sources: dict[str, list[tuple[str, int]]] = {}
    # each with the place that names it, unless it may be missing
    todo: list[tuple[str, tuple[str, int] | None]] = [("Kconfig", ("", 0))]
    while todo:
        path, needed = todo.pop()
        if path in files:
            continue
        try:
            files[path] = text = tree.read(path)
        except UnsupportedTreeError as error:
            there = _is_there(tree, path)
            if needed == ("", 0) or (problems is None and there):
                raise
            if there and problems is not None:
                problems.append((Place(path, 1), error.message.removeprefix(f"{path}: ")))
                continue
            if needed is None:
                continue
            place = _place(files, needed)
            if problems is not None:
                problems.append((place, f"sources {path}, which is not there"))
                continue
            raise UnsupportedTreeError(
                f"{place}: sources {path}, which is not there", "is the tree complete?"
            ) from error
        if "source" not in text:
            continue
        base = path.rpartition("/")[0]
        # the newline that is put before is the last of the line above
        for match in _SOURCE.finditer("\n" + text):
            written = match[2] or match[3]
            relative = base and "r" in (match[1] or "")
            plain = not match[1] and "$" not in written
            for target in _expand(tree, f"{base}/{written}" if relative else written):
                todo.append((target, (path, match.start()) if plain else None))
                sources.setdefault(path, []).append((target, match.start()))
    if problems is not None:
        for path, offset in _circles(sources):
            problems.append((_place(files, (path, offset)), "sources a file that leads back here"))
    return KconfigIndex(files)


def _place(files: Mapping[str, str], at: tuple[str, int]) -> Place:
    path, offset = at
    return Place(path, files[path].count("\n", 0, offset) + 1)


def _is_there(tree: Tree, path: str) -> bool:
    try:
        return tree.is_file(path)
    except OSError:
        return True


def _circles(sources: Mapping[str, list[tuple[str, int]]]) -> Iterator[tuple[str, int]]:
    """The file and offset of each `source` that closes a circle, on a walk from the top."""
    done: set[str] = set()
    way: dict[str, Iterator[tuple[str, int]]] = {"Kconfig": iter(sources.get("Kconfig", ()))}
    while way:
        path, left = next(reversed(way.items()))
        target, offset = next(left, ("", 0))
        if not target:
            done.add(path)
            del way[path]
        elif target in way:
            yield path, offset
        elif target not in done:
            way[target] = iter(sources.get(target, ()))


def _expand(tree: Tree, named: str) -> list[str]:
    """The files a `source` can mean: every architecture's for $(SRCARCH), a glob's matches."""
    if _PLAIN.fullmatch(named):
        return [named]
    named = re.sub(r"\$\(?srctree\)?/", "", named)
    if "SRCARCH" in named:
        pattern = re.compile(r"\$\(?SRCARCH\)?")
        return [pattern.sub(arch, named) for arch in architectures(tree)]
    if "$" in named:
        return []
    if any(char in named for char in "*?["):
        return sorted(_matching(tree, "", posixpath.normpath(named)))
    return [named]


def _matching(tree: Tree, folder: str, pattern: str) -> Iterator[str]:
    """The files below a folder that a glob means, one folder's name at a time as glob(3) has it."""
    head, slash, rest = pattern.partition("/")
    folders, files = tree.listed(folder)
    for name in folders if slash else files:
        if fnmatchcase(name, head):
            path = f"{folder}/{name}" if folder else name
            if slash:
                yield from _matching(tree, path, rest)
            else:
                yield path
