"""Parts summed up by subsystem and event, and two such sums compared. All sizes in bytes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracecfg.cost.parts import Found, Kind


class EventCost(NamedTuple):
    name: str
    size: int


class SubsystemCost(NamedTuple):
    """size: all of it; shared: what no single event causes, such as a DECLARE_EVENT_CLASS"""

    name: str
    size: int
    shared: int
    events: tuple[EventCost, ...]


@dataclass(frozen=True)
class Cost:
    """The cost of an image and its modules, the largest first.

    total: unattributed included
    unattributed: what is a tracepoint's, without the image telling whose
    kinds: the total, by what it consists of
    symbol_bytes: the sizes of all symbols, tracepoints' or not, as nm -S has them
    """

    path: str
    total: int
    unattributed: int
    kinds: Mapping[Kind, int]
    subsystems: tuple[SubsystemCost, ...]
    symbol_bytes: int
    notes: tuple[str, ...]


class Saved(NamedTuple):
    """What one subsystem costs in each of two images."""

    name: str
    size: int
    other: int

    @property
    def saved(self) -> int:
        return self.size - self.other


@dataclass(frozen=True)
class Comparison:
    """This image and another one, by subsystem, what saves most first."""

    this: Cost
    other: Cost
    subsystems: tuple[Saved, ...]

    @property
    def saved(self) -> int:
        return self.this.total - self.other.total

    @property
    def measured(self) -> int:
        """The difference of all symbols' sizes, of whatever cause."""
        return self.this.symbol_bytes - self.other.symbol_bytes


def total(found: Sequence[Found]) -> Cost:
    """found: the image first, then its modules, which use its tracepoints and one another's"""
    of_event: dict[str, str] = {}
    for each in reversed(found):
        of_event.update(each.systems)
    sizes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    kinds: Counter[Kind] = Counter()
    unattributed = 0
    for each in found:
        for event, system in each.systems.items():
            sizes[system][event] += 0
        for part in each.parts:
            kinds[part.kind] += part.size
            event = part.event or ""
            owner = part.system or of_event.get(event)
            if owner is None:
                unattributed += part.size
            else:
                sizes[owner][event] += part.size
    return Cost(
        path=found[0].path,
        total=sum(kinds.values()),
        unattributed=unattributed,
        kinds={kind: kinds[kind] for kind in Kind},
        subsystems=_by_size(_subsystem(name, of) for name, of in sizes.items()),
        symbol_bytes=sum(each.symbol_bytes for each in found),
        notes=tuple(dict.fromkeys(note for each in found for note in each.notes)),
    )


def compare(this: Cost, other: Cost) -> Comparison:
    """What `other` saves against `this`."""
    before = {each.name: each.size for each in this.subsystems}
    after = {each.name: each.size for each in other.subsystems}
    rows = [
        Saved(name, before.get(name, 0), after.get(name, 0))
        for name in before.keys() | after.keys()
    ]
    return Comparison(this, other, tuple(sorted(rows, key=lambda row: (-row.saved, row.name))))


def _subsystem(name: str, sizes: Counter[str]) -> SubsystemCost:
    shared = sizes.pop("", 0)
    events = (EventCost(event, size) for event, size in sizes.items())
    return SubsystemCost(
        name,
        shared + sum(sizes.values()),
        shared,
        tuple(sorted(events, key=lambda event: (-event.size, event.name))),
    )


def _by_size(subsystems: Iterable[SubsystemCost]) -> tuple[SubsystemCost, ...]:
    return tuple(sorted(subsystems, key=lambda each: (-each.size, each.name)))
