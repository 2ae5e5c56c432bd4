"""The machine's own tracefs for tests: private instances only, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kernel.lab.cache import missing
from tests.small import Ran
from tracecfg.errors import TracecfgError
from tracecfg.runtime.tracefs import find

Cli = Callable[..., Ran]


@pytest.fixture(scope="session")
def tracefs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The mounted one, or one that is mounted for the tests."""
    if os.geteuid() != 0:
        missing("root: tracefs is only for root")
    with contextlib.suppress(TracecfgError):
        yield Path(find())
        return
    place = tmp_path_factory.mktemp("tracing")
    mounted = subprocess.run(["mount", "-t", "tracefs", "nodev", place], check=False)
    if mounted.returncode:
        missing("a kernel with tracefs")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.fixture
def buffer(tracefs: Path) -> Iterator[Path]:
    """An instance that tracecfg did not make."""
    folder = tracefs / "instances" / f"tracecfg-test-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir()
    yield folder
    removed(folder)


@pytest.fixture
def unmade(tracefs: Path) -> Iterator[Path]:
    """A name for an instance that is not there yet."""
    folder = tracefs / "instances" / f"tracecfg-test-{os.getpid()}-{time.monotonic_ns()}"
    yield folder
    removed(folder)


def removed(folder: Path) -> None:
    """A reader that has just ended may hold the instance for a moment."""
    for _ in range(50):
        if not folder.exists():
            return
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        time.sleep(0.1)
    folder.rmdir()


def text(folder: Path, path: str) -> str:
    return (folder / path).read_text().strip()


def put(folder: Path, path: str, value: str) -> None:
    """Write without truncating, as `echo >>` would."""
    handle = os.open(folder / path, os.O_WRONLY)
    try:
        os.write(handle, f"{value}\n".encode())
    finally:
        os.close(handle)


def bit(folder: Path, event: str) -> str:
    return text(folder, f"events/{event.replace(':', '/')}/enable")


def dump(folder: Path) -> dict[str, str]:
    """Everything that a change may touch. The mark of soft mode and counts are as they are."""
    found = {}
    names = ["tracing_on", "trace_clock", "tracing_cpumask", "buffer_size_kb", "trace_options"]
    names += ["buffer_total_size_kb", "current_tracer", "set_event_pid", "set_event_notrace_pid"]
    for name in names:
        if (folder / name).exists():
            found[name] = text(folder, name)
    for path in sorted(folder.glob("events/*/*/enable")):
        for name in ("enable", "filter", "trigger"):
            file = path.parent / name
            if file.exists():
                found[str(file.relative_to(folder))] = file.read_text().strip()
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {
        name: (before.get(name, "-"), after.get(name, "-"))
        for name in {*before, *after}
        if before.get(name) != after.get(name)
    }


def seed(folder: Path) -> None:
    """A state that is not all off: filters, counted triggers, soft events, pids, sizes."""
    put(folder, "buffer_size_kb", "512")
    put(folder, "events/sched/sched_switch/filter", "prev_prio < 100")
    put(folder, "events/sched/sched_pi_setprio/trigger", "stacktrace:7")
    put(folder, "events/sched/sched_process_hang/trigger", "enable_event:irq:irq_handler_exit:3")
    put(folder, "events/sched/sched_process_hang/trigger", "traceoff if common_pid == 0")
    put(folder, "events/sched/sched_process_fork/enable", "1")
    put(folder, "events/irq/irq_handler_entry/enable", "1")
    put(folder, "events/irq/irq_handler_entry/filter", "irq > 100000")
    put(folder, "events/timer/enable", "1")
    put(folder, "set_event_pid", "4000001 4000002")
    put(folder, "tracing_cpumask", "1")
