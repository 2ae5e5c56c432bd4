"""What the run-time commands print: text and JSON, from data. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tracecfg.errors import escaped, number

if TYPE_CHECKING:
    from tracecfg.runtime.change import Outcome
    from tracecfg.runtime.control import Write
    from tracecfg.runtime.during import Ended
    from tracecfg.runtime.instance import Place
    from tracecfg.runtime.journal import Journal
    from tracecfg.runtime.request import Request
    from tracecfg.runtime.restore import Restored
    from tracecfg.runtime.survey import EventState, Status, SystemState


def systems_json(systems: Iterable[SystemState]) -> list[dict[str, Any]]:
    return [
        {
            "name": system.name,
            "enabled": system.enabled,
            "events": [
                {
                    "name": event.name,
                    "enabled": event.enabled,
                    "soft": event.soft,
                    "filter": event.filter or None,
                    "triggers": list(event.triggers),
                }
                for event in system.events
            ],
        }
        for system in systems
    ]


def list_json(tracefs: str, instance: str | None, systems: Iterable[SystemState]) -> dict[str, Any]:
    return {
        "schema": "tracecfg.list/1",
        "tracefs": tracefs,
        "instance": instance,
        "subsystems": systems_json(systems),
    }


def list_table(systems: Iterable[SystemState], *, events: bool) -> str:
    """events: a line for each event as well, not only for those that are on or have a condition"""
    lines = []
    for system in systems:
        count = sum(event.enabled for event in system.events)
        lines.append(f"{system.name:<24} {system.enabled:<6} {count:>4} of {len(system.events)}")
        lines += [
            f"  {event.name:<36} {_bit(event):<5}{_conditions(event)}".rstrip()
            for event in system.events
            if events
            or event.filter
            or event.triggers
            or (system.enabled == "mixed" and (event.enabled or event.soft))
        ]
    return "\n".join(lines)


def _bit(event: EventState) -> str:
    return ("on" if event.enabled else "off") + ("*" if event.soft else "")


def _conditions(event: EventState) -> str:
    filtered = f" if {event.filter}" if event.filter else ""
    return filtered + "".join(f" [{each}]" for each in event.triggers)


def status_json(status: Status) -> dict[str, Any]:
    journal = status.journal
    return {
        "schema": "tracecfg.status/1",
        "tracefs": status.tracefs,
        "instance": status.instance,
        "subsystems": systems_json(status.systems),
        "lost_events": status.lost_events,
        "settings": status.settings,
        "changed": None if journal is None else _changed(journal),
        "left_over": [_changed(each) for each in status.others if each.busy or each.run],
        "instances": [{"name": name, "made": made} for name, made in status.instances.items()],
        "outdated": list(status.outdated),
        "void": list(status.void),
        "damaged": [{"instance": each.instance, "message": str(each)} for each in status.damaged],
    }


def _changed(journal: Journal) -> dict[str, Any]:
    return {
        "instance": journal.instance,
        "since": _when(journal.since),
        "command": journal.command,
        "pid": journal.pid,
        "interrupted": journal.busy,
        "files": sorted(journal.cells),
    }


def _when(seconds: float) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None


def status_text(status: Status) -> str:
    where = "top level" if status.instance is None else f"instance {status.instance}"
    on = [
        system
        for system in status.systems
        if any(e.enabled or e.soft or e.filter or e.triggers for e in system.events)
    ]
    lines = [f"{status.tracefs}, {where}"]
    for name, text in status.settings.items():
        if text and name not in ("trace_options",):
            lines.append(f"  {name:<22} {' '.join(text.split())}")
    lines.append(f"  {'lost events':<22} {status.lost_events}")
    if not any(each.instance == status.instance for each in status.damaged):
        lines.append(_since(status.journal))
    lines.append(list_table(on, events=False) if on else "no event is on")
    for name, made in status.instances.items():
        lines.append(f"instance {escaped(name)}{' (made by tracecfg)' if made else ''}")
    lines += [
        f"instance {escaped(name)}: what was saved is of one that is no more; "
        "`tracecfg restore` drops it"
        for name in status.outdated
    ]
    for journal in status.others:
        if journal.busy or journal.run:
            what = journal.instance or "the top level"
            lines.append(
                f"{what}: `{journal.command}` (process {journal.pid}) is at work, or was killed: "
                "then `tracecfg restore` mends it"
            )
    lines += [f"saved state: {each}" for each in status.damaged]
    if status.void:
        lines.append("saved before the last boot: void, and dropped by the next change")
    return "\n".join(lines)


def _since(journal: Journal | None) -> str:
    if journal is None:
        return "  tracecfg changed nothing here"
    if not journal.cells and not journal.busy:
        return "  made by tracecfg, nothing changed"
    when = _when(journal.since) or "now"
    half = "; the last one was killed half way, or is at work" if journal.busy else ""
    files = f"{number(len(journal.cells), 'file')}, last by `{journal.command}`"
    return f"  changed by tracecfg since {when}: {files}{half}"


def writes_json(writes: Sequence[Write]) -> list[dict[str, str]]:
    return [{"file": write.path, "value": write.value} for write in writes]


def writes_text(root: str, writes: Sequence[Write]) -> str:
    return "\n".join(f"{root}/{write.path} {write.value}".rstrip() for write in writes)


def restored_json(results: Sequence[Restored], *, dry_run: bool) -> dict[str, Any]:
    return {
        "schema": "tracecfg.restore/1",
        "dry_run": dry_run,
        "instances": [
            {
                "instance": each.instance,
                "writes": writes_json(each.writes),
                "removed": each.removed,
                "dropped": each.dropped or None,
                "left": list(each.left),
                "gone": list(each.gone),
            }
            for each in results
        ],
    }


def saved_json(file: str, instance: str | None, files: int) -> dict[str, Any]:
    """files: of tracefs, whose texts are saved"""
    return {"schema": "tracecfg.save/1", "file": file, "instance": instance, "files": files}


def reset_json(instance: str, *, dry_run: bool) -> dict[str, Any]:
    return {"schema": "tracecfg.reset/1", "instance": instance, "dry_run": dry_run}


def restored_text(results: Sequence[Restored]) -> str:
    lines = []
    for each in results:
        where = "top level" if each.instance is None else f"instance {each.instance}"
        done = "removed" if each.removed else f"put back with {number(len(each.writes), 'write')}"
        if each.dropped:
            done = f"{each.dropped}; what was saved is dropped"
        lines.append(f"{where}: {done}")
    return "\n".join(lines) or "nothing to put back"


def change_json(
    place: Place, request: Request, outcome: Outcome, *, dry_run: bool
) -> dict[str, Any]:
    return {
        "schema": "tracecfg.change/1",
        "action": request.action,
        "instance": place.instance,
        "dry_run": dry_run,
        "events": [f"{system}:{event}" for system, event in outcome.selected],
        "writes": writes_json(outcome.writes),
        "notes": list(outcome.notes),
    }


def stream_json(ended: Ended) -> dict[str, Any]:
    """The last line of `stream --json`."""
    return {
        "schema": "tracecfg.stream/1",
        "events": [
            {"subsystem": ended.systems.get(event), "event": event, "count": count}
            for event, count in ended.counts.items()
        ],
        "lost_events": ended.lost,
    }
