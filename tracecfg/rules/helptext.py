"""The help text of an option, as `make menuconfig` shows it."""

from __future__ import annotations

from collections.abc import Sequence

from tracecfg.model import EventKind, TraceSystem

_SHOWN_EVENTS = 8


def paragraphs(system: TraceSystem, notes: Sequence[str], default: str) -> tuple[str, ...]:
    names = [event.name for event in system.events]
    shown = ", ".join(names[:_SHOWN_EVENTS])
    if len(names) > _SHOWN_EVENTS:
        shown += f" and {len(names) - _SHOWN_EVENTS} more"
    count = "tracepoint" if len(names) == 1 else f"{len(names)} tracepoints"
    where = ", ".join(system.headers)
    costs = "Say N to save the memory they take"
    if any(event.kind is not EventKind.TRACEPOINT for event in system.events):
        costs += f"; the events are then missing from events/{system.name} in tracefs"
    return (
        f"Compile in the {count} of the trace system {system.name}, defined in {where}"
        + (f": {shown}." if names else "."),
        *notes,
        f"{costs}. If unsure, say {default.upper()}.",
    )
