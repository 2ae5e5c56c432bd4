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
_OF_ONE = re.compile(r"^[ \t]*CFLAGS_([\w-]+)\.o[ \t]*[:+?]?=(?:\\\n|[^\n])*", re.MULTILINE)
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


def flags(tree: Tree, folders: Iterable[str]) -> dict[str, Flags]:
    """For each folder, what its Makefiles and those of the folders above it may give the compiler,
    for some object that has a source, under some condition. A Makefile that cannot be read gives
    nothing; one that includes another which cannot be told may give any folder."""
    known: dict[str, Flags] = {}

    def of_one(folder: str) -> Flags:
        if folder not in known:
            known[folder] = _of_one(tree, folder)
        return known[folder]

    found = {}
    for folder in folders:
        each = [of_one(above) for above in (folder, *above_of(folder)) if above]
        found[folder] = Flags(
            frozenset[str]().union(*(one.folders for one in each)),
            frozenset[tuple[str, str]]().union(*(one.defines for one in each)),
        )
    return found


def _of_one(tree: Tree, folder: str) -> Flags:
    texts: list[str] = []
    anywhere = False
    for name in MAKEFILES:
        with suppress(TracecfgError, OSError):
            if tree.is_file(path := f"{folder}/{name}"):
                texts.append(tree.read(path))
    # arch/X/Makefile is part of the top one
    including = texts if posixpath.dirname(folder) != "arch" else ()
    for text in tuple(including):
        for match in _INCLUDE.finditer(text):
            for word in match[1].split():
                path = _expanded(word, folder)
                with suppress(TracecfgError, OSError):
                    if "*" not in path and tree.is_file(path):
                        texts.append(tree.read(path))
                        continue
                anywhere = True
    texts = [_OF_ONE.sub(lambda match: _if_there(tree, folder, match), text) for text in texts]
    found = {_expanded(word, folder) for text in texts for word in _FLAG.findall(text)}
    return Flags(
        frozenset({*found, ANYWHERE} if anywhere else found),
        frozenset(define for text in texts for define in _DEFINE.findall(text)),
    )


def _if_there(tree: Tree, folder: str, match: re.Match[str]) -> str:
    """The flags of one object, nothing where no source is there to make it from."""
    with suppress(OSError):
        if not any(tree.is_file(f"{folder}/{match[1]}{suffix}") for suffix in (".c", ".S")):
            return ""
    return match[0]


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
