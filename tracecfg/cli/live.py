"""list, status, enable, only and disable: what the running kernel traces."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracecfg.errors import number

if TYPE_CHECKING:
    from tracecfg.runtime.instance import Place
    from tracecfg.runtime.request import Request


def complete(incomplete: str) -> list[str]:
    """Subsystems, and events once there is a colon, of the running kernel."""
    from tracecfg.runtime import completion

    return completion.candidates(incomplete)


def complete_instance(incomplete: str) -> list[str]:
    from tracecfg.runtime import completion

    return completion.instances(incomplete)


Words = Annotated[
    list[str] | None,
    typer.Argument(
        help="Subsystem, system:event, globs, '!' before what to leave out, :mod:NAME.",
        metavar="[SELECTION]...",
        autocompletion=complete,
    ),
]
Instance = Annotated[
    str | None,
    typer.Option(
        "--instance",
        help="A buffer of its own instead of the top level's.",
        metavar="NAME",
        autocompletion=complete_instance,
    ),
]
MadeInstance = Annotated[
    str | None,
    typer.Option(
        "--instance",
        help="A buffer of its own, made when missing.",
        metavar="NAME",
        autocompletion=complete_instance,
    ),
]
Pids = Annotated[list[int] | None, typer.Option("--pid", help="Only this process's events.")]
BufferSize = Annotated[
    str | None, typer.Option("--buffer-size", help="KiB per CPU, or with K, M or G.")
]
Clock = Annotated[str | None, typer.Option("--clock", help="A clock of trace_clock.")]
Filter = Annotated[
    str | None, typer.Option("--filter", help="Record only events for which this is true.")
]
Triggers = Annotated[
    list[str] | None,
    typer.Option("--trigger", help="What an event sets off, such as stacktrace:5."),
]
Profile = Annotated[str | None, typer.Option("--profile", help="A selection of tracecfg.toml.")]
Config = Annotated[Path | None, typer.Option("--config", help="The file with the profiles.")]
Tracefs = Annotated[
    str | None, typer.Option("--tracefs", help="Where tracefs is; found without.", metavar="FOLDER")
]
Mount = Annotated[bool, typer.Option("--mount", help="Mount tracefs if it is not.")]
IgnoreMissing = Annotated[
    bool, typer.Option("--ignore-missing", help="Go on without names that match nothing.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print each write, and write nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def list_events(
    words: Words = None,
    events: Annotated[bool, typer.Option("--events", help="A line for each event.")] = False,
    instance: Instance = None,
    tracefs: Tracefs = None,
    mount: Mount = False,
    as_json: Json = False,
) -> None:
    """Subsystems and events: on, off or mixed, with filters and triggers.

    Examples:

      tracecfg list

      tracecfg list 'sched*' --events
    """
    from tracecfg.runtime import report, survey
    from tracecfg.runtime.instance import Place, root

    place = Place(tracefs, instance, mount)
    found = survey.systems(place, words or ())
    if as_json:
        print_json(report.list_json(root(place).root, instance, found))
    else:
        print(report.list_table(found, events=events or bool(words)))


def status(
    instance: Instance = None,
    tracefs: Tracefs = None,
    mount: Mount = False,
    as_json: Json = False,
) -> None:
    """What is on, since when tracecfg changed it, buffer sizes, lost events, instances.

    Example:

      tracecfg status --instance debug
    """
    from tracecfg.runtime import report, survey
    from tracecfg.runtime.instance import Place

    found = survey.status(Place(tracefs, instance, mount))
    if as_json:
        print_json(report.status_json(found))
    else:
        print(report.status_text(found))


def enable(
    words: Words = None,
    filter_: Filter = None,
    triggers: Triggers = None,
    instance: MadeInstance = None,
    pids: Pids = None,
    buffer_size: BufferSize = None,
    clock: Clock = None,
    profile: Profile = None,
    config: Config = None,
    tracefs: Tracefs = None,
    mount: Mount = False,
    ignore_missing: IgnoreMissing = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Turn events on; what was on stays on. `tracecfg restore` puts back what was before.

    Examples:

      tracecfg enable gpio 'irq:irq_handler_*' '!irq:irq_handler_exit'

      tracecfg enable sched:sched_switch --filter 'prev_prio < 100' --trigger stacktrace:5
    """
    place, request = asked(
        "enable", words, filter_, triggers, instance, pids, buffer_size, clock, profile, config,
        tracefs, mount, ignore_missing,
    )  # fmt: skip
    _change(place, request, dry_run=dry_run, as_json=as_json)


def only(
    words: Words = None,
    filter_: Filter = None,
    triggers: Triggers = None,
    instance: MadeInstance = None,
    pids: Pids = None,
    buffer_size: BufferSize = None,
    clock: Clock = None,
    profile: Profile = None,
    config: Config = None,
    tracefs: Tracefs = None,
    mount: Mount = False,
    ignore_missing: IgnoreMissing = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Turn these events on and all others of the instance off.

    Example:

      tracecfg only gpio i2c
    """
    place, request = asked(
        "only", words, filter_, triggers, instance, pids, buffer_size, clock, profile, config,
        tracefs, mount, ignore_missing,
    )  # fmt: skip
    _change(place, request, dry_run=dry_run, as_json=as_json)


def disable(
    words: Words = None,
    instance: Instance = None,
    profile: Profile = None,
    config: Config = None,
    tracefs: Tracefs = None,
    mount: Mount = False,
    ignore_missing: IgnoreMissing = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Turn events off; filters and triggers stay.

    Example:

      tracecfg disable gpio
    """
    place, request = asked(
        "disable", words, None, None, instance, None, None, None, profile, config,
        tracefs, mount, ignore_missing,
    )  # fmt: skip
    _change(place, request, dry_run=dry_run, as_json=as_json)


def asked(
    action: str,
    words: Sequence[str] | None,
    filter_: str | None,
    triggers: Sequence[str] | None,
    instance: str | None,
    pids: Sequence[int] | None,
    buffer_size: str | None,
    clock: str | None,
    profile: str | None,
    config: Path | None,
    tracefs: str | None,
    mount: bool,
    ignore_missing: bool,
) -> tuple[Place, Request]:
    """The place and the request that the options mean."""
    from tracecfg.runtime.asked import request

    return request(
        action=action,
        words=tuple(words or ()),
        filter_=filter_,
        triggers=tuple(triggers or ()),
        instance=instance,
        pids=tuple(pids or ()),
        buffer_size=buffer_size,
        clock=clock,
        profile=profile,
        config=config,
        tracefs=tracefs,
        mount=mount,
        ignore_missing=ignore_missing,
    )


def _change(place: Place, request: Request, *, dry_run: bool, as_json: bool) -> None:
    from tracecfg.runtime import change

    outcome = change.run(place, request, dry_run=dry_run)
    for note in outcome.notes:
        print(f"tracecfg: {note}", file=sys.stderr)
    if as_json:
        from tracecfg.runtime.report import change_json

        print_json(change_json(place, request, outcome, dry_run=dry_run))
    elif dry_run:
        from tracecfg.runtime.report import writes_text
        from tracecfg.runtime.tracefs import find

        print(writes_text(find(place.tracefs), outcome.writes))
    elif outcome.writes:
        writes = number(len(outcome.writes), "write")
        print(f"{request.action}: {number(len(outcome.selected), 'event')}, {writes}")
    else:
        print(f"{request.action}: {number(len(outcome.selected), 'event')}, nothing to change")


def print_json(data: object, indent: int | None = 1) -> None:
    import json

    print(json.dumps(data, indent=indent))
