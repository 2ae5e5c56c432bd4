"""Where the compiler looks for headers: the -I flags in the Makefiles of a folder."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from tracecfg.errors import TracecfgError
from tracecfg.kernel.tree import Tree
from tracecfg.kernel.unit import above_of
from tracecfg.kernel.units import MAKEFILES

_FLAG = re.compile(r"(?<![\w-])-I[ \t]*+([^\s,]++)")
_DEFINE = re.compile(r"""(?<![\w-])-D[ \t]*+["']?(TRACE_INCLUDE_\w++)=["']?([\w./-]++)""")
_INCLUDE = re.compile(r"^[ \t]*-?s?include[ \t]+([^\n#]+)", re.MULTILINE)
_TREE = re.compile(r"\$[({](?:srctree|objtree|abs_srctree|abs_objtree)[)}]/*")
_HERE = re.compile(r"\$[({](?:src|obj)[)}]")
_VARIABLE = re.compile(r"\$[({][^)}]*[)}]?")
ANYWHERE = "*"


class Flags(NamedTuple):
    """folders: relative to the tree, `*` where a variable stands in them
    defines: (TRACE_INCLUDE_PATH or TRACE_INCLUDE_FILE, value)
    """

    folders: frozenset[str] = frozenset()
    defines: frozenset[tuple[str, str]] = frozenset()


def flags(tree: Tree, folder: str) -> Flags:
    """What the Makefiles of a folder and of those above it may give the compiler, for some
    object, under some condition. A Makefile that cannot be read gives nothing; one that includes
    another which cannot be told may give any folder."""
    folders: set[str] = set()
    defines: set[tuple[str, str]] = set()
    for above in (folder, *above_of(folder)):
        if not above:
            continue
        for name in MAKEFILES:
            path = f"{above}/{name}"
            if tree.is_file(path):
                with suppress(TracecfgError):
                    text = tree.read(path)
                    folders.update(_folders(text, above))
                    defines.update(_DEFINE.findall(text))
                    if posixpath.dirname(above) != "arch":
                        folders.update(_included(tree, text, above, defines))
    return Flags(frozenset(folders), frozenset(defines))


def _included(tree: Tree, text: str, folder: str, defines: set[tuple[str, str]]) -> set[str]:
    """The folders named by what a Makefile includes."""
    folders: set[str] = set()
    for match in _INCLUDE.finditer(text):
        for word in match[1].split():
            path = _expanded(word, folder)
            if "*" in path or not tree.is_file(path):
                folders.add(ANYWHERE)
                continue
            with suppress(TracecfgError):
                inner = tree.read(path)
                folders.update(_folders(inner, folder))
                defines.update(_DEFINE.findall(inner))
    return folders


def _folders(text: str, folder: str) -> Iterable[str]:
    return (_expanded(word, folder) for word in _FLAG.findall(text))


def _expanded(word: str, folder: str) -> str:
    plain = word.strip("\"'")
    if plain.count(")") > plain.count("("):
        plain = plain.rstrip(")")
    plain = _HERE.sub(f"/{folder}", _TREE.sub("/", plain))
    plain = _VARIABLE.sub("*", plain)
    while "**" in plain:
        plain = plain.replace("**", "*")
    if "*" in plain and ".." in plain:
        # what the variable holds is unknown, and so where .. leads
        plain = "*" + plain.rpartition("..")[2]
    return posixpath.normpath(plain).lstrip("/")
