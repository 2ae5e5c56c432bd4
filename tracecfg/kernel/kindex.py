"""Reads the Kconfig files of a whole tree, all architectures at once."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kconfigtext import KconfigIndex
from tracecfg.kernel.arch import architectures
from tracecfg.kernel.tree import Tree

# a plain newline instead of ^ makes the search several times faster
_SOURCE = re.compile(
    r'\n[ \t]*+(o|r|or)?source[ \t]++(?:"([^"\n]+)"|((?:[\w.$()-]+/)+[\w.-]+|Kconfig[\w.]*))'
    r"[ \t]*(?:\#.*)?$",
    re.MULTILINE,
)

_PLAIN = re.compile(r"[\w./-]+")


def read_index(tree: Tree) -> KconfigIndex:
    """Read every Kconfig file that the top one reaches, for any architecture.

    Raises UnsupportedTreeError when the top one, or one that a plain `source` names, is missing.
    """
    files: dict[str, str] = {}
    # each with the place that names it, unless it may be missing
    todo: list[tuple[str, tuple[str, int] | None]] = [("Kconfig", ("", 0))]
    while todo:
        path, needed = todo.pop()
        if path in files:
            continue
        try:
            files[path] = text = tree.read(path)
        except UnsupportedTreeError as error:
            if tree.is_file(path) or needed == ("", 0):
                raise
            if needed is None:
                continue
            by, offset = needed
            line = files[by].count("\n", 0, offset) + 1
            raise UnsupportedTreeError(
                f"{by}:{line}: sources {path}, which is not there", "is the tree complete?"
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
    return KconfigIndex(files)


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
