"""What each folder's Makefile names, and when kbuild visits the folder.

Follows Documentation/kbuild/makefiles.rst, scripts/Makefile.build and scripts/Makefile.lib: a
folder's Kbuild (or else Makefile) names objects and sub-folders; an object may be composed of
others; the top Makefile and arch/*/Makefile name the folders to begin with.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from contextlib import suppress

from tracecfg.errors import TracecfgError
from tracecfg.gate import (
    ALWAYS,
    NEVER,
    All,
    Any,
    Equals,
    Gate,
    Not,
    Sym,
    all_of,
    any_of,
    both,
    negate,
)
from tracecfg.kernel.make import Makefile
from tracecfg.kernel.maketext import Statement, parse
from tracecfg.kernel.makevalue import Marks, Value
from tracecfg.kernel.tree import Tree
from tracecfg.kernel.unit import OBJECT_LISTS, Unit, above_of, arch_of
from tracecfg.model import Place

TOP_LISTS = tuple(
    f"{part}-{suffix}"
    for part in ("core", "drivers", "libs", "net", "virt", "init")
    for suffix in ("y", "m")
)
"""What the top Makefile and arch/*/Makefile add to the folders of the kernel."""

MAKEFILES = ("Kbuild", "Makefile")
"""What a folder's Makefile is called, the first before the second."""

_ARCHITECTURE = "$(SRCARCH)"
"""Stands for the architecture in gates until its own symbol takes the place: a symbol with one
value at a time, so that architectures exclude each other."""

_HERE: Value = [(ALWAYS, ".")]
_YES: Value = [(ALWAYS, "y")]
_PRESETS: dict[str, Value] = {
    "srctree": _HERE,
    "objtree": _HERE,
    "abs_srctree": _HERE,
    "abs_objtree": _HERE,
    "srcroot": _HERE,
    "CURDIR": _HERE,
    "KBUILD_SRC": _HERE,
    "KBUILD_BUILTIN": _YES,
    "KBUILD_MODULES": _YES,
    # as after the top Makefile has restarted itself
    "sub_make_done": [(ALWAYS, "1")],
    "MAKEFLAGS": [(ALWAYS, "--no-print-directory")],
    # the kernel itself is built, with make's default goal
    "KBUILD_EXTMOD": [],
    "MAKECMDGOALS": [],
    "VPATH": [],
}
_AT_TOP: dict[str, Value] = {"src": _HERE, "obj": _HERE}
_FIXED_AT_TOP = frozenset(("SRCARCH", "srctree", "need-sub-make", "skip-makefile"))

_EXPORT = re.compile(r"^[ \t]*export[ \t]+([^#\n]*)", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z_][\w-]*")
# a plain newline instead of ^ makes the search several times faster
_CONFIG_ENTRY = re.compile(r"\n(?:menu)?config[ \t]+(\w+)[ \t]*(?=\n)")
_ALWAYS_ON = re.compile(r"\n[ \t]+(?:def_bool|default)[ \t]+y[ \t]*(?:\n|\Z)")
_MAY_BE_OFF = re.compile(r"\n[ \t]+(?:(?:bool|tristate)[ \t]+[\"']|prompt[ \t]|depends[ \t])")
_SELECT = re.compile(r"\n[ \t]+select[ \t]")


class Units:
    """The Makefiles of a tree, each read when it is first asked for."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.marks = Marks()
        self._statements: dict[str, tuple[Statement, ...]] = {}
        self._units: dict[str, tuple[Unit, ...]] = {}
        self._arches: dict[str, tuple[Makefile, Unit]] = {}
        self._reached: dict[str, Gate] = {}
        self._symbols: dict[str, Gate] = {}
        self._own_symbols: frozenset[Gate] | None = None
        self._paths: dict[str, str | None] = {}
        self._texts: dict[str, str] = {}
        self._exports: frozenset[str] | None = None
        self._names: tuple[str, ...] | None = None

    def units(self, folder: str) -> tuple[Unit, ...]:
        """What is read for a folder: one Makefile, for the root two, or none."""
        if folder not in self._units:
            self._units[folder] = self._read_units(folder) if folder else self._read_top()
        return self._units[folder]

    def makefile_of(self, folder: str) -> str | None:
        """What scripts/Makefile.build includes for the folder."""
        if folder not in self._paths:
            self.holds(folder, [name for name in MAKEFILES if self._is_there(folder, name)])
        return self._paths[folder]

    def _is_there(self, folder: str, name: str) -> bool:
        with suppress(OSError):
            return self._tree.is_file(f"{folder}/{name}" if folder else name)
        return False

    def holds(self, folder: str, names: Collection[str]) -> None:
        """names: which of MAKEFILES are in the folder, found by whoever looked into it"""
        there = next((name for name in MAKEFILES if name in names), None)
        self._paths[folder] = there and posixpath.join(folder, there)

    def text(self, path: str) -> str:
        """Raises TracecfgError when the file cannot be read."""
        if path not in self._texts:
            self._texts[path] = self._tree.read(path)
        return self._texts[path]

    def unclear(self, folder: str) -> tuple[Place, str] | None:
        """Where the folder's Makefile may name more objects than can be told."""
        for unit in self.units(folder):
            if place := unit.unclear(self.marks):
                return place
        return None

    def reach(self, folder: str) -> Gate:
        """When kbuild visits the folder; NEVER also when no Makefile names it."""
        if not folder:
            return ALWAYS
        if folder not in self._reached:
            # a folder on the way to itself adds nothing
            self._reached[folder] = NEVER
            self._reached[folder] = any_of(self._ways_to(folder))
        return self._reached[folder]

    def final(self, gate: Gate) -> Gate:
        """The gate with each architecture's own Kconfig symbol in it."""
        match gate:
            case Equals(name, arch) if name == _ARCHITECTURE:
                return self._arch_symbol(arch)
            case Not(of):
                return negate(self.final(of))
            case All(of):
                return all_of(map(self.final, of))
            case Any(of):
                return any_of(map(self.final, of))
        return gate

    def is_architecture(self, symbol: str) -> bool:
        """Whether it stands for an architecture, not for a feature."""
        if self._own_symbols is None:
            self._own_symbols = frozenset(map(self._arch_symbol, self._architectures()))
        return symbol == _ARCHITECTURE or Sym(symbol) in self._own_symbols

    # ---- folders

    def _ways_to(self, folder: str) -> Iterator[Gate]:
        named = False
        for above in above_of(folder):
            for unit in self.units(above):
                if (gate := unit.folder_gate(folder)) is not NEVER:
                    named = True
                    yield both(self.reach(above), gate)
        own = arch_of(folder)
        for arch in (own,) if own else () if named else self._architectures():
            if self._says(f"arch/{arch}/Makefile", folder if not own else ""):
                gate = self._arch(arch)[1].folder_gate(folder)
                yield both(Equals(_ARCHITECTURE, arch), gate)

    def _says(self, path: str, part: str) -> bool:
        with suppress(TracecfgError):
            return part in self.text(path)
        return False

    def _architectures(self) -> tuple[str, ...]:
        if self._names is None:
            names = sorted(self._tree.listed("arch").folders)
            self._names = tuple(
                name for name in names if self._is_there(f"arch/{name}", "Makefile")
            )
        return self._names

    # ---- Makefiles

    def _parsed(self, path: str) -> tuple[Statement, ...]:
        if path not in self._statements:
            self._statements[path] = parse(self.text(path))
        return self._statements[path]

    def _read_units(self, folder: str) -> tuple[Unit, ...]:
        # arch/X/Makefile is part of the top Makefile; only its Kbuild is the folder's own
        path = self.makefile_of(folder)
        if path is None or (path.endswith("/Makefile") and posixpath.dirname(folder) == "arch"):
            return ()
        here: dict[str, Value] = {"src": [(ALWAYS, folder)], "obj": [(ALWAYS, folder)]}
        makefile = self._makefile(here, arch_of(folder))
        return (self._run(makefile, path, folder, OBJECT_LISTS),)

    def _read_top(self) -> tuple[Unit, ...]:
        """Kbuild and the top Makefile, which includes only what adds to no list of its own and
        the architecture's Makefile."""
        units = []
        for path, lists in (("Kbuild", OBJECT_LISTS), ("Makefile", TOP_LISTS)):
            makefile = self._makefile(_AT_TOP, "", top=True)
            units.append(self._run(makefile, path, "", lists))
        return tuple(units)

    def _run(self, makefile: Makefile, path: str, folder: str, lists: tuple[str, ...]) -> Unit:
        try:
            makefile.run(path)
        except TracecfgError as error:
            makefile.opaque.append((Place(path, 1), error.message))
        return Unit(makefile, folder, lists)

    def _arch(self, arch: str) -> tuple[Makefile, Unit]:
        """arch/X/Makefile, a part of the top Makefile: its paths start at the root."""
        if arch not in self._arches:
            makefile = self._makefile(_AT_TOP, "", arch=arch)
            unit = self._run(makefile, f"arch/{arch}/Makefile", "", TOP_LISTS)
            self._arches[arch] = (makefile, unit)
        return self._arches[arch]

    def _makefile(
        self, here: dict[str, Value], exporter: str, *, arch: str = "", top: bool = False
    ) -> Makefile:
        presets = _PRESETS | here

        def outside(name: str, place: Place) -> Value:
            if name in presets:
                return presets[name]
            if name == "SRCARCH":
                return [(ALWAYS, arch)] if arch else self._any_architecture()
            if exporter and name in (makefile := self._arch(exporter)[0]).exported:
                return makefile.value(name)
            if name in self._exported():
                return [(ALWAYS, self.marks.text(place, f"{name} is set by the top Makefile"))]
            return []

        fixed = _FIXED_AT_TOP if top or arch else frozenset[str]()
        return Makefile(self._parsed, outside, self.marks, fixed=fixed, follow=not top)

    def _any_architecture(self) -> Value:
        return [(Equals(_ARCHITECTURE, arch), arch) for arch in self._architectures()]

    def _exported(self) -> frozenset[str]:
        if self._exports is None:
            names: set[str] = set()
            with suppress(TracecfgError):
                for exported in _EXPORT.findall(self._tree.read("Makefile")):
                    names.update(_NAME.findall(exported.split("=", 1)[0]))
            self._exports = frozenset(names)
        return self._exports

    # ---- architectures

    def _arch_symbol(self, arch: str) -> Gate:
        """The symbol of arch/X/Kconfig that stands for the architecture itself: of those which
        are always y there, the one that selects by far the most."""
        if arch not in self._symbols:
            selects: dict[str, int] = {}
            with suppress(TracecfgError):
                parts = _CONFIG_ENTRY.split("\n" + self._tree.read(f"arch/{arch}/Kconfig"))
                for name, body in zip(parts[1::2], parts[2::2], strict=True):
                    if _ALWAYS_ON.search(body) and not _MAY_BE_OFF.search(body):
                        selects[name] = selects.get(name, 0) + len(_SELECT.findall(body))
            name = max(selects, key=lambda name: selects[name], default="")
            self._symbols[arch] = Sym(name) if name else Equals(_ARCHITECTURE, arch)
        return self._symbols[arch]
