"""What has to be turned on for an option, and what is in the way. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from tracecfg.gate import OFF, All, Any, Const, Equals, Gate, Not, Sym, all_of, holds, symbols
from tracecfg.gatetext import to_kconfig
from tracecfg.kernel.kconffacts import Facts
from tracecfg.model import Place

BROUGHT_BY = dict.fromkeys(("TRACEPOINTS", "TRACING", "EVENT_TRACING"), "ENABLE_DEFAULT_TRACERS")
"""What nobody can set, and the symbol that is there to bring it (kernel/trace/Kconfig)."""


class Symbols(Protocol):
    """The loaded Kconfig; asked only for what an option depends on."""

    def facts(self, name: str) -> Facts | None: ...

    def value(self, name: str) -> str | None: ...


class Step(NamedTuple):
    """A symbol on the way from an option to what is in the way."""

    name: str
    place: Place

    def __str__(self) -> str:
        return f"{self.name} ({self.place})"


class Obstacle(NamedTuple):
    """Why an option cannot be had.

    way: the option, what it depends on, and so on; each needs the next
    says: what is in the way of the last
    is_final: nothing that could be turned on or off would help
    """

    way: tuple[Step, ...]
    says: str
    is_final: bool = False

    def __str__(self) -> str:
        return " needs ".join(map(str, self.way)) + f", {self.says}"


class Needs(NamedTuple):
    """values: what to set, each symbol before those that depend on it; empty with obstacles"""

    values: Mapping[str, str]
    obstacles: tuple[Obstacle, ...]


def needs(option: str, config: Symbols) -> Needs:
    """What to set so that a symbol can be y or m, the symbol included.

    Only what is plainly needed is turned on: where one of several would do, or something would
    have to be turned off, that is for a person to decide.
    """
    search = _Search(config, {})
    obstacles = search.turn_on(option, ())
    if not obstacles:
        return Needs(search.values, ())
    final = [each for each in obstacles if each.is_final]
    # one that nobody can mend is enough, and a symbol that stops several ways is named once
    told = {(each.way[-1:], each.says): each for each in final[:1] or obstacles}
    return Needs({}, tuple(told.values()))


class _Search:
    def __init__(self, config: Symbols, values: dict[str, str]) -> None:
        self.values = values
        self._config = config

    def turn_on(self, name: str, way: tuple[Step, ...], value: str = "m") -> list[Obstacle]:
        """value: m when m would do, else y"""
        if name in BROUGHT_BY and not self._holds(Sym(name)):
            return self.turn_on(BROUGHT_BY[name], way)
        facts = self._config.facts(name)
        if facts is None:
            says = "is not there on this architecture" if name.isidentifier() else "is not so"
            return [Obstacle(way, f"but {name} {says}", is_final=True)]
        step = Step(name, facts.place)
        if step in way:
            return [Obstacle((*way, step), "which needs itself", is_final=True)]
        way = (*way, step)
        if facts.in_choice:
            return [Obstacle(way, "which is one of a choice: choose it")]
        if facts.prompt_if is None and len(facts.selectors) == 1:
            (only,) = facts.selectors
            return self._satisfy(all_of((Sym(only.name), only.condition)), way)
        if facts.prompt_if is None and facts.selectors:
            return [Obstacle(way, _selected(facts))]
        gate = facts.default_if if facts.prompt_if is None else facts.prompt_if
        obstacles = self._satisfy(gate, way)
        if not obstacles and facts.prompt_if is not None:
            self.values[name] = value if facts.is_tristate else "y"
        return obstacles

    def _satisfy(self, gate: Gate, way: tuple[Step, ...]) -> list[Obstacle]:
        if self._holds(gate):
            return []
        match gate:
            case Sym(name):
                return self.turn_on(name, way)
            case Equals(name, "y"):
                return self.turn_on(name, way, "y")
            case All(of):
                return [each for part in of for each in self._satisfy(part, way)]
            case Any(of):
                return self._one_of(of, way)
            case Not(Sym(name)):
                return [Obstacle(way, f"which needs {self._place(name)} to be off")]
            case Const():
                return [Obstacle(way, "which cannot be on here", is_final=True)]
        return [Obstacle(way, f"which needs {to_kconfig(gate)}; {self._are(gate)}")]

    def _one_of(self, parts: tuple[Gate, ...], way: tuple[Step, ...]) -> list[Obstacle]:
        """The only one that can be had; which of several, a person decides."""
        possible, obstacles = [], []
        for part in parts:
            search = _Search(self._config, dict(self.values))
            found = search._satisfy(part, way)
            if not any(each.is_final for each in found):
                possible.append(part)
                obstacles += found
                values = search.values
        if len(possible) == 1:
            self.values |= {} if obstacles else values
            return obstacles
        text = to_kconfig(Any(tuple(possible or parts)))
        says = f"which needs one of {text}: turn one on" if possible else f"which needs {text}"
        return [Obstacle(way, says, is_final=not possible)]

    def _holds(self, gate: Gate) -> bool:
        return holds(gate, {name: self._value(name) for name in symbols(gate)})

    def _value(self, name: str) -> str:
        return self.values.get(name) or self._config.value(name) or "n"

    def _are(self, gate: Gate) -> str:
        return ", ".join(
            f"{self._place(name)} is {self._value(name)}" for name in sorted(symbols(gate))
        )

    def _place(self, name: str) -> str:
        facts = self._config.facts(name)
        return f"{name} ({facts.place})" if facts else name


def _selected(facts: Facts) -> str:
    shown = [f"{each.name} ({each.place})" for each in facts.selectors[:3]]
    more = len(facts.selectors) - len(shown)
    others = f" and {more} more" if more else ""
    return f"which is on when it is selected: by {', '.join(shown)}{others}"


def is_off(value: str | None) -> bool:
    return (value or "n") in OFF
