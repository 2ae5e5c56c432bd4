"""Plans and series as text and as JSON: pure functions from results to what is printed."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import orjson

from tracecfg.gate import Gate
from tracecfg.gatetext import to_kconfig
from tracecfg.model import Decision, EventKind, Option, Plan

if TYPE_CHECKING:
    from tracecfg.series.run import Result


def scan_json(plan: Plan, chosen: Collection[str] | None = None) -> dict[str, Any]:
    """The object of `scan --json`, schema tracecfg.scan/1."""
    return {
        "schema": "tracecfg.scan/1",
        "tree": plan.root,
        "version": plan.version,
        "subsystems": [
            _system_json(decision)
            for decision in plan.decisions
            if chosen is None or decision.system.name in chosen
        ],
        "problems": [
            {"file": place.file, "line": place.line, "reason": reason}
            for place, reason in plan.problems
        ],
    }


def _system_json(decision: Decision) -> dict[str, Any]:
    system = decision.system
    gate, unknown, why = decision.gate
    option = decision.option
    shown: dict[str, Any] = {
        "name": system.name,
        "option": option.name if option else None,
        "own_option": system.own_option,
        "converted": system.switch is not None,
        "headers": list(system.headers),
        "events": [
            {
                "name": event.name,
                "kind": event.kind.value,
                "class": event.event_class,
                "file": event.place.file,
                "line": event.place.line,
            }
            for event in system.events
        ],
        "creators": [
            {
                "file": creator.place.file,
                "line": creator.place.line,
                "header": creator.header,
                "gate": to_kconfig(creator.gate.gate) if creator.gate.gate is not None else None,
            }
            for creator in system.creators
        ],
        "consumers": [
            {
                "event": each.event,
                "file": each.place.file,
                "line": each.place.line,
                "config": each.configs[0] if each.configs else None,
            }
            for each in system.consumers
        ],
        "exports": [
            {"event": each.event, "file": each.place.file, "line": each.place.line}
            for each in system.exports
        ],
        "uses": [
            {
                "event": each.event,
                "macro": each.macro,
                "file": each.place.file,
                "line": each.place.line,
            }
            for each in system.uses
        ],
        "gate": to_kconfig(gate) if gate is not None else None,
        "decision": None
        if option is None
        else {
            "depends": option.depends,
            "select": [
                {"config": select.config, "if": select.condition or None}
                for select in option.selects
            ],
            "default": option.default,
            "rules": _rules(decision),
        },
        "skipped": decision.skipped,
    }
    if option is None:
        shown["rules"] = _rules(decision)
    if unknown is not None:
        shown["gate_unknown"] = {"file": unknown.file, "line": unknown.line, "reason": why}
    return shown


def _rules(decision: Decision) -> list[dict[str, str]]:
    return [{"rule": reason.rule, "says": reason.says} for reason in decision.reasons]


def json_text(value: object) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONEncodeError:
        # a path with bytes that are no UTF-8: json escapes what stands for them
        return json.dumps(value, indent=2)


def scan_table(result: dict[str, Any]) -> str:
    """The object of scan_json as a table: one line for each system, and the totals."""
    rows = [("SUBSYSTEM", "EVENTS", "OPTION", "HEADERS")]
    for system in result["subsystems"]:
        option = system["option"] or f"- ({system['skipped']})"
        if system["own_option"]:
            option += f" (has {system['own_option']})"
        if system["converted"]:
            option += " (converted)"
        events = str(len(system["events"]))
        rows.append((system["name"], events, option, ", ".join(system["headers"])))
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{row[0]:<{wide[0]}}  {row[1]:>{wide[1]}}  {row[2]:<{wide[2]}}  {row[3]}".rstrip()
        for row in rows
    ]
    headers = sum(len(system["headers"]) for system in result["subsystems"])
    total = sum(len(system["events"]) for system in result["subsystems"])
    summary = (
        f"Linux {result['version']}: {len(rows) - 1} subsystems in {headers} trace headers, "
        f"{total} tracepoints"
    )
    return "\n".join([*lines, "", summary])


def problems(plan: Plan) -> list[str]:
    """What a scan could not read or resolve, a line each."""
    return [f"{place}: {reason}" for place, reason in plan.problems]


def show(decision: Decision) -> str:
    """Everything about one system, for a person."""
    system = decision.system
    gate, unknown, why = decision.gate
    option = decision.option
    bare = sum(event.kind is EventKind.TRACEPOINT for event in system.events)
    lines = [system.name, "=" * len(system.name)]
    lines += _section("headers", system.headers)
    lines += _section(
        f"events: {len(system.events) - bare}" + (f", bare tracepoints: {bare}" if bare else ""),
        [
            f"{event.name}{_kind(event.kind, event.event_class, event.name)}  {event.place}"
            for event in system.events
        ],
    )
    lines += _section(
        "created by",
        [f"{creator.place}  when {_gate(creator.gate.gate)}" for creator in system.creators],
    )
    lines += _section("exported", [f"{each.event}  {each.place}" for each in system.exports])
    lines += _section(
        "asked for by", [f"{each.macro}({each.event})  {each.place}" for each in system.uses]
    )
    lines += _section(
        "consumers",
        [
            f"{each.event}  {each.place}  {' '.join(each.configs) or 'always built'}"
            for each in system.consumers
        ],
    )
    if gate is not None:
        lines += ["gate", f"  {_gate(gate)}"]
    else:
        lines += ["gate", f"  unknown: {unknown}: {why}"]
    if system.own_option:
        lines += ["has a switch already", f"  {system.own_option}"]
    lines += _section("decision", _decided(option) if option else [f"skipped: {decision.skipped}"])
    lines += _section("because", [f"{each.rule}: {each.says}" for each in decision.reasons])
    return "\n".join(lines)


def _decided(option: Option) -> list[str]:
    depends = f", depends on {option.depends}" if option.depends else ""
    return [
        f"config {option.name}: default {option.default}{depends}",
        *(
            f"{select.config} ({select.place}): select {option.name}"
            + (f" if {select.condition}" if select.condition else "")
            for select in option.selects
        ),
    ]


def _section(title: str, rows: Collection[str]) -> list[str]:
    return [title, *(f"  {row}" for row in rows)] if rows else []


def _kind(kind: EventKind, event_class: str | None, name: str) -> str:
    if kind is EventKind.TRACEPOINT:
        return " (bare)"
    return f" ({event_class})" if event_class != name else ""


def _gate(gate: Gate | None) -> str:
    return "unknown" if gate is None else to_kconfig(gate)


def generate_text(result: Result) -> str:
    """What `generate` did, in a few lines."""
    series = result.series
    lines = []
    if not series.patches:
        lines.append(
            "nothing to do: every chosen subsystem has its option already"
            if series.kept or not series.skipped
            else "nothing to do"
        )
    else:
        verb = "wrote" if result.written else "would write"
        systems = f"{len(series.converted)} subsystem{'s' if len(series.converted) != 1 else ''}"
        lines.append(f"{verb} {len(result.files)} files to {result.where}: {systems} made optional")
        if len(result.files) <= 8:
            lines += [f"  {name}" for name in result.files]
    if series.kept and series.patches:
        lines.append(f"already converted: {', '.join(series.kept)}")
    lines += [f"skipped {name}: {reason}" for name, reason in series.skipped]
    return "\n".join(lines)


def generate_json(result: Result) -> dict[str, Any]:
    """The object of `generate --json`, schema tracecfg.generate/1."""
    return {
        "schema": "tracecfg.generate/1",
        "folder": str(result.where),
        "written": result.written,
        "files": list(result.files),
        "converted": [
            {"name": each.system.name, "option": each.option.name if each.option else None}
            for each in result.series.converted
        ],
        "kept": list(result.series.kept),
        "skipped": [{"name": name, "reason": reason} for name, reason in result.series.skipped],
        "notes": list(result.notes),
    }
