"""run and stream: events on for a while, in a private instance."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from tracecfg.cli.live import (
    BufferSize,
    Clock,
    Config,
    Filter,
    IgnoreMissing,
    Json,
    MadeInstance,
    Mount,
    Pids,
    Profile,
    Tracefs,
    Triggers,
    Words,
    asked,
    print_json,
)
from tracecfg.errors import UsageError, escaped, number

if TYPE_CHECKING:
    from tracecfg.runtime.during import Ended
    from tracecfg.runtime.session import Sink


def run(
    context: typer.Context,
    words: Words = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file for the events.")
    ] = None,
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
    as_json: Json = False,
) -> int:
    """Events on while a command runs; they are printed when it has ended.

    The exit code is the command's; 128 + n after signal n, 125 when tracecfg failed, 126 and 127
    when the command cannot be run or is not there.

    Example:

      tracecfg run gpio -- ./my-test
    """
    from tempfile import TemporaryFile

    from tracecfg.runtime import during
    from tracecfg.runtime.output import Output

    command: list[str] = context.obj or []
    if not command:
        raise UsageError("run: which command?", "tracecfg run gpio -- ./my-test")
    place, request = asked(
        "run", words, filter_, triggers, instance, pids, buffer_size, clock, profile, config,
        tracefs, mount, ignore_missing,
    )  # fmt: skip
    if output is not None:
        with Output(output) as file:
            ended = during.run(place, request, command, _sink(file.write, as_json=as_json))
    else:
        with TemporaryFile("w+", encoding="utf-8") as spool:
            sink = _sink(spool.writelines, as_json=as_json)
            ended = during.run(place, request, command, sink)
            spool.seek(0)
            with _until_nobody_reads(sys.stdout):
                _print(spool)
                sys.stdout.flush()
    with _until_nobody_reads(sys.stderr):
        _end(ended)
    return ended.code


@contextmanager
def _until_nobody_reads(stream: IO[str]) -> Iterator[None]:
    """A reader that went away takes nothing from the command's exit code."""
    try:
        yield
    except BrokenPipeError:
        # what is buffered has to go somewhere
        handle = os.open(os.devnull, os.O_WRONLY)
        os.dup2(handle, stream.fileno())
        os.close(handle)


def stream(
    words: Words = None,
    seconds: Annotated[float | None, typer.Option("--seconds", help="End after this time.")] = None,
    count: Annotated[
        int | None, typer.Option("--count", min=1, help="End after this many events.")
    ] = None,
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
    as_json: Json = False,
) -> None:
    """Events as they happen, until Ctrl-C; then a count of each, and all is put back.

    Example:

      tracecfg stream gpio --json
    """
    import gc

    from tracecfg.runtime import during

    # other commands end before there is any garbage to speak of; this one may run for days
    gc.enable()
    place, request = asked(
        "stream", words, filter_, triggers, instance, pids, buffer_size, clock, profile, config,
        tracefs, mount, ignore_missing,
    )  # fmt: skip
    sink = _sink(_print, as_json=as_json)
    ended = during.stream(place, request, sink, seconds=seconds, count=count)
    if as_json:
        from tracecfg.runtime.report import stream_json

        print_json(stream_json(ended), indent=None)
    else:
        for event, times in ended.counts.items():
            system = ended.systems.get(event, "")
            print(f"tracecfg: {times:>8} {system}{':' if system else ''}{event}", file=sys.stderr)
    _end(ended)


def _print(lines: Iterable[str]) -> None:
    if sys.stdout.isatty():
        lines = (escaped(line.removesuffix("\n")) + "\n" for line in lines)
    sys.stdout.writelines(lines)
    sys.stdout.flush()


def _sink(put: Callable[[Iterable[str]], None], *, as_json: bool) -> Sink:
    def write(lines: Sequence[str], systems: Mapping[str, str]) -> None:
        if as_json:
            lines = [json.dumps(traceline.as_json(x, systems)) for x in traceline.parse(lines)]
        put(f"{line}\n" for line in lines)

    import json

    from tracecfg.runtime import traceline

    return write


def _end(ended: Ended) -> None:
    for note in ended.notes:
        print(f"tracecfg: {note}", file=sys.stderr)
    total = sum(ended.counts.values())
    print(f"tracecfg: {number(total, 'event')}, {ended.lost} lost", file=sys.stderr)
