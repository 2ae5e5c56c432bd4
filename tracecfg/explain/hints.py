"""Which option each trace system needs, from a scan of one kernel tree: hints, not facts.

hints.json beside this file is what `tracecfg hints TREE -o FILE` makes of a tree; another kernel
may differ, so every use of it is checked against the kernel's own configuration and labelled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tracecfg.gate import ALWAYS, NEVER, All, Any, Const, Equals, Gate, Not, Sym, any_of

if TYPE_CHECKING:
    from tracecfg.model import Decision, Plan

SCHEMA = "tracecfg.hints/1"

_OF_THE_CORE = {
    "eprobes": "PROBE_EVENTS",
    "fprobes": "FPROBE_EVENTS",
    "kprobes": "KPROBE_EVENTS",
    "synthetic": "SYNTH_EVENTS",
    "syscalls": "FTRACE_SYSCALLS",
    "uprobes": "UPROBE_EVENTS",
}
"""Systems that kernel/trace makes without a trace header."""
DYNAMIC = frozenset(_OF_THE_CORE) - {"syscalls"}
"""Those whose events somebody defines at run time: Documentation/trace/kprobetrace.rst."""
WITHOUT_TRACEPOINTS = frozenset(_OF_THE_CORE)
"""Those that have no tracepoints of their own, only events."""


@dataclass(frozen=True)
class Part:
    """Events of a system that are built under the same gate; None: the Makefiles do not tell."""

    gate: Gate | None
    events: frozenset[str]


@dataclass(frozen=True)
class System:
    """option: what the series calls its switch, "" for none; own_option: one that it has upstream
    bare: tracepoints without an event"""

    name: str
    option: str
    own_option: str
    parts: tuple[Part, ...]
    bare: frozenset[str]

    @property
    def events(self) -> frozenset[str]:
        return frozenset().union(*(part.events for part in self.parts))

    def gate(self, event: str | None) -> Gate | None:
        """The condition for one event, or for any of the system; None when it is not known."""
        parts = [part for part in self.parts if event is None or event in part.events]
        gates = [part.gate for part in parts if part.gate is not None]
        return any_of(gates) if gates and len(gates) == len(parts) else None


@dataclass(frozen=True)
class Hints:
    """version: of the kernel tree that was scanned"""

    version: str
    systems: Mapping[str, System]

    @cached_property
    def bare(self) -> Mapping[str, str]:
        """The system of each tracepoint without an event."""
        return {event: name for name, system in self.systems.items() for event in system.bare}

    def with_event(self, event: str) -> list[str]:
        """The systems that have an event of this name."""
        return sorted(name for name, system in self.systems.items() if event in system.events)


def load(text: str) -> Hints:
    """The text of hints.json."""
    document = json.loads(text)
    systems = {
        name: System(name, "", option, (Part(Sym(option), frozenset()),), frozenset())
        for name, option in _OF_THE_CORE.items()
    }
    for name, entry in document["systems"].items():
        parts = tuple(
            Part(None if part["gate"] is None else _gate(part["gate"]), frozenset(part["events"]))
            for part in entry["parts"]
        )
        bare = frozenset(entry.get("bare", ()))
        systems[name] = System(name, entry.get("option", ""), entry.get("own", ""), parts, bare)
    return Hints(document["version"], systems)


def dump(plan: Plan) -> str:
    """The text of hints.json for a tree: one line for each system, the same for the same tree."""
    entries = [
        f"{json.dumps(decision.system.name)}:{json.dumps(_entry(decision), separators=(',', ':'))}"
        for decision in sorted(plan.decisions, key=lambda decision: decision.system.name)
    ]
    head = f'"schema":{json.dumps(SCHEMA)},"version":{json.dumps(plan.version)}'
    return "{" + head + ',"systems":{\n' + ",\n".join(entries) + "\n}}\n"


def _entry(decision: Decision) -> dict[str, object]:
    system = decision.system
    entry: dict[str, object] = {}
    if decision.option is not None:
        entry["option"] = decision.option.name
    if system.own_option:
        entry["own"] = system.own_option
    bare = {event.name for event in system.events if event.kind.value == "tracepoint"}
    by_gate: dict[Gate | None, set[str]] = {}
    for headers in _alike(system.headers):
        gates = [each.gate.gate for each in system.creators if each.header in headers]
        known = [gate for gate in gates if gate is not None]
        gate = any_of(known) if gates and len(known) == len(gates) else None
        names = {event.name for event in system.events if event.place.file in headers} - bare
        by_gate.setdefault(gate, set()).update(names)
    entry["parts"] = [
        {"gate": None if gate is None else _plain(gate), "events": sorted(names)}
        for gate, names in by_gate.items()
        if names
    ]
    if bare:
        entry["bare"] = sorted(bare)
    return entry


def _alike(headers: Sequence[str]) -> list[list[str]]:
    """Architectures have events of the same name, of which an inventory keeps the first."""
    of_arch = [header for header in headers if header.startswith("arch/")]
    return [of_arch, *([header] for header in headers if header not in of_arch)]


def _plain(gate: Gate) -> object:
    match gate:
        case Const(value):
            return value
        case Sym(name):
            return name
        case Equals(name, value):
            return ["=", name, value]
        case Not(of):
            return ["!", _plain(of)]
        case All(of):
            return ["&&", *map(_plain, of)]
        case Any(of):
            return ["||", *map(_plain, of)]


def _gate(plain: bool | str | Sequence[str]) -> Gate:
    if isinstance(plain, bool):
        return ALWAYS if plain else NEVER
    if isinstance(plain, str):
        return Sym(plain)
    kind, *rest = plain
    if kind == "=":
        return Equals(rest[0], rest[1])
    if kind == "!":
        return Not(_gate(rest[0]))
    parts = tuple(map(_gate, rest))
    return All(parts) if kind == "&&" else Any(parts)
