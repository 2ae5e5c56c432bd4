"""What one folder's Makefile names: objects, what they are composed of, and sub-folders.

Follows Documentation/kbuild/makefiles.rst, scripts/Makefile.build and scripts/Makefile.lib.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from tracecfg.gate import NEVER, Gate, any_of, both, negate
from tracecfg.kernel.make import Makefile
from tracecfg.kernel.makevalue import Marks, is_opaque, nonempty
from tracecfg.model import Place

OBJECT_LISTS = ("obj-y", "obj-m", "lib-y", "lib-m", "extra-y", "always-y")

Route = tuple[Gate, ...]
"""The gates on the way to an object within one Makefile, the outermost first."""

_SUFFIXES = ("-objs", "-y", "-m", "-")
"""Of variables that an object is composed by: scripts/Makefile.lib, multi-search; what "-" holds
is not built but makes the object a composite one."""


class Unit:
    """What one Makefile names. folder: relative to the tree's root, "" for the root."""

    def __init__(self, makefile: Makefile, folder: str, lists: tuple[str, ...]) -> None:
        self._makefile = makefile
        self._folder = folder
        self._lists = tuple(name for name in lists if makefile.may_set(name))
        self._composites = [
            (name.removesuffix(suffix), suffix, " ".join(line.text for line in lines))
            for name, lines in makefile.variables.items()
            for suffix in _SUFFIXES[:-1]
            if name.endswith(suffix) and name not in lists
        ]
        self._listed: dict[str, dict[tuple[str, bool], Gate]] = {}
        self._any_word = ""

    def routes(self, target: str) -> list[Route]:
        """The ways to an object, given by its path."""
        name = posixpath.basename(target)
        routes: list[Route] = []
        for (word, modular), gate in self._named(name).items():
            if self._path(word) == target:
                simple = negate(self._composed(word.removesuffix(".o"), modular))
                if simple is not NEVER:
                    routes.append((gate, simple))
        for stem, suffix, text in self._composites:
            if (name in text or "$" in text) and (owners := self._named(stem + ".o")):
                inner = self._inside(stem + suffix, name, target)
                routes += [
                    (gate, inner)
                    for (word, modular), gate in owners.items()
                    if inner is not NEVER and word == stem + ".o" and (modular or suffix != "-m")
                ]
        return routes

    def is_module(self, target: str) -> bool:
        """Is the object in no list but those of modules: obj-m, whatever the configuration says?"""
        name = posixpath.basename(target)
        lists = [modular for word, modular in self._named(name) if self._path(word) == target]
        for stem, suffix, text in self._composites:
            owners = self._named(stem + ".o") if name in text or "$" in text else {}
            if owners and self._inside(stem + suffix, name, target) is not NEVER:
                lists += [modular for word, modular in owners if word == stem + ".o"]
        return all(lists)

    def folder_gate(self, folder: str) -> Gate:
        """When the Makefile has kbuild descend into a folder, given by its path."""
        name = posixpath.basename(folder)
        gates = [
            gate
            for (word, _), gate in self._named(name + "/").items()
            if self._path(word) == folder
        ]
        if not self._folder:
            # until 5.0 the top Makefile turned its lists of folders into lists of their archives
            archives = {**self._named("built-in.a"), **self._named("lib.a")}
            gates += [
                gate
                for (word, _), gate in archives.items()
                if self._path(posixpath.dirname(word)) == folder
            ]
        return any_of(gates)

    def unclear(self, marks: Marks) -> tuple[Place, str] | None:
        """Where the lists have words that may be anything, or what was not read may add some."""
        if self._any_word:
            return marks.in_text(self._any_word)
        return self._makefile.opaque[0] if self._makefile.opaque else None

    def _path(self, word: str) -> str:
        return posixpath.normpath(posixpath.join(self._folder, word))

    def _named(self, part: str) -> dict[tuple[str, bool], Gate]:
        """The words of the lists with this last part, and whether it is a list of modules."""
        if part not in self._listed:
            named: dict[tuple[str, bool], Gate] = {}
            for name in self._lists:
                for gate, word in self._makefile.words(name, part):
                    if is_opaque(word):
                        self._any_word = word
                    else:
                        key = (word, name.endswith("-m"))
                        gate = both(self._makefile.broken, gate)
                        named[key] = any_of((named[key], gate)) if key in named else gate
            self._listed[part] = named
        return self._listed[part]

    def _composed(self, stem: str, modular: bool) -> Gate:
        return any_of(
            nonempty(self._makefile.value(stem + suffix))
            for suffix in _SUFFIXES
            if stem + suffix in self._makefile.variables and (modular or suffix != "-m")
        )

    def _inside(self, variable: str, name: str, target: str) -> Gate:
        return any_of(
            gate
            for gate, word in self._makefile.words(variable, name)
            if not is_opaque(word) and self._path(word) == target
        )


def above_of(path: str) -> Iterator[str]:
    """The folders above, nearest first, "" last."""
    while path:
        path = posixpath.dirname(path)
        yield path


def arch_of(folder: str) -> str:
    """The X of arch/X/..., else "" """
    parts = folder.split("/", 2)
    return parts[1] if parts[0] == "arch" and len(parts) > 1 else ""
