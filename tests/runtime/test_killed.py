"""kill -9 at random moments: after restore, everything is what it was."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.runtime.real import Cli, changed, dump, seed
from tracecfg import cli as command_line

ROUNDS = 200
SYSTEMS = ("irq", "sched", "timer", "block", "kmem", "workqueue", "*", "s*", "irq:*_exit")
MORE = (
    ("--filter", "common_pid > 7"),
    ("--filter", "common_pid > 7 && bogus"),
    ("--trigger", "stacktrace:2"),
    ("--trigger", "enable_event:irq:irq_handler_entry:1"),
    ("--trigger", "traceoff:1"),
    ("--pid", "4000003"),
    ("--buffer-size", "700"),
)
LONGEST = 0.12
"""Seconds: what most of the calls below take."""


def arguments(chance: random.Random, where: list[str]) -> list[str]:
    action = chance.choice(("enable", "only", "disable"))
    words = chance.sample(SYSTEMS, chance.randint(1, 3))
    more: tuple[str, ...] = () if action == "disable" else chance.choice((*MORE, (), ()))
    if more and more[0] in ("--filter", "--trigger"):
        words = [chance.choice(("irq:*_exit", "sched:sched_process_*", "irq"))]
    return [action, *words, *more, *where]


def child(call: list[str]) -> int:
    """The call in a process of its own, without the time that Python takes to start."""
    pid = os.fork()
    if pid:
        return pid
    code = 99
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        code = command_line.run(call)
    finally:
        os._exit(code)


def killed(pids: list[int], chance: random.Random) -> list[int]:
    """Each after a time of its own; what they ended with."""
    start = time.monotonic()
    for pid, moment in sorted((pid, chance.uniform(0, LONGEST)) for pid in pids):
        time.sleep(max(0.0, start + moment - time.monotonic()))
        os.kill(pid, signal.SIGKILL)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]


@pytest.mark.parametrize("processes", [1, 2])
def test_restore_after_kill(cli: Cli, tracefs: Path, buffer: Path, processes: int) -> None:
    number = int(os.environ.get("TRACECFG_TEST_SEED", "1"))
    chance = random.Random(number)
    print(f"TRACECFG_TEST_SEED={number}", file=sys.stderr)
    seed(buffer)
    before = dump(buffer)
    where = ["--tracefs", str(tracefs), "--instance", buffer.name]
    ends: list[int] = []
    for turn in range(ROUNDS):
        calls = [arguments(chance, where) for _ in range(processes)]
        ends += killed([child(call) for call in calls], chance)
        ran = cli("restore", *where)
        assert ran.code == 0, f"round {turn}: {calls}: {ran.err}"
        assert changed(before, dump(buffer)) == {}, f"round {turn}: {calls}: {ran.err}{ran.out}"
    # some came to their end, and most did not
    assert -signal.SIGKILL in ends
