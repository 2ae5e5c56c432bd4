"""run and stream as processes of their own: exit codes, signals, and what is left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kernel.lab.cache import missing
from tests.runtime.real import dump, put, text
from tests.small import command, run_there
from tracecfg.runtime import traceline

EVENTS = ("sched:sched_process_exec", "sched:sched_process_exit")


@pytest.fixture(autouse=True)
def nothing_left(tracefs: Path) -> Iterator[None]:
    """The top level and the list of instances are what they were."""
    before = dump(tracefs)
    instances = set((tracefs / "instances").iterdir())
    yield
    after = dump(tracefs)
    # a first use gives the top level's buffers their size
    assert {
        name for name in before if before[name] != after[name] and "buffer" not in name
    } == set()
    assert set((tracefs / "instances").iterdir()) - instances == set()


def until(what: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)


def ours(tracefs: Path, process: subprocess.Popen[bytes]) -> list[Path]:
    return list((tracefs / "instances").glob(f"tracecfg-*-{process.pid}"))


def recording(tracefs: Path, process: subprocess.Popen[bytes]) -> bool:
    with contextlib.suppress(FileNotFoundError):
        # a new instance is there before its files are
        return any(
            text(folder, "events/sched/sched_process_exec/enable") == "1"
            for folder in ours(tracefs, process)
        )
    return False


def guardian(process: subprocess.Popen[bytes]) -> int:
    for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        if b"guardian" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise AssertionError("no guardian")


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 1", 1), ("exit 77", 77), ("kill -9 $$", 137), ("kill -TERM $$", 143)],
)
def test_run_returns_the_commands_own_code(tracefs: Path, script: str, code: int) -> None:
    ran = run_there("run", *EVENTS, "--tracefs", tracefs, "--", "sh", "-c", script)
    assert ran.code == code, ran.err
    assert "sched_process_exec: filename=" in ran.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nosuchsystem", "--", "true"], 125),
        (["irq"], 125),
        (["--nonsense", "--", "true"], 125),
        (["irq", "--filter", "bogus == 1", "--", "true"], 125),
        (["irq", "-o", "/nonexistent/file", "--", "true"], 125),
        (["irq", "--", "/nonexistent/command"], 127),
        (["irq", "--", "/etc/passwd"], 126),
    ],
)
def test_run_has_codes_of_its_own(tracefs: Path, arguments: list[str], code: int) -> None:
    ran = run_there("run", "--tracefs", tracefs, *arguments)
    assert ran.code == code
    assert ran.err.startswith("tracecfg: ")
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_run_whose_reader_goes_away(tracefs: Path, stream: str) -> None:
    """`run ... | head -1`: the code is still the command's."""
    reading, writing = os.pipe()
    os.close(reading)
    there = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: writing}
    script = "for i in 1 2 3 4 5; do ls / > /dev/null; done; exit 7"
    process = subprocess.Popen(
        command("run", "sched", "--tracefs", tracefs, "--", "sh", "-c", script),
        stdout=there["stdout"],
        stderr=there["stderr"],
    )
    os.close(writing)
    assert process.wait(60) == 7


