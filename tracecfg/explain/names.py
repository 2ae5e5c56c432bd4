"""Which subsystem and event a name means, among all that are known."""

from __future__ import annotations

from dataclasses import dataclass

from tracecfg.explain.answer import Evidence
from tracecfg.explain.facts import Facts
from tracecfg.nearest import nearest


@dataclass(frozen=True, kw_only=True)
class Asked:
    """name: as it was asked; event: None for a whole subsystem
    known: whether the running kernel, an installed module or the hints have such a name
    notes: what else there is to say about the name
    """

    name: str
    system: str
    event: str | None
    known: bool
    nearest: tuple[str, ...] = ()
    notes: tuple[Evidence, ...] = ()


def resolve(name: str, facts: Facts) -> Asked:
    """A name without a colon is a subsystem, or else an event that some subsystem has."""
    events = _events(facts)
    system, colon, event = name.partition(":")
    if colon:
        return _of_system(name, system, event, events, facts)
    if name in events or facts.tracefs.by_path.get(name) or _module_system(name, facts):
        return Asked(name=name, system=name, event=None, known=True)
    having = sorted(each for each, names in events.items() if name in names)
    if having:
        note = Evidence("name", f"{name} is an event of {', '.join(having)}")
        return Asked(name=name, system=having[0], event=name, known=True, notes=(note,))
    near = nearest(name, events)
    return Asked(name=name, system=name, event=None, known=False, nearest=tuple(near))


def _of_system(
    name: str, system: str, event: str, events: dict[str, set[str]], facts: Facts
) -> Asked:
    having = events.get(system, set())
    index = facts.modules.events if facts.modules is not None else {}
    if event in having or event in index or facts.tracefs.by_path.get(name):
        return Asked(name=name, system=system, event=event, known=True)
    others = sorted(f"{each}:{event}" for each, names in events.items() if event in names)
    if others:
        note = Evidence("name", f"{event} is an event of {', '.join(others)}")
        return Asked(
            name=name, system=system, event=event, known=False, nearest=(*others,), notes=(note,)
        )
    near = [f"{system}:{each}" for each in nearest(event, having)]
    near = near or ([] if having else nearest(system, events))
    return Asked(name=name, system=system, event=event, known=False, nearest=tuple(near))


def _events(facts: Facts) -> dict[str, set[str]]:
    """Each known subsystem's events, bare tracepoints included."""
    found = {name: {*system.events, *system.bare} for name, system in facts.hints.systems.items()}
    for each in facts.tracefs.events or ():
        system, _, event = each.partition(":")
        found.setdefault(system, set()).add(event)
    return found


def _module_system(name: str, facts: Facts) -> bool:
    return facts.modules is not None and name.replace("-", "_") in facts.modules.systems
