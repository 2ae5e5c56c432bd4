"""What the kernel's own tools/testing/selftests/ftrace/test.d tests, done through tracecfg.

Each test names the .tc file whose behaviour it has; those that need the top level or a kernel with
snapshots are in tests/vm/guest/toplevel.py.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.lab.cache import missing
from tests.runtime.real import Cli, bit, put, text

FORK = "events/sched/sched_process_fork"


@pytest.fixture
def live(cli: Cli, tracefs: Path, buffer: Path) -> Iterator[Cli]:
    def run(action: str, *arguments: object) -> object:
        return cli(action, *arguments, "--tracefs", tracefs, "--instance", buffer.name)

    yield run  # type: ignore[misc]
    put(buffer, "tracing_on", "0")


def fork() -> None:
    subprocess.run([sys.executable, "-S", "-E", "-c", "import time; time.sleep(.001)"], check=True)


def recorded(folder: Path) -> Counter[str]:
    put(folder, "tracing_on", "0")
    names = re.findall(r"^[^#].*?\d: (\w+): ", (folder / "trace").read_text(), re.MULTILINE)
    (folder / "trace").write_text("")
    put(folder, "tracing_on", "1")
    return Counter(names)


def test_event_enable(live: Cli, buffer: Path) -> None:
    """event/event-enable.tc"""
    assert live("enable", "sched:sched_switch").code == 0
    fork()
    assert recorded(buffer)["sched_switch"] > 0
    assert live("disable", "sched:sched_switch").code == 0
    recorded(buffer)
    fork()
    assert recorded(buffer)["sched_switch"] == 0


def test_subsystem_enable(live: Cli, buffer: Path) -> None:
    """event/subsystem-enable.tc"""
    for selection in ("sched:*", "sched"):
        assert live("enable", selection).code == 0
        fork()
        assert len(recorded(buffer)) >= 3
        assert live("disable", selection).code == 0
        recorded(buffer)
        fork()
        assert recorded(buffer) == {}


def test_event_pid(live: Cli, buffer: Path) -> None:
    """event/event-pid.tc"""
    mine = os.getpid()
    put(buffer, "trace_options", "noevent-fork")
    assert live("enable", "sched:sched_switch", "--pid", mine).code == 0
    fork()
    put(buffer, "tracing_on", "0")
    lines = [line for line in text(buffer, "trace").splitlines() if "sched_switch:" in line]
    assert lines
    assert [line for line in lines if f"_pid={mine} " not in line] == []
    assert live("restore").code == 0
    assert text(buffer, "set_event_pid") == ""


def test_event_no_pid(live: Cli, buffer: Path) -> None:
    """event/event-no-pid.tc: tracecfg has no option for it, and leaves it as it is"""
    if not (buffer / "set_event_notrace_pid").exists():
        missing("a kernel with set_event_notrace_pid")
    mine = os.getpid()
    put(buffer, "set_event_notrace_pid", str(mine))
    assert live("only", "irq", "timer", "signal").code == 0
    fork()
    assert text(buffer, "set_event_notrace_pid") == str(mine)
    put(buffer, "tracing_on", "0")
    assert f"-{mine} " not in text(buffer, "trace")
    assert live("restore").code == 0
    assert text(buffer, "set_event_notrace_pid") == str(mine)


def test_instances(cli: Cli, tracefs: Path, unmade: Path) -> None:
    """instances/instance.tc: several processes make and remove the same ones"""
    names = [f"{unmade.name}-{letter}" for letter in "xyz"]
    where = ("--tracefs", str(tracefs), "--instance")
    script = (
        "import sys; from tracecfg.cli import run\n"
        "for turn in range(15):\n"
        "  for name in sys.argv[3:]: run(['enable', 'irq', *sys.argv[1:3], '--instance', name])\n"
        "  for name in sys.argv[3:]: run(['reset', *sys.argv[1:3], '--instance', name])\n"
    )
    command = [sys.executable, "-c", script, *where[:2], *names]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)
    ]
    outputs = [process.communicate(timeout=200) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert [err for _, err in outputs if b"Traceback" in err] == []
    for name in names:
        if (tracefs / "instances" / name).exists():
            assert cli("reset", *where, name, "--force").code == 0
        assert cli("enable", "irq", *where, name).code == 0
        assert cli("reset", *where, name).code == 0
        assert not (tracefs / "instances" / name).exists()


def test_instance_event(cli: Cli, tracefs: Path, unmade: Path) -> None:
    """instances/instance-event.tc: events are set while others make, remove and read it"""
    over = threading.Event()

    def slam() -> None:
        while not over.is_set():
            for act in (unmade.mkdir, unmade.rmdir):
                try:
                    act()
                except OSError:
                    continue

    def look() -> None:
        while not over.is_set():
            try:
                (unmade / "trace").read_text()
            except OSError:
                continue

    others = [threading.Thread(target=slam), threading.Thread(target=look)]
    for other in others:
        other.start()
    try:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            where = ("--tracefs", tracefs, "--instance", unmade.name)
            ran = cli("enable", "sched:sched_switch", *where)
            assert ran.code in (0, 1, 3, 4), ran.err
            assert ran.err.count("\n") <= 3
    finally:
        over.set()
        for other in others:
            other.join()
    if unmade.exists():
        unmade.rmdir()
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    assert cli("enable", "sched:sched_switch", *where).code == 0
    assert bit(unmade, "sched:sched_switch") == "1"
    assert cli("reset", *where).code == 0


def test_filter_function(live: Cli, buffer: Path) -> None:
    """filter/event-filter-function.tc"""
    event = "kmem:kmem_cache_free"

    def sample() -> list[str]:
        put(buffer, "tracing_on", "1")
        fork()
        put(buffer, "tracing_on", "0")
        found = re.findall(r"kmem_cache_free: call_site=(\w+)", (buffer / "trace").read_text())
        (buffer / "trace").write_text("")
        return found

    assert live("enable", event).code == 0
    (target, _), *_ = Counter(sample()).most_common(1)
    ran = live("enable", event, "--filter", f"call_site.function == {target}")
    if "Invalid argument" in ran.err or "parse" in ran.err:
        missing("a kernel with .function in filters (6.6)")
    assert ran.code == 0, ran.err
    for _ in range(10):
        if found := sample():
            break
    assert set(found) == {target}
    assert live("restore").code == 0
    assert text(buffer, "events/kmem/kmem_cache_free/filter") == "none"


def test_trigger_filter(live: Cli, buffer: Path) -> None:
    """trigger/trigger-filter.tc"""
    event = "sched:sched_process_fork"
    assert live("enable", event, "--trigger", "traceoff if child_pid == 0").code == 0
    fork()
    assert text(buffer, "tracing_on") == "1"
    assert live("restore").code == 0
    for wrong in ("a", "common_pid=0", "common_pid==b", "common_pid == child_pid"):
        ran = live("enable", event, "--trigger", f"traceoff if {wrong}")
        assert ran.code == 4, wrong
        assert wrong in ran.err
        assert text(buffer, f"{FORK}/trigger").startswith("#")
        assert bit(buffer, event) == "0"
    right = ("common_pid == 0", "common_pid <= 0", "common_pid >= 0")
    for condition in (
        *right,
        "parent_pid >= 0 && child_pid >= 0",
        "parent_pid >= 0 || child_pid >= 0",
    ):
        assert live("enable", event, "--trigger", f"traceoff if {condition}").code == 0
        assert text(buffer, f"{FORK}/trigger") == f"traceoff:unlimited if {condition}"
        assert live("restore").code == 0
        assert text(buffer, f"{FORK}/trigger").startswith("#")


def test_trigger_eventonoff(live: Cli, buffer: Path) -> None:
    """trigger/trigger-eventonoff.tc"""
    event = "sched:sched_process_fork"
    assert live("enable", event, "--trigger", "enable_event:sched:sched_switch").code == 0
    fork()
    assert bit(buffer, "sched:sched_switch") == "1*"
    assert live("restore").code == 0
    assert bit(buffer, "sched:sched_switch") == "0"
    assert live("enable", "sched:sched_switch").code == 0
    assert live("enable", event, "--trigger", "disable_event:sched:sched_switch").code == 0
    fork()
    assert bit(buffer, "sched:sched_switch") == "0*"
    assert live("restore").code == 0
    assert live("enable", event, "--trigger", "enable_event:nogroup:noevent").code == 1
    assert live("enable", event, "--trigger", "disable_event+1").code == 2
    assert live("enable", event, "--trigger", "enable_event:sched:sched_switch").code == 0
    ran = live("enable", event, "--trigger", "disable_event:sched:sched_switch")
    assert ran.code == 4
    assert "there is such a trigger already" in ran.err


def test_trigger_stacktrace(live: Cli, buffer: Path) -> None:
    """trigger/trigger-stacktrace.tc"""
    event = "sched:sched_process_fork"
    assert live("enable", event, "--trigger", "stacktrace:1").code == 0
    fork()
    assert "<stack trace>" in text(buffer, "trace")
    assert live("restore").code == 0
    assert live("enable", event, "--trigger", "stacktrace:foo").code == 2
    assert live("enable", event, "--trigger", "stacktrace").code == 0
    assert text(buffer, f"{FORK}/trigger") == "stacktrace:unlimited"
    assert live("restore").code == 0


def test_trigger_traceonoff(live: Cli, buffer: Path) -> None:
    """trigger/trigger-traceonoff.tc"""
    event = "sched:sched_process_fork"
    assert live("enable", event, "--trigger", "traceoff").code == 0
    fork()
    assert text(buffer, "tracing_on") == "0"
    assert live("restore").code == 0
    assert text(buffer, "tracing_on") == "1"
    put(buffer, "tracing_on", "0")
    assert live("enable", event, "--trigger", "traceon").code == 0
    fork()
    assert text(buffer, "tracing_on") == "1"
    assert live("restore").code == 0
    assert text(buffer, "tracing_on") == "0"
    assert live("enable", event, "--trigger", "traceoff:badparam").code == 2
    assert live("enable", event, "--trigger", "traceoff+0").code == 2
    assert live("enable", event, "--trigger", "traceon").code == 0
    # the kernel has traceon and traceoff of one event for two kinds
    assert live("enable", event, "--trigger", "traceoff").code == 4 or "traceoff" in text(
        buffer, f"{FORK}/trigger"
    )
    assert live("restore").code == 0
