"""Under which condition is a source file built? Answered from the tree's Makefiles alone."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from contextlib import suppress

from tracecfg.errors import TracecfgError
from tracecfg.gate import ALWAYS, NEVER, All, Any, Equals, Gate, Not, Sym, all_of, any_of
from tracecfg.gatelogic import concise
from tracecfg.kernel.included import inclusions
from tracecfg.kernel.tree import Tree
from tracecfg.kernel.unit import Route, above_of
from tracecfg.kernel.units import Units
from tracecfg.model import GateResult, Place

Way = tuple[str, Route, str]
"""A folder whose Makefile names an object, the gates on the way to it there, and the object."""


Answers = dict[str, tuple[GateResult, str | None, bool]]
"""What gate_of(), config_of() and is_module() say of some sources."""


class Makefiles:
    """The Makefiles of a tree, read as far as questions need them and then remembered."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._units = Units(tree)
        self._below: dict[str, list[str]] = {}
        self._ways: dict[str, list[Way]] = {}
        self._answers: dict[str, GateResult] = {}
        self._configs: dict[str, str | None] = {}
        self._modules: dict[str, bool] = {}

    def answers(self, sources: Iterable[str]) -> Answers:
        return {
            source: (self.gate_of(source), self.config_of(source), self.is_module(source))
            for source in sources
        }

    def learn(self, answers: Answers) -> None:
        """Take over what another one, of the same tree, has found out."""
        for source, (gate, config, module) in answers.items():
            self._answers[source], self._configs[source] = gate, config
            self._modules[source] = module

    def gate_of(self, source: str) -> GateResult:
        """The condition under which the object of a .c or .S file is built, y and m alike.

        source: relative to the tree's root. What the Makefiles do not tell has no gate, but the
        place where they stop telling. Nothing is raised for a Makefile that cannot be read.
        """
        if source not in self._answers:
            try:
                self._answers[source] = self._answer(source)
            except RecursionError:
                self._answers[source] = _unknown(Place(source, 1), "Makefiles nested too deeply")
        return self._answers[source]

    def objects_of(self, source: str) -> frozenset[str]:
        """The objects that the source is compiled into: its own or, when other sources #include
        it, theirs. Paths relative to the build folder's root; none when they cannot be told."""
        try:
            return frozenset(target for _, _, target in self._routes(source))
        except RecursionError:
            return frozenset()

    def config_of(self, source: str) -> str | None:
        """The one symbol nearest to the object that governs it: where a `select` belongs.

        None when it is always built on its architecture, and when several symbols govern it
        equally.
        """
        if source not in self._configs:
            try:
                ways = self._routes(source)
                nearest = {self._nearest(folder, route) for folder, route, _ in ways}
            except RecursionError:
                nearest = set()
            self._configs[source] = nearest.pop() if len(nearest) == 1 else None
        return self._configs[source]

    def is_module(self, source: str) -> bool:
        """Do the Makefiles name the object for modules alone, as obj-m without a symbol does?"""
        if source not in self._modules:
            try:
                ways = self._routes(source)
                self._modules[source] = bool(ways) and all(
                    unit.is_module(target)
                    for folder, _, target in ways
                    for unit in self._units.units(folder)
                )
            except RecursionError:
                self._modules[source] = False
        return self._modules[source]

    def _answer(self, source: str) -> GateResult:
        routes = self._routes(source)
        if not routes:
            return self._nowhere(source)
        gate = any_of(all_of((self._reach(folder), *route)) for folder, route, _ in routes)
        if mark := self._units.marks.in_gate(gate):
            return _unknown(*mark)
        return GateResult(gate=concise(self._units.final(gate)))

    def _reach(self, folder: str) -> Gate:
        reach = self._units.reach(folder)
        if reach is not NEVER:
            return reach
        place = Place(self._units.makefile_of(folder) or folder, 1)
        return self._units.marks.gate(place, f"no Makefile descends into {folder}/")

    def _routes(self, source: str, includers: tuple[str, ...] = ()) -> list[Way]:
        """The ways to the object in the Makefiles of the folders above the source; else of those
        beside it; else to a source that #includes this one; else in the architectures' (virt/kvm).
        """
        ways = self._ways.get(source)
        if ways is None:
            target = object_of(source)
            folder = posixpath.dirname(target)
            ways = (
                self._named_in(above_of(target), target)
                or self._named_beside(folder, target)
                or self._through_includers(source, includers)
                or self._named_in(self._mentioning(folder, self._folders_below("arch", 2)), target)
            )
            if not includers:
                self._ways[source] = ways
        return ways

    def _named_beside(self, folder: str, target: str) -> list[Way]:
        for root in above_of(folder):
            if "/" not in root:
                break
            # ../display/...: such a Makefile says the first part of the way from root to here
            part = posixpath.relpath(folder, root).split("/", 1)[0]
            routes = self._named_in(self._mentioning(part, self._folders_below(root)), target)
            if routes:
                return routes
        return []

    def _named_in(self, folders: Iterable[str], target: str) -> list[Way]:
        return [
            (folder, route, target)
            for folder in folders
            for unit in self._units.units(folder)
            for route in unit.routes(target)
        ]

    def _nearest(self, folder: str, route: Route) -> str | None:
        gates = [gate for gate in reversed(route) if gate is not ALWAYS]
        for above in above_of(folder):
            if gates:
                break
            gate = any_of(unit.folder_gate(folder) for unit in self._units.units(above))
            if gate is not NEVER:
                gates = [gate] if gate is not ALWAYS else []
                folder = above
        name = _last_symbol(gates[0]) if gates else None
        return None if name is None or self._units.is_architecture(name) else name

    # ---- objects that are named elsewhere, sources that are part of others

    def _mentioning(self, part: str, folders: list[str]) -> list[str]:
        found = []
        for folder in folders:
            path = self._units.makefile_of(folder)
            with suppress(TracecfgError):
                if path and part and part in self._units.text(path):
                    found.append(folder)
        return found

    def _folders_below(self, root: str, depth: int = 99) -> list[str]:
        """It and those below it, so many levels deep."""
        found = level = [root]
        for _ in range(depth):
            level = [inner for folder in level for inner in self._folders_in(folder)]
            found = found + level
        return sorted(found)

    def _folders_in(self, folder: str) -> list[str]:
        if folder not in self._below:
            self._below[folder] = list(self._looked_into(folder))
        return self._below[folder]

    def _looked_into(self, folder: str) -> Iterator[str]:
        folders, files = self._tree.listed(folder)
        self._units.holds(folder, files)
        for name in folders:
            yield f"{folder}/{name}"

    def _through_includers(self, source: str, includers: tuple[str, ...]) -> list[Way]:
        """The ways to the .c files of the same folder that #include this one: it is compiled as
        their part."""
        folder, name = posixpath.split(source)
        found: list[Way] = []
        for each in sorted(self._tree.listed(folder).files):
            other = posixpath.join(folder, each)
            if not each.endswith(".c") or other == source or other in includers:
                continue
            with suppress(TracecfgError):
                for line, gate in inclusions(self._tree.read(other), name):
                    if gate is None:
                        reason = f"#include of {name} under a condition that cannot be told"
                        gate = self._units.marks.gate(Place(other, line), reason)
                    ways = self._routes(other, (*includers, source))
                    found += [(at, (*route, gate), target) for at, route, target in ways]
        return found

    def _nowhere(self, source: str) -> GateResult:
        for above in above_of(source):
            if above and (unclear := self._units.unclear(above)):
                return _unknown(*unclear)
        place = Place(self._units.makefile_of(posixpath.dirname(source)) or source, 1)
        return _unknown(place, f"no Makefile names {posixpath.basename(object_of(source))}")


def object_of(source: str) -> str:
    return posixpath.splitext(posixpath.normpath(source))[0] + ".o"


def _last_symbol(gate: Gate) -> str | None:
    """Of conditions around each other the innermost comes last."""
    match gate:
        case Sym(name) | Equals(name, _):
            return name
        case All((*_, Sym(name) | Equals(name, _))):
            return name
        case All((*rest, Not(_))) if rest:
            return _last_symbol(all_of(rest))
        case Any(of):
            # an object that another feature needs as well, under conditions of its own, remains
            # the first one's: obj-$(CONFIG_BLK_DEV_IO_TRACE) += blktrace.o
            plain = [part.name for part in of if isinstance(part, Sym | Equals)]
            return plain[0] if len(plain) == 1 else None
    return None


def _unknown(place: Place, reason: str) -> GateResult:
    return GateResult(gate=None, unknown=place, reason=reason)
