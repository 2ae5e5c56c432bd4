"""What `cost` prints: text for a person, JSON for a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracecfg.cost.parts import Kind
from tracecfg.cost.summary import Comparison, Cost
from tracecfg.errors import escaped

_Row = tuple[str, str, str, str]
KINDS = {
    Kind.SYMBOL: "symbols of their own",
    Kind.CODE: "code where they are called",
    Kind.ENTRY: "table entries",
}


def to_json(cost: Cost, comparison: Comparison | None, top: int | None) -> dict[str, Any]:
    """The object of `cost --json`, schema tracecfg.cost/1. top: that many subsystems, or all"""
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
                "bytes": each.size,
                "shared_bytes": each.shared,
                "events": [{"name": event.name, "bytes": event.size} for event in each.events],
            }
            for each in cost.subsystems[:top]
        ],
        "notes": list(cost.notes),
    }
    if comparison is not None:
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
    return shown


def to_text(cost: Cost, top: int | None) -> str:
    """A line for each subsystem, then what all of it consists of."""
    rows = [
        (
            escaped(each.name),
            f"{len(each.events)}",
            f"{each.size:,}",
            f"{_share(each.size, cost.total)}",
        )
        for each in cost.subsystems[:top]
    ]
    rest = cost.subsystems[len(rows) :]
    if rest:
        size = sum(each.size for each in rest)
        events = sum(len(each.events) for each in rest)
        rows.append((f"({len(rest)} more)", f"{events}", f"{size:,}", _share(size, cost.total)))
    if cost.unattributed:
        rows.append(
            ("(unattributed)", "", f"{cost.unattributed:,}", _share(cost.unattributed, cost.total))
        )
    events = sum(len(each.events) for each in cost.subsystems)
    lines = _table(("SUBSYSTEM", "EVENTS", "BYTES", "SHARE"), rows)
    lines += [
        "",
        f"{cost.path}: {events} tracepoints of {len(cost.subsystems)} subsystems cost "
        f"{cost.total:,} bytes",
        *(f"  {cost.kinds[kind]:>12,}  {says}" for kind, says in KINDS.items()),
    ]
    return "\n".join([*lines, *(f"note: {note}" for note in cost.notes)])


def compared_text(comparison: Comparison, top: int | None) -> str:
    """A line for each subsystem whose cost differs."""
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
        f"{this.path}: {this.total:,} bytes",
        f"{other.path}: {other.total:,} bytes, {comparison.saved:,} saved",
        f"all symbols of the two: {this.symbol_bytes:,} - {other.symbol_bytes:,} = "
        f"{comparison.measured:,} bytes",
    ]
    return "\n".join(lines)


def _table(head: _Row, rows: Sequence[_Row]) -> list[str]:
    wide = [max(len(row[column]) for row in [head, *rows]) for column in range(4)]
    return [
        f"{row[0]:<{wide[0]}}  " + "  ".join(f"{row[at]:>{wide[at]}}" for at in (1, 2, 3))
        for row in [head, *rows]
    ]


def _share(size: int, of: int) -> str:
    return f"{100 * size / of:.1f} %" if of else ""
