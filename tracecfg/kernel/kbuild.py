"""Under which condition is a source file built? Answered from the tree's Makefiles alone."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from tracecfg.errors import TracecfgError
from tracecfg.gate import ALWAYS, NEVER, All, Equals, Gate, Not, Sym, all_of, any_of
from tracecfg.kernel.tree import Tree
from tracecfg.kernel.units import Route, Units, above_of
from tracecfg.model import GateResult, Place

_INCLUDED_SOURCE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"\n]+\.c)"', re.MULTILINE)


class Makefiles:
    """The Makefiles of a tree, read as far as questions need them and then remembered."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._units = Units(tree)
        self._below: dict[str, list[str]] = {}
        self._answers: dict[str, GateResult] = {}

    def gate_of(self, source: str) -> GateResult:
        """The condition under which the object of a .c or .S file is built, y and m alike.

        source: relative to the tree's root. What the Makefiles do not tell has no gate, but the
        place where they stop telling. Nothing is raised for a Makefile that cannot be read.
        """
        if source not in self._answers:
            try:
                self._answers[source] = self._answer(source, ())
            except RecursionError:
                self._answers[source] = _unknown(Place(source, 1), "Makefiles nested too deeply")
        return self._answers[source]

    def config_of(self, source: str) -> str | None:
        """The one symbol nearest to the object that governs it: where a `select` belongs.

        None when it is always built, and when several symbols govern it equally.
        """
        try:
            nearest = {self._nearest(folder, route) for folder, route in self._routes(source)}
        except RecursionError:
            return None
        return nearest.pop() if len(nearest) == 1 else None

    def _answer(self, source: str, includers: tuple[str, ...]) -> GateResult:
        routes = self._routes(source)
        if not routes:
            return self._through_includer(source, includers)
        gate = any_of(all_of((self._reach(folder), *route)) for folder, route in routes)
        if mark := self._units.marks.in_gate(gate):
            return _unknown(*mark)
        return GateResult(gate=self._units.final(gate))

    def _reach(self, folder: str) -> Gate:
        reach = self._units.reach(folder)
        if reach is not NEVER:
            return reach
        place = Place(self._units.makefile_of(folder) or folder, 1)
        return self._units.marks.gate(place, f"no Makefile descends into {folder}/")

    def _routes(self, source: str) -> list[tuple[str, Route]]:
        """The folders whose Makefile names the object, with the way to it there."""
        target = posixpath.splitext(posixpath.normpath(source))[0] + ".o"
        routes = self._named_in(above_of(target), target)
        if not routes:
            for folders in self._neighbours(posixpath.dirname(target)):
                if routes := self._named_in(folders, target):
                    break
        return routes

    def _named_in(self, folders: Iterable[str], target: str) -> list[tuple[str, Route]]:
        return [(folder, route) for folder in folders
                for unit in self._units.units(folder) for route in unit.routes(target)]  # fmt: skip

    def _nearest(self, folder: str, route: Route) -> str | None:
        for gate in reversed(route):
            if gate is not ALWAYS:
                return _last_symbol(gate)
        for above in above_of(folder):
            gate = any_of(unit.folder_gate(folder) for unit in self._units.units(above))
            if gate is not NEVER:
                if gate is not ALWAYS:
                    return _last_symbol(gate)
                folder = above
        return None

    # ---- objects that are named elsewhere, sources that are part of others

    def _neighbours(self, folder: str) -> Iterator[list[str]]:
        """Folders off the path to the root whose Makefiles may name objects of this one, nearest
        first.

        Such a Makefile names, or includes a file by, the first part of the path that leads here
        from the folder which both have in common (../display/..., virt/kvm/...).
        """
        near = [above for above in above_of(folder) if "/" in above]
        for root in [*near, "arch"]:
            here = folder if root == "arch" else posixpath.relpath(folder, root)
            part = here.split("/", 1)[0]
            yield [
                other
                for other in self._folders_below(root)
                if not f"{folder}/".startswith(f"{other}/") and self._mentions(other, part)
            ]

    def _folders_below(self, root: str) -> list[str]:
        if root not in self._below:
            self._below[root] = [
                posixpath.relpath(path, self._tree.root)
                for path, _, files in os.walk(self._tree.root / root)
                if "Makefile" in files or "Kbuild" in files
            ]
        return self._below[root]

    def _mentions(self, folder: str, part: str) -> bool:
        makefile = self._units.makefile_of(folder)
        with suppress(TracecfgError):
            return makefile is not None and part in self._units.text(makefile)
        return False

    def _through_includer(self, source: str, includers: tuple[str, ...]) -> GateResult:
        gates = []
        for other in self._included_by(source):
            if other not in includers:
                result = self._answer(other, (*includers, source))
                if result.gate is None:
                    return result
                gates.append(result.gate)
        if gates:
            return GateResult(gate=any_of(gates))
        for above in above_of(source):
            if unclear := self._units.unclear(above):
                return _unknown(*unclear)
        folder, name = posixpath.split(source)
        place = Place(self._units.makefile_of(folder) or source, 1)
        return _unknown(place, f"no Makefile names {posixpath.splitext(name)[0]}.o as an object")

    def _included_by(self, source: str) -> Iterator[str]:
        """The .c files of the same folder that #include this one: it is compiled as their part."""
        folder, name = posixpath.split(source)
        for path in sorted((self._tree.root / folder).glob("*.c")):
            other = posixpath.join(folder, path.name)
            with suppress(TracecfgError):
                text = self._tree.read(other)
                if other != source and name in text and any(
                    included.removeprefix("./") == name
                    for included in _INCLUDED_SOURCE.findall(text)
                ):  # fmt: skip
                    yield other


def _last_symbol(gate: Gate) -> str | None:
    """Of conditions around each other the innermost comes last."""
    match gate:
        case Sym(name) | Equals(name, _):
            return name
        case All((*_, Sym(name) | Equals(name, _))):
            return name
        case All((*rest, Not(_))) if rest:
            return _last_symbol(all_of(rest))
    return None


def _unknown(place: Place, reason: str) -> GateResult:
    return GateResult(gate=None, unknown=place, reason=reason)
