"""What `cost` prints: text for a person, JSON for a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracecfg.cost.parts import Kind
from tracecfg.cost.selection import NOTE, Answer, Selection
from tracecfg.cost.summary import Comparison, Cost, SubsystemCost
from tracecfg.errors import escaped

_Row = tuple[str, str, str, str]
KINDS = {
    Kind.SYMBOL: "symbols of their own",
    Kind.CODE: "code where they are called",
    Kind.ENTRY: "table entries",
}


def to_json(answer: Answer, top: int | None) -> dict[str, Any]:
    """The object of `cost --json`, schema tracecfg.cost/1. top: that many subsystems, or all"""
    cost = answer.cost
    shown: dict[str, Any] = {
        "schema": "tracecfg.cost/1",
        "image": cost.path,
        "total_bytes": cost.total,
        "unattributed_bytes": cost.unattributed,
        "symbol_bytes": cost.symbol_bytes,
        "kinds": {kind.value: size for kind, size in cost.kinds.items()},
        "subsystems": [
            {
                "name": each.name,
                "option": answer.options[each.name] or None,
                "bytes": each.size,
                "shared_bytes": each.shared,
                "events": [{"name": event.name, "bytes": event.size} for event in each.events],
            }
            for each in cost.subsystems[:top]
        ],
        "notes": list(cost.notes),
    }
    if (comparison := answer.comparison) is not None:
        shown["compare"] = {
            "image": comparison.other.path,
            "total_bytes": comparison.other.total,
            "unattributed_bytes": comparison.other.unattributed,
            "symbol_bytes": comparison.other.symbol_bytes,
            "saved_bytes": comparison.saved,
            "measured_bytes": comparison.measured,
            "subsystems": [
                {"name": each.name, "bytes": each.other, "saved_bytes": each.saved}
                for each in comparison.subsystems[:top]
            ],
        }
    if (selection := answer.selection) is not None:
        shown["selection"] = {
            "only": list(selection.only),
            "kept_bytes": selection.kept_bytes,
            "saved_bytes": selection.saved_bytes,
            "kept": [{"name": each.name, "bytes": each.size} for each in selection.kept],
            "saved": [{"name": each.name, "bytes": each.size} for each in selection.saved],
        }
    return shown


def to_text(answer: Answer, top: int | None) -> str:
    """As a table of subsystems, and sums. top: as in to_json()"""
    if answer.comparison is not None:
        return _compared(answer.comparison, top)
    if answer.selection is not None:
        return _selected(answer.cost, answer.selection, top)
    return _all(answer.cost, top)


def _all(cost: Cost, top: int | None) -> str:
    rows = _rows(cost.subsystems[:top], cost.total)
    rows += _sum("more", cost.subsystems[len(rows) :], cost.total)
    rows += _unattributed(cost)
    lines = _table(("SUBSYSTEM", "EVENTS", "BYTES", "SHARE"), rows)
    lines += [
        "",
        f"{escaped(cost.path)}: {_events(cost.subsystems)} tracepoints of "
        f"{len(cost.subsystems)} subsystems cost {cost.total:,} bytes",
        *(f"  {cost.kinds[kind]:>12,}  {says}" for kind, says in KINDS.items()),
    ]
    return "\n".join([*lines, *(f"note: {note}" for note in cost.notes)])


def _selected(cost: Cost, selection: Selection, top: int | None) -> str:
    rows = _rows(selection.kept[:top], cost.total)
    rows += _sum("more", selection.kept[len(rows) :], cost.total)
    rows += _sum("saved", selection.saved, cost.total)
    rows += _unattributed(cost)
    lines = _table(("SUBSYSTEM", "EVENTS", "BYTES", "SHARE"), rows)
    lines += [
        "",
        f"{escaped(cost.path)}: of {cost.total:,} bytes {escaped(','.join(selection.only))} keeps "
        f"{selection.kept_bytes:,} and saves {selection.saved_bytes:,}",
    ]
    return "\n".join([*lines, *(f"note: {note}" for note in (*cost.notes, NOTE))])


def _compared(comparison: Comparison, top: int | None) -> str:
    # those whose cost differs
    differ = [each for each in comparison.subsystems if each.saved]
    rows = [
        (escaped(each.name), f"{each.size:,}", f"{each.other:,}", f"{each.saved:,}")
        for each in differ[:top]
    ]
    if rest := differ[len(rows) :]:
        before, after = sum(each.size for each in rest), sum(each.other for each in rest)
        rows.append((f"({len(rest)} more)", f"{before:,}", f"{after:,}", f"{before - after:,}"))
    lines = _table(("SUBSYSTEM", "BYTES", "THERE", "SAVED"), rows)
    this, other = comparison.this, comparison.other
    lines += [
        "",
        f"{escaped(this.path)}: {this.total:,} bytes",
        f"{escaped(other.path)}: {other.total:,} bytes, {comparison.saved:,} saved",
        f"all symbols of the two: {this.symbol_bytes:,} - {other.symbol_bytes:,} = "
        f"{comparison.measured:,} bytes",
    ]
    notes = dict.fromkeys((*this.notes, *other.notes))
    return "\n".join([*lines, *(f"note: {note}" for note in notes)])


def _rows(subsystems: Sequence[SubsystemCost], total: int) -> list[_Row]:
    return [
        (escaped(each.name), f"{len(each.events)}", f"{each.size:,}", _share(each.size, total))
        for each in subsystems
    ]


def _sum(word: str, subsystems: Sequence[SubsystemCost], total: int) -> list[_Row]:
    """One line for all of them, if any."""
    if not subsystems:
        return []
    size = sum(each.size for each in subsystems)
    name = f"({len(subsystems)} {word})"
    return [(name, f"{_events(subsystems)}", f"{size:,}", _share(size, total))]


def _unattributed(cost: Cost) -> list[_Row]:
    size = cost.unattributed
    return [("(unattributed)", "", f"{size:,}", _share(size, cost.total))] if size else []


def _events(subsystems: Sequence[SubsystemCost]) -> int:
    return sum(len(each.events) for each in subsystems)


def _table(head: _Row, rows: Sequence[_Row]) -> list[str]:
    wide = [max(len(row[column]) for row in [head, *rows]) for column in range(4)]
    return [
        f"{row[0]:<{wide[0]}}  " + "  ".join(f"{row[at]:>{wide[at]}}" for at in (1, 2, 3))
        for row in [head, *rows]
    ]


def _share(size: int, of: int) -> str:
    return f"{100 * size / of:.1f} %" if of else ""
