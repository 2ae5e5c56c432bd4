"""Run by pytest in a guest, on the top level of its tracefs and on a kernel with all triggers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.runtime.real import Cli, bit, changed, dump, put, text
from tracecfg.runtime import trigger

TOP = Path("/sys/kernel/tracing")
RARE = "sched:sched_pi_setprio"
FILE = "events/sched/sched_pi_setprio/trigger"
TRIGGERS = [
    "traceon", "traceoff:3", "snapshot", "snapshot:2 if pid == 3", "stacktrace",
    "stacktrace:5 if pid > 2", "enable_event:irq:irq_handler_entry:2",
    "disable_event:irq:irq_handler_entry if pid == 1", "enable_hist:irq:irq_handler_entry",
    "disable_hist:irq:irq_handler_entry:4", "hist:keys=pid",
    "hist:keys=pid:vals=hitcount:sort=pid.descending:size=512 if pid > 3",
    "hist:name=foo:keys=comm,pid.hex:pause", "hist:keys=common_pid:ts0=common_timestamp.usecs",
    "hist:keys=pid.log2:nohitcount:vals=pid", "hist:keys=common_stacktrace",
    "hist:keys=common_cpu:vals=pid:clock=mono:x=pid", "hist:keys=pid.buckets=10",
    "hist:keys=pid:onmax($x).snapshot():x=pid", "hist:keys=pid:m=pid:onchange($m).save(comm)",
    "hist:keys=pid:sort=hitcount.descending,pid",
]  # fmt: skip


def fork() -> None:
    subprocess.run(["true"], check=True)


@pytest.mark.parametrize("line", TRIGGERS)
def test_a_trigger_is_a_fixed_point(line: str) -> None:
    """Write, read, remove, write, read."""
    put(TOP, FILE, line)
    shown = text(TOP, FILE)
    found = trigger.parse(shown)
    assert found is not None
    put(TOP, FILE, found.remove)
    assert trigger.lines(text(TOP, FILE)) == []
    put(TOP, FILE, found.set)
    assert text(TOP, FILE) == shown
    put(TOP, FILE, found.remove)


def test_triggers_through_the_commands(cli: Cli, tmp_path: Path) -> None:
    put(TOP, FILE, "hist:keys=comm:pause")
    before = dump(TOP)
    for line in ("hist:keys=pid if pid > 3", "snapshot:2", "enable_hist:irq:irq_handler_entry"):
        ran = cli("enable", RARE, "--trigger", line)
        assert ran.code == 0, ran.err
    assert len(text(TOP, FILE).splitlines()) == 4
    saved = tmp_path / "four.json"
    assert cli("save", saved).code == 0
    four = dump(TOP)
    assert cli("restore").code == 0
    assert {name for name in changed(before, dump(TOP)) if "buffer" not in name} == set()
    ran = cli("restore", saved)
    assert ran.code == 0, ran.err
    assert changed(four, dump(TOP)) == {}
    assert cli("restore").code == 0
    put(TOP, FILE, "!hist:keys=comm")


def test_toplevel_enable(cli: Cli) -> None:
    """event/toplevel-enable.tc"""
    before = dump(TOP)
    assert cli("enable", "*").code == 0
    assert text(TOP, "events/enable") == "1"
    fork()
    put(TOP, "tracing_on", "0")
    assert "sched_switch" in text(TOP, "trace")
    put(TOP, "tracing_on", "1")
    assert cli("restore").code == 0
    assert {name for name in changed(before, dump(TOP)) if "buffer" not in name} == set()
    assert text(TOP, "set_event") == ""


def test_trigger_snapshot(cli: Cli) -> None:
    """trigger/trigger-snapshot.tc"""
    event = "sched:sched_process_fork"
    assert cli("enable", event).code == 0
    fork()
    assert cli("enable", event, "--trigger", "snapshot:1").code == 0
    fork()
    assert "sched_process_fork" in text(TOP, "snapshot")
    assert cli("enable", event, "--trigger", "snapshot+1").code == 2
    assert cli("restore").code == 0
    put(TOP, "snapshot", "0")


def test_nothing_of_others_is_touched(cli: Cli) -> None:
    """Their instance, probe, buffer and tracing_on, through every command."""
    other = TOP / "instances/theirs"
    other.mkdir()
    put(other, "events/irq/enable", "1")
    put(other, "tracing_on", "0")
    put(TOP, "kprobe_events", "p:mine/probe do_exit")
    put(TOP, "events/mine/probe/enable", "1")
    put(TOP, "trace_marker", "keep me")
    before, theirs = dump(TOP), dump(other)
    assert cli("enable", "gpio", "irq").code == 0
    assert cli("only", "timer", "mine").code == 0
    assert cli("run", "sched", "--", "true").code == 0
    assert cli("disable", "timer").code == 0
    assert cli("restore", "--all").code == 0
    assert {name for name in changed(before, dump(TOP)) if "buffer" not in name} == set()
    assert changed(theirs, dump(other)) == {}
    assert "p:mine/probe" in text(TOP, "kprobe_events")
    put(TOP, "tracing_on", "0")
    assert "keep me" in text(TOP, "trace")
    put(TOP, "tracing_on", "1")
    put(TOP, "events/mine/probe/enable", "0")
    (TOP / "kprobe_events").write_text("")
    other.rmdir()


def test_a_line_that_is_toggled_is_seen(cli: Cli) -> None:
    script = Path(__file__).parent / "gpio_sim.sh"
    subprocess.run(["sh", script, "make"], check=True)
    assert cli("enable", "gpio").code == 0
    stream = subprocess.Popen(
        [sys.executable, "-m", "tracecfg", "stream", "--json", "gpio", "--count", "6"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    end = time.monotonic() + 60
    while not any(
        bit(each, "gpio:gpio_value") == "1"
        for each in (TOP / "instances").glob("tracecfg-stream-*")
    ):
        assert time.monotonic() < end
        time.sleep(0.1)
    time.sleep(1)
    subprocess.run(["sh", script, "toggle", "6"], check=True)
    out, err = stream.communicate(timeout=60)
    assert stream.returncode == 0, err
    *events, last = [json.loads(line) for line in out.splitlines()]
    assert {event["subsystem"] for event in events} == {"gpio"}
    assert "gpio_value" in {event["event"] for event in events}
    assert last["lost_events"] == 0
    # the top level has them as well: the stream took none
    assert "gpio_value" in text(TOP, "trace")
    assert cli("restore").code == 0


def test_tracefs_read_only_and_not_there(cli: Cli) -> None:
    subprocess.run(["mount", "-o", "remount,ro", TOP], check=True)
    try:
        ran = cli("enable", "irq")
        assert ran.code in (3, 4)
        assert "read-only" in ran.err
    finally:
        subprocess.run(["mount", "-o", "remount,rw", TOP], check=True)
    assert text(TOP, "events/irq/enable") == "0"
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines() if "tracefs" in line or "debugfs" in line]  # fmt: skip
    for place in reversed(mounted):
        subprocess.run(["umount", "-l", place], check=False)
    ran = cli("enable", "irq")
    assert ran.code == 3
    assert "--mount" in ran.err
    assert cli("enable", "irq", "--mount").code == 0
    assert text(TOP, "events/irq/enable") == "1"
    assert cli("restore").code == 0


def test_somebody_without_permission(cli: Cli) -> None:
    pid = os.fork()
    if not pid:
        code = 99
        try:
            os.setuid(65534)
            from tracecfg.cli import run

            code = run(["enable", "irq"])
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
