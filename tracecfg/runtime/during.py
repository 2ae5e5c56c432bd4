"""run: events on while a command runs. stream: events on until somebody ends it."""

from __future__ import annotations

import math
import os
import select
import signal
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tracecfg.errors import TracecfgError, UsageError
from tracecfg.osio import start
from tracecfg.runtime.instance import Place
from tracecfg.runtime.request import Request
from tracecfg.runtime.session import Quiet, Session, Sink, session

if TYPE_CHECKING:
    import subprocess

_STEP = 0.1
"""Seconds between two looks at trace_pipe, which has no other way to say that there is little."""
NOT_FOUND, NOT_RUNNABLE = 127, 126
"""Exit codes of `run` when the command did not run, as env(1) and timeout(1) have them."""


class Ended(NamedTuple):
    """code: of the command; counts: by event; systems: event to subsystem"""

    code: int
    counts: dict[str, int]
    lost: int
    systems: dict[str, str]
    notes: tuple[str, ...]


class CommandError(TracecfgError):
    """The command of `run` cannot be started."""

    def __init__(self, name: str, error: OSError) -> None:
        super().__init__(f"{name}: cannot be run: {error.strerror}")
        self.exit_code = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_RUNNABLE


def run(place: Place, request: Request, command: Sequence[str], sink: Sink) -> Ended:
    """Run the command with the events on; all is put back when this returns or raises.

    Raises TracecfgError, CommandError.
    """
    notes: list[str] = []
    children: list[subprocess.Popen[bytes]] = []

    def forward(number: int) -> None:
        # the terminal sends its own to the command as well
        if number in (signal.SIGTERM, signal.SIGHUP):
            for child in children:
                child.send_signal(number)

    numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
    with Quiet(forward, *numbers), session(place, request, sink, notes) as active:
        try:
            children.append(start(command))
        except OSError as error:
            raise CommandError(command[0], error) from error
        sink((), active.systems)
        code = _follow(active, children[0])
        active.finish()
    return _ended(code, active, notes)


def _follow(active: Session, child: subprocess.Popen[bytes]) -> int:
    ended = select.poll()
    handle = os.pidfd_open(child.pid)
    try:
        ended.register(handle, select.POLLIN)
        while not ended.poll(_STEP * 1000):
            active.read()
    finally:
        os.close(handle)
    code = child.wait()
    return 128 - code if code < 0 else code


def stream(
    place: Place,
    request: Request,
    sink: Sink,
    *,
    seconds: float | None = None,
    count: int | None = None,
) -> Ended:
    """Pass on events until a signal, the time or the number ends it.

    Raises TracecfgError, UsageError for seconds that are no time.
    """
    if seconds is not None and not 0 < seconds < math.inf:
        raise UsageError(f"--seconds {seconds:g}: no time", "more than 0; without it, until Ctrl-C")
    notes: list[str] = []
    received: list[int] = []
    end = None if seconds is None else time.monotonic() + seconds
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    with Quiet(received.append, *numbers), session(place, request, sink, notes) as active:
        active.limit = count
        while not received and (end is None or time.monotonic() < end):
            if not active.read():
                time.sleep(_STEP)
            if count is not None and active.counts.total() >= count:
                break
        active.finish()
    return _ended(0, active, notes)


def _ended(code: int, active: Session, notes: Sequence[str]) -> Ended:
    counts = dict(sorted(active.counts.items()))
    return Ended(code, counts, active.lost, active.systems, tuple(notes))
