"""The report for a browser: one file that needs no network, from templates/cost.html."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tracecfg.cost.parts import Kind
from tracecfg.cost.report import KINDS
from tracecfg.cost.selection import NOTE, Answer
from tracecfg.cost.treemap import Box, squarified
from tracecfg.templating import Templates

_MAP = Box(0, 0, 200, 100)
"""As wide and high as the template shows it."""


class _Row(NamedTuple):
    """saved: by the selection, or the image that is compared with; negative where that one costs
    more"""

    name: str
    option: str
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


class _Chosen(NamedTuple):
    """what: keeps and saves so many bytes"""

    what: str
    kept: int
    saved: int


class _Tile(NamedTuple):
    """kept: of its size; all in percent"""

    name: str
    size: int
    left: str
    top: str
    width: str
    height: str
    kept: str


def render(answer: Answer) -> str:
    """The page, with every subsystem and tracepoint."""
    cost = answer.cost
    chosen, saved = _chosen(answer)
    rows = [
        _Row(
            each.name,
            answer.options.get(each.name, ""),
            len(each.events),
            each.size,
            each.shared,
            saved.get(each.name, 0),
        )
        for each in cost.subsystems
    ]
    events = [
        _Event(event.name, each.name, event.size)
        for each in cost.subsystems
        for event in each.events
    ]
    largest = max((row.size for row in rows), default=0) or 1
    # entries of tables are no symbols
    in_symbols = cost.kinds[Kind.SYMBOL] + cost.kinds[Kind.CODE]
    return Templates().render(
        "cost.html",
        cost=cost,
        comparison=answer.comparison,
        chosen=chosen,
        notes=(*cost.notes, NOTE) if answer.selection else cost.notes,
        rows=rows,
        tiles=_tiles(rows),
        events=sorted(events, key=lambda event: (-event.size, event.name)),
        kinds=KINDS.items(),
        of_symbols=_percent(in_symbols, cost.symbol_bytes) if cost.symbol_bytes else "",
        size=_size,
        width=lambda size: f"{100 * size / largest:.2f}",
        share=lambda size: _percent(size, cost.total or 1),
    )


def _chosen(answer: Answer) -> tuple[_Chosen | None, dict[str, int]]:
    """What a selection keeps and saves, and what it saves of each subsystem."""
    if comparison := answer.comparison:
        chosen = _Chosen(comparison.other.path, comparison.other.total, comparison.saved)
        return chosen, {each.name: each.saved for each in comparison.subsystems}
    if selection := answer.selection:
        what = "only " + ", ".join(selection.only)
        chosen = _Chosen(what, selection.kept_bytes, selection.saved_bytes)
        return chosen, {each.name: each.size for each in selection.saved}
    return None, {}


def _tiles(rows: Sequence[_Row]) -> list[_Tile]:
    shown = [row for row in rows if row.size > 0]
    boxes = squarified([row.size for row in shown], _MAP)
    return [
        _Tile(
            row.name,
            row.size,
            left=f"{100 * box.left / _MAP.width:.3f}",
            top=f"{100 * box.top / _MAP.height:.3f}",
            width=f"{100 * box.width / _MAP.width:.3f}",
            height=f"{100 * box.height / _MAP.height:.3f}",
            kept=f"{100 * max(row.kept, 0) / row.size:.1f}",
        )
        for row, box in zip(shown, boxes, strict=True)
    ]


def _percent(size: int, of: int) -> str:
    return f"{100 * size / of:.1f} %"


def _size(size: int) -> str:
    """For people: 614 B, 61.2 KiB, 7.3 MiB."""
    if abs(size) < 1 << 10:
        return f"{size} B"
    return f"{size / 1024:.1f} KiB" if abs(size) < 1 << 20 else f"{size / (1 << 20):.1f} MiB"
