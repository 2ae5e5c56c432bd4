"""Which of the events that are gone have another name now, and no successor alone. Pure.

Events of one class have all the same fields, so that says nothing: what tells a rename is that the
new event stands where the old one stood, between the same neighbours, and has a name like it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from tracecfg.check import fieldchanges

_SIMILAR = 0.5

Gap = tuple[str, str, str]
"""A header, and the events before and behind, of those that are in it before and after."""


class Pair(NamedTuple):
    """An event that is gone and one that is new, of the same fields.

    was, now: where the one stood and the other stands
    of_class: is one of them of a class that several may have?
    """

    old: str
    new: str
    was: Gap
    now: Gap
    of_class: bool


def gaps(header: str, events: Iterable[str], kept: Collection[str]) -> dict[str, Gap]:
    """Where the events stand that are not kept. events: in their order"""
    found: dict[str, Gap] = {}
    above, waiting = "", list[str]()
    for name in (*events, ""):
        if name and name not in kept:
            waiting.append(name)
            continue
        found.update(dict.fromkeys(waiting, (header, above, name)))
        above, waiting = name, []
    return found


def likely(pairs: Collection[Pair]) -> Iterator[tuple[str, str]]:
    """The renames among them, old name and new one, each name once: those with the nearest names
    first."""
    here = [pair for pair in pairs if pair.was == pair.now]
    gone = Counter(gap for gap, _ in {(pair.was, pair.old) for pair in here})
    came = Counter(gap for gap, _ in {(pair.now, pair.new) for pair in here})
    olds, news = Counter(pair.old for pair in pairs), Counter(pair.new for pair in pairs)
    sure = [
        (-likeness, pair.old, pair.new)
        for pair in pairs
        if (likeness := _likeness(pair)) >= _SIMILAR
        and (
            gone[pair.was] == came[pair.now]
            if pair.was == pair.now
            else not pair.of_class and olds[pair.old] == news[pair.new] == 1
        )
    ]
    taken = set[tuple[str, int]]()
    for _, old, new in sorted(sure):
        ends = {(old, 0), (new, 1)}
        if taken.isdisjoint(ends):
            taken |= ends
            yield old, new


def _likeness(pair: Pair) -> float:
    """From 0 to 1; of events of a class, whose names begin and end alike, that of the rest."""
    old, new = pair.old.split("_"), pair.new.split("_")
    shared = sum((Counter(old) & Counter(new)).values())
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    if not old or not new:
        return 1
    if pair.of_class:
        return fieldchanges.likeness("_".join(old), "_".join(new))
    words = max(pair.old.count("_"), pair.new.count("_")) + 1
    return max(shared / words, fieldchanges.likeness(pair.old, pair.new))
