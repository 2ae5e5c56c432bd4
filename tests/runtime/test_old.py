"""A tracefs of Linux 4.19, as folders and files: what is absent is found out, not assumed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.runtime.real import Cli, text
from tracecfg.runtime import control
from tracecfg.runtime.control import Write

EVENTS = {
    "sched": ("sched_switch", "sched_wakeup"),
    "irq": ("irq_handler_entry", "irq_handler_exit"),
}


class Old:
    """Files that keep what is written to them; no instances, error_log, notrace pids, triggers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for system, events in EVENTS.items():
            for event in events:
                folder = root / "events" / system / event
                folder.mkdir(parents=True)
                (folder / "enable").write_text("0\n")
                (folder / "filter").write_text("none\n")
            (root / "events" / system / "enable").write_text("?\n")
        (root / "events/ftrace/function").mkdir(parents=True)
        for name, value in {
            "tracing_on": "1",
            "trace_clock": "[local] global",
            "set_event_pid": "",
        }.items():
            (root / name).write_text(value + "\n")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Old(tmp_path / "tracing").root


def test_events_are_turned_on_and_put_back(cli: Cli, old: Path) -> None:
    (old / "events/irq/enable").unlink()
    (old / "events/irq/enable").write_text("1\n")
    assert cli("enable", "sched:sched_switch", "--tracefs", old).code == 0
    assert text(old, "events/sched/sched_switch/enable").startswith("1")
    assert cli("restore", "--tracefs", old).code == 0
    assert text(old, "events/sched/sched_switch/enable").startswith("0")


def test_list_and_status(cli: Cli, old: Path) -> None:
    data = json.loads(cli("list", "--json", "--tracefs", old).out)
    assert {system["name"] for system in data["subsystems"]} == {"sched", "irq"}
    (old / "per_cpu").mkdir()
    assert cli("status", "--tracefs", old).code == 0


def test_the_size_of_a_buffer_that_nobody_used_yet(cli: Cli, old: Path) -> None:
    size = old / "buffer_size_kb"
    size.write_text("7 (expanded: 1408)\n")
    asked = ("enable", "sched:sched_switch", "--tracefs", old, "--buffer-size")
    for same in (1408, 1406):
        assert "buffer_size_kb" not in cli(*asked, same, "--dry-run").out
    assert f"{size} 700\n" in cli(*asked, 700, "--dry-run").out
    unused = "7 (expanded: 1408)"
    assert control.changes("buffer_size_kb", "1410", unused) == []
    assert control.changes("buffer_size_kb", "703", unused) == [Write("buffer_size_kb", "1408")]


def test_a_tracefs_without_events_has_a_status(cli: Cli, old: Path) -> None:
    for system in EVENTS:
        shutil.rmtree(old / "events" / system)
    (old / "per_cpu").mkdir()
    assert cli("status", "--tracefs", old).code == 0
    assert cli("list", "--tracefs", old).code == 0


def test_what_it_lacks_is_said(cli: Cli, old: Path) -> None:
    ran = cli("enable", "irq", "--instance", "x", "--tracefs", old)
    assert ran.code == 3
    assert "no instances" in ran.err
    (old / "set_event_pid").unlink()
    ran = cli("enable", "sched:sched_switch", "--pid", 1, "--tracefs", old)
    assert ran.code == 2
    assert "set_event_pid" in ran.err
    ran = cli("enable", ":mod:ext4", "--tracefs", old)
    assert ran.code == 3
    assert ":mod:" in ran.err
    ran = cli("enable", "sched:sched_switch", "--trigger", "stacktrace", "--tracefs", old)
    assert ran.code in (2, 3)
    assert "trigger" in ran.err


def test_a_write_that_does_not_take_is_undone(cli: Cli, old: Path) -> None:
    """The file of the whole subsystem keeps showing '?': nothing of it is believed."""
    (old / "events/sched/enable").unlink()
    (old / "events/sched/enable").symlink_to("/dev/null")
    ran = cli("enable", "sched", "--tracefs", old)
    assert ran.code in (3, 4)
    assert "Traceback" not in ran.err


def test_a_link_is_not_followed(cli: Cli, old: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("0\n")
    (old / "events/sched/sched_switch/enable").unlink()
    (old / "events/sched/sched_switch/enable").symlink_to(victim)
    ran = cli("enable", "sched:sched_switch", "--tracefs", old)
    assert ran.code == 3
    assert victim.read_text() == "0\n"
    (old / "events/evil").symlink_to(tmp_path)
    ran = cli("enable", "evil:victim", "--tracefs", old)
    assert ran.code in (1, 3)
    assert victim.read_text() == "0\n"


def test_an_event_that_vanishes(cli: Cli, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its module, between the look and the write."""
    from tracecfg.runtime import transaction
    from tracecfg.runtime.tracefs import Folder

    real = transaction.perform

    def perform(folder: Folder, write: Write) -> None:
        for name in ("enable", "filter"):
            (old / "events/sched/sched_switch" / name).unlink(missing_ok=True)
        real(folder, write)

    monkeypatch.setattr(transaction, "perform", perform)
    ran = cli("enable", "sched:sched_switch", "irq:irq_handler_entry", "--tracefs", old)
    assert ran.code == 4
    assert "gone meanwhile" in ran.err
    assert text(old, "events/irq/irq_handler_entry/enable").startswith("0")
