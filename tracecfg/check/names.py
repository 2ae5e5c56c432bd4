"""Events of one name in two subsystems: rule TC110. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from tracecfg.check import apart
from tracecfg.check.facts import Facts, Hit
from tracecfg.gatelogic import implies
from tracecfg.kconfigtext import KconfigIndex
from tracecfg.model import Creator, EventKind, Place, TraceSystem

_MANY = 20
"""Events of one name that are held against each other."""


def hits(facts: Facts) -> Iterator[Hit]:
    """Of those that one kernel can hold: one for each that comes behind another."""
    where: defaultdict[str, list[tuple[TraceSystem, Place]]] = defaultdict(list)
    for decision in facts.plan.decisions:
        for event in decision.system.events:
            if event.kind is not EventKind.SYSCALL:
                where[event.name].append((decision.system, event.place))
    for name, found in where.items():
        told: set[Place] = set()
        for (one, first), (other, second) in combinations(found[:_MANY], 2):
            if second in told or not _together(one, first.file, other, second.file, facts.kconfig):
                continue
            told.add(second)
            message = f"{other.name}:{name}: {one.name} has an event of this name ({first})"
            yield Hit("TC110", second, message)


def _together(
    one: TraceSystem, first: str, other: TraceSystem, second: str, kconfig: KconfigIndex
) -> bool:
    """Can one kernel hold the events of two headers?

    Within an architecture's code only when one brings the other: which of its processors exclude
    each other its Kconfig seldom says.
    """
    for a in (each for each in one.creators if each.header == first):
        for b in (each for each in other.creators if each.header == second):
            in_arch = all(each.place.file.startswith("arch/") for each in (a, b))
            if apart.together(a, b, kconfig) and (not in_arch or _one_brings_the_other(a, b)):
                return True
    return False


def _one_brings_the_other(a: Creator, b: Creator) -> bool:
    one, other = a.gate.gate, b.gate.gate
    return one is not None and other is not None and (implies(one, other) or implies(other, one))