@pytest.mark.parametrize(
    "wrong",
    [
        ("nosuchsystem", "--", "true"),
        ("irq", "--clock", "sundial", "--", "true"),
        ("irq", "--", "/nonexistent/command"),
        ("irq", "--", "/etc/passwd"),
    ],
)
def test_a_call_that_fails_leaves_the_file_of_events(
    tracefs: Path, tmp_path: Path, wrong: tuple[str, ...]
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("of yesterday\n")
    event, *rest = wrong
    for file in (old, new):
        ran = run_there("run", event, "--tracefs", tracefs, "-o", file, *rest)
        assert ran.code in (125, 126, 127)
    assert old.read_text() == "of yesterday\n"
    assert not new.exists()


def test_the_file_of_events_holds_those_of_this_run_alone(tracefs: Path, tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_text("of yesterday\n")
    never = ("sched:sched_process_hang", "--tracefs", tracefs)
    assert run_there("run", *never, "-o", file, "--", "true").code == 0
    assert file.read_text() == ""
    assert run_there("run", *never, "-o", "/dev/null", "--", "true").code == 0


def test_control_characters_of_an_event_do_not_reach_the_terminal(tracefs: Path) -> None:
    reading, terminal = os.openpty()
    marker = f"{tracefs}/instances/tracecfg-run-$PPID/trace_marker"
    script = f"printf 'before\\033[31mafter' > {marker}"
    subprocess.run(
        command("run", *EVENTS, "--tracefs", tracefs, "--", "sh", "-c", script),
        stdout=terminal,
        check=True,
        timeout=60,
    )
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):
        while data := os.read(reading, 65536):
            shown += data
    os.close(reading)
    assert b"before\\x1b[31mafter" in shown


def test_run_hands_input_and_output_through(tracefs: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    done = subprocess.run(
        command("run", *EVENTS, "--json", "-o", file, "--tracefs", tracefs, "--", "sh", "-c", "cat; exit 3"),
        input=b"through",
        capture_output=True,
        timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, b"through")
    events = [json.loads(line) for line in file.read_text().splitlines()]
    assert {"sched_process_exec", "sched_process_exit"} >= {event["event"] for event in events}
    cat = [
        event
        for event in events
        if event["event"] == "sched_process_exec" and event["task"] == "cat"
    ]
    assert len(cat) >= 1
    assert cat[0]["subsystem"] == "sched"


def test_run_in_a_named_instance_puts_back_and_leaves_it(tracefs: Path, buffer: Path) -> None:
    put(buffer, "events/irq/enable", "1")
    put(buffer, "events/sched/sched_process_exec/filter", "pid > 1")
    before = dump(buffer)
    where = ("--tracefs", tracefs, "--instance", buffer.name)
    script = f"cat {buffer}/events/sched/sched_process_exec/filter; cat {buffer}/set_event"
    ran = run_there("run", EVENTS[0], "--filter", "pid > 2", *where, "--", "sh", "-c", script)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[0] == "pid > 2"
    assert "irq:softirq_entry" in ran.out.splitlines()
    after = dump(buffer)
    assert {
        name for name in before if before[name] != after[name] and "buffer" not in name
    } == set()


def test_run_makes_a_named_instance_and_leaves_it(tracefs: Path, unmade: Path) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    assert run_there("run", "irq", *where, "--", "true").code == 0
    assert text(unmade, "set_event") == ""
    assert text(unmade, "tracing_on") == "1"
    assert run_there("reset", *where).code == 0


@pytest.mark.parametrize("made_before", [False, True])
def test_another_clock_in_an_instance_that_tracecfg_made(
    tracefs: Path, unmade: Path, made_before: bool
) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    if made_before:
        assert run_there("enable", "irq", "--clock", "global", *where).code == 0
    clock = ("--clock", "mono", "--buffer-size", "4096")
    ran = run_there(
        "run", *EVENTS, *clock, *where, "--", "sh", "-c", f"cat {unmade}/trace_clock; ls /"
    )
    assert ran.code == 0, ran.err
    assert "[mono]" in ran.out
    # they were read before the clock was put back, which clears the buffer
    assert "sched_process_exec: filename=/" in ran.out
    assert ran.err.endswith(" events, 0 lost\n")
    assert f"[{'global' if made_before else 'local'}]" in text(unmade, "trace_clock")
    assert run_there("stream", *EVENTS, *clock, *where, "--seconds", 0.2).code == 0
    assert run_there("reset", *where).code == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ("run", "irq", "--clock", "sundial", "--", "true"),
        ("run", "irq", "--filter", "bogus == 1", "--", "true"),
        ("run", "irq", "--", "/nonexistent/command"),
        ("stream", "irq", "--filter", "bogus == 1"),
    ],
)
def test_a_call_that_fails_leaves_no_instance(
    tracefs: Path, unmade: Path, wrong: tuple[str, ...]
) -> None:
    action, event, *rest = wrong
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    assert run_there(action, event, *where, *rest).code not in (0, 1)
    assert not unmade.exists()
    assert run_there("status", "--tracefs", tracefs).out.count(unmade.name) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_run_hands_a_signal_to_its_command(tracefs: Path, number: int) -> None:
    process = subprocess.Popen(
        command("run", *EVENTS, "--tracefs", tracefs, "--", "sleep", "60"),
        stdout=subprocess.DEVNULL,
    )
    until(lambda: recording(tracefs, process))
    time.sleep(0.3)
    process.send_signal(number)
    assert process.wait(30) == 128 + number


def test_run_killed_with_its_command_still_running(tracefs: Path) -> None:
    process = subprocess.Popen(command("run", *EVENTS, "--tracefs", tracefs, "--", "sleep", "20"))
    until(lambda: recording(tracefs, process))
    process.kill()
    process.wait()
    until(lambda: not ours(tracefs, process))


