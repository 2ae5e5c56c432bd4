"""What the facts say about one name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracecfg.errors import number
from tracecfg.explain.answer import Evidence
from tracecfg.explain.facts import Facts
from tracecfg.explain.names import Asked
from tracecfg.gate import Const, Gate
from tracecfg.gatetext import to_kconfig


@dataclass(frozen=True)
class Case:
    facts: Facts
    asked: Asked

    @property
    def prefix(self) -> str:
        """What the names of the subsystem's events begin with."""
        return f"{self.asked.system}:"

    @property
    def present(self) -> bool:
        tracefs, asked = self.facts.tracefs, self.asked
        if tracefs.by_path.get(asked.name):
            return True
        events = tracefs.events or ()
        if asked.event is not None:
            return f"{asked.system}:{asked.event}" in events
        return any(each.startswith(self.prefix) for each in events)

    @property
    def in_kernel(self) -> bool:
        """Whether the running kernel has the code of its tracepoints, tracefs or not."""
        known = self.facts.hints.systems.get(self.asked.system)
        names = {self.asked.event} if self.asked.event else known.events if known else set()
        return bool(names & (self.facts.tracepoints or frozenset()))

    @property
    def gate(self) -> Gate | None:
        known = self.facts.hints.systems.get(self.asked.system)
        if known is None:
            return None
        return known.gate(self.asked.event if self.asked.event in known.events else None)

    def option_names(self) -> tuple[str, ...]:
        """Symbols that may switch this system: of a series, with its old prefix, its own."""
        known = self.facts.hints.systems.get(self.asked.system)
        derived = "".join(c if c.isalnum() else "_" for c in self.asked.system.upper())
        names = [f"TRACING_{derived}", f"TRACING_EVENTS_{derived}"]
        if known is not None:
            names += [known.option, known.own_option]
        return tuple(dict.fromkeys(name for name in names if name))

    def hint_source(self) -> str:
        return f"Linux {self.facts.hints.version}"

    def modules(self) -> set[str]:
        """The installed modules that define it, by the index."""
        index, asked = self.facts.modules, self.asked
        if index is None:
            return set()
        of_system = set(index.systems.get(asked.system.replace("-", "_"), ()))
        if asked.event is None:
            return of_system
        with_event = set(index.events.get(asked.event, ()))
        return with_event & of_system if of_system else with_event

    def seen(self) -> Iterator[Evidence]:
        tracefs = self.facts.tracefs
        if tracefs.events is not None:
            path = f"{tracefs.path}/available_events"
            yield Evidence(
                path, f"{number(len(tracefs.events), 'event')}, none of {self.asked.name}"
            )

    def built_when(self, gate: Gate) -> Evidence:
        always = isinstance(gate, Const) and gate.value
        says = f"built {'always' if always else f'when {to_kconfig(gate)}'}"
        return Evidence(self.hint_source(), says, hint=True)
