"""Can two conditions hold in one kernel? As far as Kconfig's text tells; unsure is no. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracecfg.gate import NEVER, All, Any, Equals, Gate, Sym, all_of
from tracecfg.gatelogic import implies
from tracecfg.kconfigtext import Entry, KconfigIndex
from tracecfg.model import Creator

_DEPTH = 5
"""Symbols that select or depend on each other: farther than this nothing is asked."""
_SYMBOL = re.compile(r"(?<![!\w])[A-Z]\w+")
_REFUSED = re.compile(r"!\s*+(\w++)|(?<!\w)(\w++)\s*+(?:=\s*+n|!=\s*+y)\b")
_ON = ("default", "def_bool", "def_tristate")
"""What turns a symbol on besides a prompt, which is in quotes, and a select."""
_ON_M = re.compile(r"^on(?:[^|]*&&)?\s*m\s*(?:&&[^|]*)?(?:#.*)?$")
_CHOICE = re.compile(r"\n[ \t]*(choice|endchoice)\b")

Archs = frozenset[str] | None
"""Architectures by the names of their folders; None for all."""


def together(a: Creator, b: Creator, kconfig: KconfigIndex) -> bool:
    """Can one image, or one module, hold what both files make? Two modules that each hold a copy
    do not clash: nothing that is only ever a module counts."""
    one, other = a.gate.gate, b.gate.gate
    if one is None or other is None or a.module or b.module:
        return False
    if implies(all_of((one, other)), NEVER):
        return False
    archs = Architectures(kconfig)
    common = _meet(archs.of_file(a.place.file), archs.of_file(b.place.file))
    for gate in (one, other):
        common = _meet(common, archs.of_gate(gate))
    if common is not None and not common:
        return False
    needed = [frozenset(_needed(gate)) for gate in (one, other)]
    if any(_only_module(atom, kconfig) for each in needed for atom in each):
        return False
    first, second = ({atom.name for atom in each} for each in needed)
    return not any(_opposed(x, y, kconfig) for x in first for y in second if x != y)


class Architectures:
    """On which architectures can a symbol be on?"""

    def __init__(self, kconfig: KconfigIndex) -> None:
        self._kconfig = kconfig
        self._known: dict[str, Archs] = {}

    def of_file(self, path: str) -> Archs:
        """arch/Kconfig is everybody's."""
        parts = path.split("/")
        return frozenset((parts[1],)) if parts[0] == "arch" and len(parts) > 2 else None

    def of_gate(self, gate: Gate) -> Archs:
        match gate:
            case Sym(name) | Equals(name, _):
                return self.of_symbol(name)
            case All(of):
                found: Archs = None
                for part in of:
                    found = _meet(found, self.of_gate(part))
                return found
            case Any(of):
                return _joined(self.of_gate(part) for part in of)
        return None

    def of_symbol(self, name: str, depth: int = 0) -> Archs:
        if depth > _DEPTH or name not in self._kconfig:
            return None
        if name not in self._known:
            self._known[name] = None  # while it is asked about itself
            self._known[name] = _joined(
                self._of_entry(entry, depth) for entry in self._kconfig.entries(name)
            )
        return self._known[name]

    def _of_entry(self, entry: Entry, depth: int) -> Archs:
        if (own := self.of_file(entry.place.file)) is not None:
            return own
        found: Archs = None
        for word, rest, _ in entry.attributes:
            if word == "depends" and "||" not in rest and "=" not in rest:
                for name in _SYMBOL.findall(rest):
                    found = _meet(found, self.of_symbol(name, depth + 1))
        if not any(word in _ON or "'" in rest or '"' in rest for word, rest, _ in entry.attributes):
            selecting = _selecting(self._kconfig, entry.name)
            found = _meet(
                found,
                _joined(
                    own
                    if (own := self.of_file(path)) is not None
                    else self.of_symbol(name, depth + 1)
                    for path, name in selecting
                ),
            )
        return found


def _selecting(kconfig: KconfigIndex, name: str) -> Iterator[tuple[str, str]]:
    """Who selects a symbol: the file and the selecting symbol."""
    pattern = re.compile(rf"\n[ \t]+select[ \t]+{re.escape(name)}\b")
    for path, text in kconfig.files.items():
        if name not in text:
            continue
        text = f"\n{text}"
        for match in pattern.finditer(text):
            at = max(
                text.rfind(f"\n{word} ", 0, match.start()) for word in ("config", "menuconfig")
            )
            words = text[at + 1 : match.start()].split(None, 2)
            if at >= 0 and len(words) > 1:
                yield path, words[1]


def _needed(gate: Gate) -> Iterator[Sym | Equals]:
    match gate:
        case Sym() | Equals():
            yield gate
        case All(of):
            for part in of:
                yield from _needed(part)


def _only_module(atom: Sym | Equals, kconfig: KconfigIndex) -> bool:
    """Is it m where it is on: by what is asked, or as each of its entries says `depends on m`?"""
    if isinstance(atom, Equals):
        return atom.value == "m"
    entries = kconfig.entries(atom.name) if atom.name in kconfig else ()
    return bool(entries) and all(
        any(word == "depends" and _ON_M.search(rest) for word, rest, _ in entry.attributes)
        for entry in entries
    )


def _opposed(a: str, b: str, kconfig: KconfigIndex) -> bool:
    """Does one symbol's entry refuse the other, or are they choices of one choice?"""
    for one, other in ((a, b), (b, a)):
        for entry in kconfig.entries(one) if one in kconfig else ():
            for word, rest, _ in entry.attributes:
                refused = {name for match in _REFUSED.findall(rest) for name in match}
                if word == "depends" and other in refused:
                    return True
    return not _choices(a, kconfig).isdisjoint(_choices(b, kconfig))


def _choices(name: str, kconfig: KconfigIndex) -> set[tuple[str, int]]:
    """The choices that a symbol's entries stand in, by file and offset."""
    found = set()
    for entry in kconfig.entries(name) if name in kconfig else ():
        text = "\n" + kconfig.files[entry.place.file]
        end = 0
        for _ in range(entry.place.line):
            end = text.find("\n", end) + 1
        *_, last = [None, *_CHOICE.finditer(text, 0, end)]
        if last is not None and last[1] == "choice":
            found.add((entry.place.file, last.start()))
    return found


def _meet(a: Archs, b: Archs) -> Archs:
    return b if a is None else a if b is None else a & b


def _joined(many: Iterator[Archs]) -> Archs:
    found = list(many)
    return None if None in found else frozenset[str]().union(*(each or () for each in found))
