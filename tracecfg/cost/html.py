"""The report for a browser: one file that needs no network, from templates/cost.html."""

from __future__ import annotations

from typing import NamedTuple

from tracecfg.cost.report import KINDS
from tracecfg.cost.summary import Comparison, Cost
from tracecfg.templating import Templates


class _Row(NamedTuple):
    """kept, saved: of the subsystem in the image that is compared with; saved is negative where
    that one costs more"""

    name: str
    events: int
    size: int
    shared: int
    saved: int

    @property
    def kept(self) -> int:
        return min(self.size, self.size - self.saved)


class _Event(NamedTuple):
    name: str
    system: str
    size: int


def render(cost: Cost, comparison: Comparison | None) -> str:
    """The page, with every subsystem and tracepoint."""
    saved = {each.name: each.saved for each in comparison.subsystems} if comparison else {}
    rows = [
        _Row(each.name, len(each.events), each.size, each.shared, saved.get(each.name, 0))
        for each in cost.subsystems
    ]
    events = [
        _Event(event.name, each.name, event.size)
        for each in cost.subsystems
        for event in each.events
    ]
    largest = max((row.size for row in rows), default=0) or 1
    return Templates().render(
        "cost.html",
        cost=cost,
        comparison=comparison,
        rows=rows,
        events=sorted(events, key=lambda event: (-event.size, event.name)),
        kinds=KINDS.items(),
        size=_size,
        percent=lambda size: f"{100 * size / largest:.2f}",
        share=lambda size: f"{100 * size / (cost.total or 1):.1f} %",
    )


def _size(size: int) -> str:
    """For people: 614 B, 61.2 KiB, 7.3 MiB."""
    if abs(size) < 1 << 10:
        return f"{size} B"
    return f"{size / 1024:.1f} KiB" if abs(size) < 1 << 20 else f"{size / (1 << 20):.1f} MiB"