def test_run_killed_in_a_named_instance(tracefs: Path, buffer: Path) -> None:
    put(buffer, "events/sched/sched_process_exec/filter", "pid > 1")
    put(buffer, "events/irq/enable", "1")
    before = dump(buffer)
    where = ("--tracefs", tracefs, "--instance", buffer.name)
    process = subprocess.Popen(
        command("run", "sched", "--filter", "common_pid > 2", *where, "--", "sleep", "20")
    )
    until(lambda: text(buffer, "events/sched/enable") == "1")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: dump(buffer) == before)


def test_run_killed_together_with_its_guardian(tracefs: Path) -> None:
    process = subprocess.Popen(command("run", *EVENTS, "--tracefs", tracefs, "--", "sleep", "20"))
    until(lambda: recording(tracefs, process))
    os.kill(guardian(process), signal.SIGKILL)
    process.kill()
    process.wait()
    time.sleep(0.3)
    assert ours(tracefs, process)
    said = run_there("enable", "irq", "--tracefs", tracefs, "--dry-run").err
    assert "was killed with its guardian" in said
    assert f"{process.pid}" in run_there("status", "--tracefs", tracefs).out
    ran = run_there("restore", "--tracefs", tracefs)
    assert ran.code == 0, ran.err
    assert not ours(tracefs, process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stream_ends_with_a_signal_and_counts(tracefs: Path, number: int) -> None:
    process = subprocess.Popen(
        command("stream", *EVENTS, "--json", "--tracefs", tracefs),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    until(lambda: recording(tracefs, process))
    subprocess.run(["ls", "/"], stdout=subprocess.DEVNULL, check=True)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert first["schema"] == "tracecfg.event/1"
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    *events, last = [json.loads(line) for line in out.splitlines()]
    assert last["schema"] == "tracecfg.stream/1"
    assert last["lost_events"] == 0
    assert sum(each["count"] for each in last["events"]) == len(events) + 1


def test_stream_whose_reader_goes_away(tracefs: Path) -> None:
    process = subprocess.Popen(
        command("stream", *EVENTS, "--tracefs", tracefs), stdout=subprocess.PIPE
    )
    until(lambda: recording(tracefs, process))
    assert process.stdout is not None
    process.stdout.close()
    for _ in range(100):
        subprocess.run(["true"], check=True)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    assert process.wait(30) == 0


@pytest.mark.parametrize("count", [1, 3])
def test_stream_ends_at_the_number(tracefs: Path, count: int) -> None:
    process = subprocess.Popen(
        command("stream", "sched", "--trigger", "stacktrace", "--count", count, "--tracefs", tracefs),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    lines = out.decode().splitlines()
    events = [line for line in traceline.parse(lines) if line.event]
    assert len(events) == count
    assert f"tracecfg: {count} event{'' if count == 1 else 's'}, " in err.decode()


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1"])
def test_a_time_that_is_none(tracefs: Path, seconds: str) -> None:
    ran = run_there("stream", *EVENTS, f"--seconds={seconds}", "--tracefs", tracefs)
    assert ran.code == 2
    assert "no time" in ran.err


def test_stream_killed(tracefs: Path) -> None:
    process = subprocess.Popen(
        command("stream", *EVENTS, "--tracefs", tracefs), stdout=subprocess.DEVNULL
    )
    until(lambda: recording(tracefs, process))
    process.kill()
    process.wait()
    until(lambda: not ours(tracefs, process))


def test_stream_counts_what_is_lost(tracefs: Path) -> None:
    """A reader that is stopped, a small buffer and many events."""
    process = subprocess.Popen(
        command("stream", "sched", "--buffer-size", 8, "--json", "--tracefs", tracefs),
        stdout=subprocess.PIPE,
    )
    until(lambda: recording(tracefs, process))
    process.send_signal(signal.SIGSTOP)
    for _ in range(200):
        subprocess.run(["true"], check=True)
    process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert json.loads(out.splitlines()[-1])["lost_events"] > 0


def test_stream_leaves_the_top_levels_events_to_others(tracefs: Path) -> None:
    before = (tracefs / "events/sched/sched_process_exec/enable").read_text()
    if before.strip() != "0" or (tracefs / "tracing_on").read_text().strip() != "1":
        missing("a top level that nobody uses")
    put(tracefs, "trace_marker", "tracecfg-test: for others")
    try:
        done = run_there("stream", *EVENTS, "--seconds", 0.5, "--tracefs", tracefs)
        assert done.code == 0
        assert "for others" in (tracefs / "trace").read_text()
    finally:
        with contextlib.suppress(OSError):
            (tracefs / "trace").write_text("")
