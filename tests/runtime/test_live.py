"""enable, only, disable and restore on the machine's own tracefs, in private instances."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from tests.kernel.lab.cache import missing
from tests.runtime.real import Cli, bit, changed, dump, put, seed, text
from tests.small import command, run_there
from tracecfg.errors import ChangeFailedError
from tracecfg.osio import write_atomic
from tracecfg.runtime.control import State
from tracecfg.runtime.tracefs import Folder, problem
from tracecfg.runtime.transaction import Systems, settle


@pytest.fixture
def live(cli: Cli, tracefs: Path, buffer: Path) -> Cli:
    """live("enable", "irq"): in the private instance"""

    def run(action: str, *arguments: object) -> object:
        return cli(action, *arguments, "--tracefs", tracefs, "--instance", buffer.name)

    return run  # type: ignore[return-value]


def test_enable_turns_on_and_restore_puts_back(live: Cli, buffer: Path) -> None:
    seed(buffer)
    before = dump(buffer)
    ran = live("enable", "irq", "sched:sched_wak[ei][nu]*", "!irq:softirq_raise")
    assert ran.code == 0, ran.err
    now = changed(before, dump(buffer))
    assert {name: after for name, (_, after) in now.items()} == {
        **{f"events/irq/{name}/enable": "1" for name in ("irq_handler_exit", "softirq_entry", "softirq_exit", "tasklet_entry", "tasklet_exit") if (buffer / "events/irq" / name).exists()},
        **{f"events/sched/{name}/enable": "1" for name in ("sched_wakeup", "sched_wakeup_new", "sched_waking")},
        "events/irq/irq_handler_exit/enable": "1*",
    }  # fmt: skip
    assert live("restore").code == 0
    assert changed(before, dump(buffer)) == {}


def test_a_whole_subsystem_is_one_write(live: Cli) -> None:
    ran = live("enable", "irq", "sched", "--dry-run", "--json")
    writes = json.loads(ran.out)["writes"]
    assert [write["file"].split("/", 2)[2] for write in writes] == [
        "events/irq/enable",
        "events/sched/enable",
    ]


def test_dry_run_writes_nothing(live: Cli, buffer: Path) -> None:
    before = dump(buffer)
    ran = live("enable", "irq", "--filter", "irq == 1", "--pid", 1, "--dry-run")
    assert ran.code == 0, ran.err
    assert f"{buffer}/events/irq/enable 1\n" in ran.out
    assert f"{buffer}/set_event_pid 1\n" in ran.out
    assert changed(before, dump(buffer)) == {}


def test_only_leaves_nothing_else_on(live: Cli, buffer: Path) -> None:
    seed(buffer)
    before = dump(buffer)
    assert live("only", "irq:softirq_*", "block").code == 0
    on = {line for line in text(buffer, "set_event").splitlines() if line.split(":")[0] != "block"}
    # two that triggers hold ready: the kernel lists them, and they record nothing
    held = {"sched:sched_pi_setprio", "sched:sched_process_hang", "irq:irq_handler_exit"}
    assert on - held == {"irq:softirq_entry", "irq:softirq_exit", "irq:softirq_raise"}
    assert {bit(buffer, event) for event in held} == {"0*"}
    assert live("restore").code == 0
    assert changed(before, dump(buffer)) == {}


def test_bulk_off_leaves_what_a_trigger_turned_on(live: Cli, buffer: Path) -> None:
    put(buffer, "events/sched/sched_process_fork/trigger", "enable_event:irq:irq_handler_exit:1")
    subprocess.run(["true"], check=True)
    put(buffer, "events/sched/sched_process_exit/trigger", "stacktrace")
    put(buffer, "events/sched/sched_process_exit/enable", "1")
    assert bit(buffer, "irq:irq_handler_exit") == "1*"
    ran = live("disable", "irq", "sched")
    assert ran.code == 0
    assert "irq:irq_handler_exit: a trigger turned it on" in ran.err
    assert bit(buffer, "irq:irq_handler_exit") == "1*"
    assert bit(buffer, "sched:sched_process_exit") == "0*"
    assert live("disable", "irq:irq_handler_exit").code == 0
    assert bit(buffer, "irq:irq_handler_exit") == "0*"


def test_nothing_is_written_when_a_name_is_unknown(live: Cli, buffer: Path) -> None:
    before = dump(buffer)
    ran = live("enable", "irq", "shced:sched_switch")
    assert (ran.code, ran.out) == (1, "")
    assert "shced:sched_switch" in ran.err
    assert "sched:sched_switch" in ran.err.splitlines()[1]
    assert changed(before, dump(buffer)) == {}
    ran = live("enable", "irq", "shced:sched_switch", "--ignore-missing")
    assert ran.code == 0
    assert "shced:sched_switch: matches nothing" in ran.err
    assert text(buffer, "events/irq/enable") == "1"


NOTHING = [("irq", "!irq"), ("nosuch", "--ignore-missing")]


@pytest.mark.parametrize("words", NOTHING)
def test_an_empty_selection_changes_nothing(
    cli: Cli, tracefs: Path, unmade: Path, words: tuple[str, ...]
) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    for action, code in (("enable", 0), ("disable", 0), ("only", 1)):
        ran = cli(action, *words, *where)
        assert ran.code == code
        assert "nothing is selected" in ran.err
        assert not unmade.exists()
    for action, rest in (("run", ("--", "true")), ("stream", ("--seconds", 0.1))):
        ran = cli(action, *words, *where, *rest)
        assert ran.code == (125 if action == "run" else 1)
        assert "nothing is selected" in ran.err
        assert not unmade.exists()


def test_only_with_an_empty_selection_leaves_what_is_on(live: Cli, buffer: Path) -> None:
    put(buffer, "events/irq/enable", "1")
    ran = live("only", "sched", "!sched")
    assert ran.code == 1
    assert "disable '*'" in ran.err
    assert text(buffer, "events/irq/enable") == "1"


def test_list_says_what_enable_says(live: Cli) -> None:
    ran = live("list", "sched:*", "!sched:*")
    assert (ran.code, ran.out) == (1, "")
    assert "nothing is selected" in ran.err
    listed, enabled = live("list", ":mod:nosuch"), live("enable", ":mod:nosuch")
    assert listed.code == enabled.code != 0
    assert listed == enabled
    ran = live("list", "nosuch*")
    assert ran.code == 1
    assert "--ignore-missing" not in ran.err
    assert "explain" not in ran.err


def test_a_bad_filter_is_shown_with_its_mark_and_undone(live: Cli, buffer: Path) -> None:
    seed(buffer)
    before = dump(buffer)
    ran = live("enable", "irq", "sched:sched_switch", "--filter", "prev_prio < 100 && bogus == 1")
    assert ran.code == 4
    first, *mark = ran.err.splitlines()
    assert "Field not found" in first
    assert mark[1].strip() == "prev_prio < 100 && bogus == 1" or "irq:" in first
    assert mark[2].strip() == "^"
    assert changed(before, dump(buffer)) == {}


def test_a_failed_filter_leaves_the_old_one(live: Cli, buffer: Path) -> None:
    put(buffer, "events/sched/sched_switch/filter", "prev_prio < 100")
    assert live("enable", "sched:sched_switch", "--filter", "nonsense ==").code == 4
    assert text(buffer, "events/sched/sched_switch/filter") == "prev_prio < 100"
    assert bit(buffer, "sched:sched_switch") == "0"


def test_text_of_a_refused_filter_is_no_filter(live: Cli, buffer: Path) -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        put(buffer, "events/sched/sched_switch/filter", "bogus == 1")
    assert "^" in text(buffer, "events/sched/sched_switch/filter")
    assert live("enable", "sched:sched_switch", "--filter", "prev_prio < 9").code == 0
    assert live("restore").code == 0
    assert text(buffer, "events/sched/sched_switch/filter") == "none"


@pytest.mark.parametrize(
    "line",
    [
        "traceon", "traceoff:3", "stacktrace", "stacktrace:5 if common_pid == 3",
        "enable_event:irq:irq_handler_entry", "disable_event:irq:irq_handler_entry:2",
        "enable_event:irq:irq_handler_entry:2 if common_pid == 3",
    ],
)  # fmt: skip
def test_triggers_are_set_and_removed(live: Cli, buffer: Path, line: str) -> None:
    put(buffer, "events/irq/irq_handler_entry/enable", "1")
    before = dump(buffer)
    ran = live("enable", "sched:sched_process_hang", "--trigger", line)
    assert ran.code == 0, ran.err
    kind = line.split(":")[0].split(" ")[0]
    assert kind in text(buffer, "events/sched/sched_process_hang/trigger")
    # once more: it is there already
    assert live("enable", "sched:sched_process_hang", "--trigger", line).code == 0
    assert live("restore").code == 0
    assert changed(before, dump(buffer)) == {}


def test_a_trigger_that_did_its_work_is_put_back_with_what_it_did(live: Cli, buffer: Path) -> None:
    put(buffer, "events/irq/irq_handler_entry/enable", "1")
    before = dump(buffer)
    for line in ("traceoff:1", "disable_event:irq:irq_handler_entry"):
        assert live("enable", "sched:sched_process_fork", "--trigger", line).code == 0
    subprocess.run(["true"], check=True)
    assert bit(buffer, "irq:irq_handler_entry") == "0*"
    assert text(buffer, "tracing_on") == "0"
    assert live("restore").code == 0
    after = dump(buffer)
    # the buffer got its size with the first event
    assert {name for name in changed(before, after) if "buffer" not in name} == set()


def test_a_trigger_that_fires_while_it_is_put_back(
    live: Cli, buffer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(buffer)
    assert live("enable", "sched:sched_process_hang", "--trigger", "traceoff:1").code == 0

    def fires_first(folder: Folder, wanted: State, systems: Systems) -> None:
        put(buffer, "tracing_on", "0")
        settle(folder, wanted, systems)

    monkeypatch.setattr("tracecfg.runtime.restore.settle", fires_first)
    assert live("restore").code == 0
    assert changed(before, dump(buffer)) == {}


HANG = "events/sched/sched_process_hang/trigger"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("stacktrace:5", "stacktrace:9"),
        ("stacktrace:5", "stacktrace"),
        ("stacktrace", "stacktrace:9"),
        ("traceoff:2 if common_pid == 0", "traceoff:2 if common_pid == 1"),
        ("enable_event:irq:irq_handler_entry:2", "enable_event:irq:irq_handler_entry:3"),
    ],
)
def test_another_count_replaces_the_trigger(live: Cli, buffer: Path, first: str, then: str) -> None:
    before = dump(buffer)
    assert live("enable", "sched:sched_process_hang", "--trigger", first).code == 0
    shown = live("enable", "sched:sched_process_hang", "--trigger", then, "--dry-run")
    removed = first.split(" ")[0].removesuffix(":5").removesuffix(":2")
    assert [line.split(" ", 1)[1] for line in shown.out.splitlines()] == [f"!{removed}", then]
    ran = live("enable", "sched:sched_process_hang", "--trigger", then)
    assert (ran.code, ran.err) == (0, "")
    (line,) = text(buffer, HANG).splitlines()
    assert line.replace(":unlimited", "").replace("count=", "") == then
    assert "nothing to change" in live("enable", "sched:sched_process_hang", "--trigger", then).out
    assert live("restore").code == 0
    assert changed(before, dump(buffer)) == {}


def test_a_trigger_that_is_used_up_is_set_again(live: Cli, buffer: Path) -> None:
    event = "sched:sched_process_fork"
    assert live("enable", event, "--trigger", "stacktrace:1").code == 0
    subprocess.run(["true"], check=True)
    trigger = "events/sched/sched_process_fork/trigger"
    assert text(buffer, trigger) == "stacktrace:count=0"
    assert live("disable", event).code == 0
    put(buffer, "tracing_on", "0")
    ran = live("enable", event, "--trigger", "stacktrace:1")
    assert "2 writes" in ran.out or "3 writes" in ran.out


def test_a_trigger_of_others_is_not_replaced_and_said_to_stand(live: Cli, buffer: Path) -> None:
    put(buffer, HANG, "stacktrace:7")
    ran = live("enable", "sched:sched_process_hang", "--trigger", "stacktrace:9")
    assert ran.code == 0
    assert "sched_process_hang: 'stacktrace:count=7' stands there" in ran.err
    assert text(buffer, HANG) == "stacktrace:count=7"


def test_a_failure_puts_back_the_count_of_a_replaced_trigger(live: Cli, buffer: Path) -> None:
    event = "sched:sched_process_hang"
    assert live("enable", event, "--trigger", "stacktrace:5").code == 0
    before = dump(buffer)
    ran = live("enable", event, "--trigger", "stacktrace:9", "--trigger", "traceoff if bogus == 1")
    assert ran.code == 4
    assert changed(before, dump(buffer)) == {}


def test_others_triggers_on_the_same_event_stay(live: Cli, buffer: Path) -> None:
    assert live("enable", "sched:sched_process_hang", "--trigger", "stacktrace").code == 0
    put(buffer, "events/sched/sched_process_hang/trigger", "traceoff")
    assert live("restore").code == 0
    assert text(buffer, "events/sched/sched_process_hang/trigger") == "traceoff:unlimited"


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("bogus", 2, "no trigger that tracecfg knows"),
        ("stacktrace:x", 2, "no trigger that tracecfg knows"),
        ("enable_event:no:such", 1, "no such event: no:such"),
        ("disable_event:sched:sched_swich:2", 1, "did you mean sched:sched_switch"),
        ("enable_event:shced:sched_switch", 1, "did you mean sched"),
    ],
)
def test_a_bad_trigger_is_known_before_anything_is_made(
    cli: Cli, tracefs: Path, unmade: Path, line: str, code: int, said: str
) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name, "--trigger", line)
    for more in ([], ["--dry-run"]):
        ran = cli("enable", "irq", *where, *more)
        assert ran.code == code
        assert f"'{line}'" in ran.err
        assert said in ran.err
        assert not unmade.exists()


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("snapshot", "CONFIG_TRACER_SNAPSHOT"),
        ("hist:keys=common_pid", "CONFIG_HIST_TRIGGERS"),
        ("enable_hist:sched:sched_switch", "CONFIG_HIST_TRIGGERS"),
    ],
)
def test_a_trigger_that_the_kernel_lacks(
    cli: Cli, tracefs: Path, unmade: Path, line: str, option: str
) -> None:
    kind = line.partition(":")[0]
    known = text(tracefs, HANG)
    if not known.startswith("#") or kind in known.split():
        missing(f"a kernel without {option}")
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    ran = cli("enable", "sched:sched_process_hang", "--trigger", line, *where)
    assert ran.code == 2
    assert f"no {kind} triggers: it is built without {option}" in ran.err
    assert "traceoff" in ran.err
    assert not unmade.exists()


def test_a_long_filter_is_shown_around_the_mark(live: Cli) -> None:
    good = " && ".join(["prev_prio < 100"] * 60)
    ran = live("enable", "sched:sched_switch", "--filter", f"{good} && bogus == 1 && {good}")
    assert ran.code == 4
    assert max(map(len, ran.err.splitlines())) < 250
    _, _, shown, mark = ran.err.splitlines()
    assert shown[mark.index("^") :].startswith("bogus") or "&& bogus" in shown


def test_a_hint_names_no_file_that_is_gone(cli: Cli, tracefs: Path, unmade: Path) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    ran = cli("enable", "sched:sched_switch", "--trigger", "stacktrace if bogus == 1", *where)
    assert ran.code == 4
    assert not unmade.exists()
    assert f"instances/{unmade.name}" not in ran.err


def test_what_somebody_else_changed_is_not_overwritten(live: Cli, buffer: Path) -> None:
    put(buffer, "events/sched/sched_switch/filter", "prev_prio < 1")
    assert live("enable", "sched:sched_switch", "irq", "--filter", "common_pid == 1").code == 0
    put(buffer, "events/sched/sched_switch/filter", "prev_prio < 2")
    ran = live("restore")
    assert ran.code == 1
    assert "sched_switch/filter holds 'prev_prio < 2': changed by somebody else" in ran.err
    assert text(buffer, "events/sched/sched_switch/filter") == "prev_prio < 2"
    assert text(buffer, "events/irq/enable") == "0"
    assert live("restore", "--force").code == 0
    assert text(buffer, "events/sched/sched_switch/filter") == "prev_prio < 1"
    assert "nothing" in live("restore").out


def test_forget_keeps_what_is(live: Cli, buffer: Path) -> None:
    assert live("enable", "irq").code == 0
    assert live("restore", "--forget").code == 0
    assert live("restore").code == 0
    assert text(buffer, "events/irq/enable") == "1"


def test_pids_are_added_and_taken_away(live: Cli, buffer: Path) -> None:
    put(buffer, "set_event_pid", "4000001 4000002")
    assert live("enable", "irq", "--pid", 4000003, "--pid", 4000001).code == 0
    assert text(buffer, "set_event_pid").split() == ["4000001", "4000002", "4000003"]
    put(buffer, "set_event_pid", "4000004")
    assert live("restore").code == 0
    assert text(buffer, "set_event_pid").split() == ["4000001", "4000002", "4000004"]


@pytest.mark.parametrize("pid", [0, -1, 4194305, 99999999999])
def test_a_pid_that_is_none(live: Cli, buffer: Path, pid: int) -> None:
    ran = live("enable", "irq", f"--pid={pid}")
    assert ran.code == 2
    assert f"--pid {pid}: no process id" in ran.err
    assert text(buffer, "events/irq/enable") == "0"
    assert live("enable", "irq", "--pid", 4194304).code == 0


@pytest.mark.parametrize(("user", "said"), [(0, "refuses it to root too"), (7, "run as root")])
def test_root_is_not_told_to_run_as_root(
    monkeypatch: pytest.MonkeyPatch, user: int, said: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    found = problem(PermissionError(errno.EPERM, "x"), "set_event_pid")
    assert said in f"{found.message}; {found.hint}"


def test_buffer_size_is_put_back(live: Cli, buffer: Path) -> None:
    put(buffer, "buffer_size_kb", "512")
    before = text(buffer, "buffer_size_kb")
    assert live("enable", "irq", "--buffer-size", "1M").code == 0
    assert int(text(buffer, "buffer_size_kb")) >= 1024
    assert live("restore").code == 0
    assert text(buffer, "buffer_size_kb") == before


@pytest.mark.parametrize("size", [4096, 64, 1000])
def test_a_size_that_the_kernel_rounds_is_written_once(live: Cli, buffer: Path, size: int) -> None:
    asked = ("enable", "irq", "--buffer-size", size)
    assert live(*asked).code == 0
    now = text(buffer, "buffer_size_kb")
    assert int(now) >= size
    assert "nothing to change" in live(*asked).out
    assert live("enable", "irq", "--buffer-size", size + 8, "--dry-run").out.count("\n") == 1
    assert live("restore").code == 0


def test_sizes_that_differ_between_cpus_are_put_back(live: Cli, buffer: Path) -> None:
    put(buffer, "per_cpu/cpu0/buffer_size_kb", "300")
    before = dump(buffer)
    size = text(buffer, "per_cpu/cpu0/buffer_size_kb")
    if text(buffer, "buffer_size_kb") != "X":
        missing("a second CPU")
    assert live("enable", "irq", "--buffer-size", "1024").code == 0
    assert live("restore").code == 0
    assert changed(before, dump(buffer)) == {}
    assert text(buffer, "per_cpu/cpu0/buffer_size_kb") == size


def test_clock_of_a_buffer_of_others_is_not_touched(live: Cli, buffer: Path) -> None:
    put(buffer, "trace_marker", "keep me")
    ran = live("enable", "irq", "--clock", "mono")
    assert ran.code == 2
    assert "would clear a buffer" in ran.err
    assert live("enable", "irq", "--clock", "local").code == 0
    assert "keep me" in text(buffer, "trace")
    ran = live("enable", "irq", "--clock", "sundial")
    assert ran.code == 2
    assert "mono" in ran.err


def test_an_instance_is_made_and_removed(cli: Cli, tracefs: Path, unmade: Path) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    assert cli("disable", "irq", *where).code == 1
    assert cli("enable", "nosuch", *where).code == 1
    assert not unmade.exists()
    assert cli("enable", "irq", "--filter", "bogus == 1", *where).code == 4
    assert not unmade.exists()
    assert cli("enable", "irq", "--clock", "mono", *where).code == 0
    assert "[mono]" in text(unmade, "trace_clock")
    status = json.loads(cli("status", "--json", *where).out)
    assert {"name": unmade.name, "made": True} in status["instances"]
    assert cli("reset", *where).code == 0
    assert not unmade.exists()
    assert cli("enable", "irq", *where).code == 0
    assert cli("restore", *where).code == 0
    assert not unmade.exists()


def test_reset_leaves_instances_of_others(live: Cli, buffer: Path) -> None:
    ran = live("reset")
    assert ran.code == 2
    assert "--force" in ran.err
    assert buffer.exists()
    assert live("reset", "--force").code == 0
    assert not buffer.exists()


def test_an_instance_made_again_by_others_is_theirs(cli: Cli, tracefs: Path, unmade: Path) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    assert cli("enable", "irq", *where).code == 0
    unmade.rmdir()
    unmade.mkdir()
    put(unmade, "events/irq/enable", "1")
    assert cli("restore", *where).code == 0
    assert text(unmade, "events/irq/enable") == "1"
    assert cli("reset", *where).code == 2


def test_save_and_restore_a_file(live: Cli, buffer: Path, tmp_path: Path) -> None:
    seed(buffer)
    before = dump(buffer)
    file = tmp_path / "before.json"
    assert live("save", file).code == 0
    for name in (
        "events/sched/sched_process_hang/trigger",
        "events/sched/sched_pi_setprio/trigger",
    ):
        for line in text(buffer, name).splitlines():
            put(buffer, name, "!" + line.replace(":unlimited", "").split(":count=")[0])
    put(buffer, "events/enable", "1")
    put(buffer, "events/sched/sched_switch/filter", "0")
    put(buffer, "buffer_size_kb", "1024")
    put(buffer, "trace_options", "stacktrace")
    put(buffer, "tracing_cpumask", "3")
    put(buffer, "set_event_notrace_pid", "5")
    ran = live("restore", file)
    assert ran.code == 0, ran.err
    assert changed(before, dump(buffer)) == {}


def test_save_and_reset_in_json(cli: Cli, tracefs: Path, unmade: Path, tmp_path: Path) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name, "--json")
    assert cli("enable", "irq:irq_handler_entry", *where).code == 0
    file = tmp_path / "x.json"
    saved = json.loads(cli("save", file, *where).out)
    assert saved == {
        "schema": "tracecfg.save/1",
        "file": str(file),
        "instance": unmade.name,
        "files": len(json.loads(file.read_text())["files"]),
    }
    for dry_run in (True, False):
        options = ["--dry-run"] if dry_run else []
        reset = json.loads(cli("reset", *where, *options).out)
        assert reset == {
            "schema": "tracecfg.reset/1",
            "instance": unmade.name,
            "dry_run": dry_run,
        }
        assert unmade.exists() == dry_run


def test_one_of_something(live: Cli) -> None:
    event = "irq:irq_handler_entry"
    assert live("enable", event).out == "enable: 1 event, 1 write\n"
    assert live("enable", event).out == "enable: 1 event, nothing to change\n"
    assert live("restore").out.endswith("put back with 1 write\n")


def test_help_says_which_commands_make_an_instance(cli: Cli) -> None:
    making = ("enable", "only", "run", "stream")
    for action in (*making, "list", "status", "disable", "save", "restore", "reset"):
        told = "made when missing" in " ".join(cli(action, "--help").out.split())
        assert told == (action in making)


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda data: data.update(boot_id="another"), 3, "another boot"),
        (lambda data: data.update(schema="x/9"), 2, "no saved state"),
        (lambda data: data["files"].update({"../../etc/passwd": "1"}), 2, "nothing that"),
        (lambda data: data["files"].update({"events/../sched/enable": "1"}), 2, "nothing that"),
        (lambda data: data["files"].update({"set_event": "x"}), 2, "nothing that"),
        (lambda data: data["files"].update({"events/irq/irq_handler_entry/trigger": "x"}), 2, "nothing that"),
        (lambda data: data.update(files=[]), 2, "no saved state"),
    ],
)  # fmt: skip
def test_a_saved_file_is_not_trusted(
    live: Cli, buffer: Path, tmp_path: Path, change: object, code: int, said: str
) -> None:
    file = tmp_path / "saved.json"
    assert live("save", file).code == 0
    data = json.loads(file.read_text())
    change(data)  # type: ignore[operator]
    file.write_text(json.dumps(data))
    before = dump(buffer)
    ran = live("restore", file)
    assert ran.code == code
    assert said in ran.err
    assert changed(before, dump(buffer)) == {}


def test_the_lock_names_its_holder(
    live: Cli, buffer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracecfg.runtime.lock.WAIT", 0.1)
    handle = os.open(buffer / "events", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        ran = live("enable", "irq")
    finally:
        os.close(handle)
    assert ran.code == 3
    assert f"process {os.getpid()}" in ran.err
    assert text(buffer, "events/irq/enable") == "0"
    assert live("enable", "irq").code == 0


def test_waits_for_the_lock(live: Cli, buffer: Path) -> None:
    handle = os.open(buffer / "events", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    timer = threading.Timer(0.3, os.close, [handle])
    timer.start()
    assert live("enable", "irq").code == 0
    timer.join()


def test_a_saved_state_of_another_boot_is_void(
    live: Cli, buffer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live("enable", "irq").code == 0
    folder = Path(os.environ["XDG_STATE_HOME"]) / "tracecfg"
    (saved,) = folder.glob("*.json")
    saved.rename(folder / ("00000000-0000" + saved.name[13:]))
    assert json.loads(live("status", "--json").out)["void"]
    ran = live("restore")
    assert ran.code == 0
    assert "void" in ran.err
    assert text(buffer, "events/irq/enable") == "1"
    assert list(folder.glob("*.json")) == []


def test_a_state_folder_that_cannot_be_written_stops_it(live: Cli, buffer: Path) -> None:
    Path(os.environ["XDG_STATE_HOME"]).write_text("a file")
    ran = live("enable", "irq")
    assert ran.code == 3
    assert "nothing was changed" in ran.err
    assert text(buffer, "events/irq/enable") == "0"


def test_a_full_disk_stops_it(
    live: Cli, buffer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k,mode=700", "none", str(disk)]
    subprocess.run(mount, check=True)
    try:
        monkeypatch.setenv("XDG_STATE_HOME", str(disk))
        (disk / "tracecfg").mkdir(mode=0o700)
        with pytest.raises(OSError, match="No space"):
            (disk / "full").write_bytes(bytes(100_000))
        ran = live("enable", "irq")
    finally:
        subprocess.run(["umount", disk], check=True)
    assert ran.code == 4
    assert "No space left" in ran.err
    assert text(buffer, "events/irq/enable") == "0"


def test_status_says_what_is_on(live: Cli, buffer: Path) -> None:
    seed(buffer)
    assert live("enable", "irq").code == 0
    data = json.loads(live("status", "--json").out)
    assert data["schema"] == "tracecfg.status/1"
    assert data["instance"] == buffer.name
    systems = {system["name"]: system for system in data["subsystems"]}
    assert systems["irq"]["enabled"] == "on"
    assert systems["sched"]["enabled"] == "mixed"
    assert systems["block"]["enabled"] == "off"
    events = {event["name"]: event for event in systems["sched"]["events"]}
    assert events["sched_switch"]["filter"] == "prev_prio < 100"
    assert events["sched_pi_setprio"] == {
        "name": "sched_pi_setprio",
        "enabled": False,
        "soft": True,
        "filter": None,
        "triggers": ["stacktrace:count=7"],
    }
    assert data["lost_events"] == 0
    assert data["changed"]["command"] == "enable irq"
    out = live("status").out
    assert "irq                      on" in out
    assert "sched_switch" in out


def test_only_is_as_good_as_the_kernels_own_list(live: Cli, buffer: Path) -> None:
    assert live("enable", "*").code == 0
    count = len((buffer.parent.parent / "available_events").read_text().split())
    assert len(text(buffer, "set_event").split()) == count
    assert live("only", "irq:irq_handler_entry").code == 0
    assert text(buffer, "set_event") == "irq:irq_handler_entry"
    assert live("restore").code == 0
    assert text(buffer, "set_event") == ""


@pytest.mark.parametrize(
    "name", ["..", "a/b", "../../x", "", "-x", "a\x1b[31mb", "a\nb", "x" * 201]
)
def test_a_name_that_no_instance_can_have(
    cli: Cli, tracefs: Path, tmp_path: Path, name: str
) -> None:
    for action in ("enable", "list", "disable", "run"):
        rest = ("--", "true") if action == "run" else ()
        ran = cli(action, "irq", "--tracefs", tracefs, f"--instance={name}", *rest)
        assert ran.code == (125 if action == "run" else 2)
        assert "cannot be the name" in ran.err
        assert "\x1b" not in ran.err
    profile = f'[profile.x]\nevents = ["irq"]\ninstance = {json.dumps(name)}\n'
    (tmp_path / "t.toml").write_text(profile)
    ran = cli("enable", "--profile", "x", "--config", tmp_path / "t.toml", "--tracefs", tracefs)
    assert ran.code == 2
    assert "t.toml:3: profile x: " in ran.err
    assert "cannot be the name" in ran.err


def test_a_name_as_long_as_can_be(cli: Cli, tracefs: Path, unmade: Path) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name.ljust(200, "x"))
    assert cli("enable", "irq", *where).code == 0
    assert cli("restore", *where).code == 0
    assert not list(unmade.parent.glob(f"{unmade.name}*"))


@pytest.mark.parametrize("action", ["enable", "list", "explain"])
def test_what_is_echoed_does_not_reach_the_terminal(cli: Cli, tracefs: Path, action: str) -> None:
    ran = cli(action, "no\x1b[31msuch", "--tracefs", tracefs)
    assert ran.code in (1, 2)
    assert "\x1b" not in ran.out + ran.err
    assert "no\\x1b[31msuch" in ran.out + ran.err


def test_a_folder_that_is_no_tracefs(cli: Cli, tmp_path: Path) -> None:
    ran = cli("enable", "irq", "--tracefs", tmp_path)
    assert ran.code == 3
    assert "no events here" in ran.err
    assert "explain" in ran.err


def test_two_processes_at_once_both_get_their_way(tracefs: Path, buffer: Path) -> None:
    before = dump(buffer)
    both = [
        subprocess.Popen(
            command("enable", system, "--tracefs", tracefs, "--instance", buffer.name),
            stdout=subprocess.DEVNULL,
        )
        for system in ("irq", "sched", "timer", "block")
    ]
    assert [each.wait(60) for each in both] == [0, 0, 0, 0]
    assert {
        text(buffer, f"events/{name}/enable") for name in ("irq", "sched", "timer", "block")
    } == {"1"}
    done = subprocess.run(
        command("restore", "--tracefs", tracefs, "--instance", buffer.name),
        check=True,
        capture_output=True,
    )
    assert done.returncode == 0
    after = dump(buffer)
    assert {name for name in changed(before, after) if "buffer" not in name} == set()


def test_a_buffer_that_is_read_is_not_removed(
    cli: Cli, tracefs: Path, unmade: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracecfg.runtime.tracefs._PAUSE", 0.001)
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    assert cli("enable", "irq", *where).code == 0
    handle = os.open(unmade / "trace_pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        ran = cli("reset", *where)
        assert ran.code == 3
        assert "busy" in ran.err
    finally:
        os.close(handle)
    assert unmade.exists()
    assert cli("reset", *where).code == 0


def test_a_buffer_that_no_memory_holds(live: Cli, buffer: Path) -> None:
    put(buffer, "buffer_size_kb", "512")
    before = dump(buffer)
    ran = live("enable", "irq", "--buffer-size", "900G")
    assert ran.code == 4
    assert "no room" in ran.err
    assert changed(before, dump(buffer)) == {}


@pytest.mark.parametrize("size", ["0", "-1", "x", "4T", "1e3"])
def test_a_size_that_is_none(live: Cli, size: str) -> None:
    assert live("enable", "irq", f"--buffer-size={size}").code == 2


PROFILE = """
[profile.quiet]
events = ["irq", "!irq:tasklet_*", "sched:sched_switch"]
buffer_size_kb = 700
clock = "mono"
pids = [4000001]
filters = { "sched:sched_switch" = "prev_prio < 100" }
triggers = { "irq:softirq_raise" = ["stacktrace:5"] }
instance = "NAME"
"""


def test_a_profile_is_applied(cli: Cli, tracefs: Path, unmade: Path, tmp_path: Path) -> None:
    config = tmp_path / "tracecfg.toml"
    config.write_text(PROFILE.replace("NAME", unmade.name))
    asked = ("--profile", "quiet", "--config", config, "--tracefs", tracefs)
    shown = cli("enable", *asked, "--dry-run")
    assert shown.code == 0, shown.err
    assert f"{unmade} mkdir" in shown.out
    assert not unmade.exists()
    ran = cli("enable", *asked)
    assert ran.code == 0, ran.err
    assert bit(unmade, "irq:softirq_raise") == "1*"
    assert text(unmade, "events/sched/sched_switch/filter") == "prev_prio < 100"
    assert text(unmade, "set_event_pid") == "4000001"
    assert "[mono]" in text(unmade, "trace_clock")
    assert int(text(unmade, "buffer_size_kb")) >= 700
    assert "tasklet" not in text(unmade, "set_event")
    assert cli("disable", *asked).code == 0
    assert bit(unmade, "sched:sched_switch") == "0"
    assert cli("enable", "irq", "--config", config, "--tracefs", tracefs).code == 2
    assert cli("restore", "--instance", unmade.name, "--tracefs", tracefs).code == 0
    assert not unmade.exists()


def test_the_next_call_says_that_one_was_killed(live: Cli, buffer: Path) -> None:
    assert live("enable", "irq").code == 0
    (saved,) = (Path(os.environ["XDG_STATE_HOME"]) / "tracecfg").glob("*.json")
    saved.write_text(saved.read_text().replace('"busy":false', '"busy":true'))
    ran = live("enable", "timer")
    assert ran.code == 0
    assert "was killed half way" in ran.err
    assert json.loads(live("status", "--json").out)["changed"]["interrupted"]
    assert live("restore").code == 0
    assert text(buffer, "set_event") == ""


def test_a_saved_state_that_is_damaged(live: Cli, buffer: Path) -> None:
    assert live("enable", "irq").code == 0
    (saved,) = (Path(os.environ["XDG_STATE_HOME"]) / "tracecfg").glob("*.json")
    saved.write_text(saved.read_text()[:-20])
    for action in (["enable", "timer"], ["restore"]):
        ran = live(*action)
        assert ran.code == 3
        assert "--forget" in ran.err
    assert live("restore", "--forget").code == 0
    assert live("enable", "timer").code == 0


def test_save_writes_into_what_is_no_file(live: Cli, buffer: Path, tmp_path: Path) -> None:
    """Nodes of our own: a mistake here once replaced /dev/stdout by a file."""
    null, fifo = tmp_path / "null", tmp_path / "fifo"
    os.mknod(null, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    os.mkfifo(fifo)
    link = tmp_path / "stdout"
    link.symlink_to(fifo)
    assert live("save", null).code == 0
    assert stat.S_ISCHR(null.lstat().st_mode)
    for name in (fifo, link):
        with (tmp_path / "read").open("wb+") as read:
            reader = subprocess.Popen(["cat", fifo], stdout=read)
            assert live("save", name).code == 0
            assert reader.wait(30) == 0
        assert json.loads((tmp_path / "read").read_text())["instance"] == buffer.name
        assert stat.S_ISFIFO(fifo.lstat().st_mode)
        assert link.is_symlink()
    ran = live("save", "-")
    assert json.loads(ran.out)["instance"] == buffer.name
    assert "files of tracefs" in ran.err
    full = tmp_path / "full"
    os.mknod(full, 0o600 | stat.S_IFCHR, os.makedev(1, 7))
    ran = live("save", full)
    assert (ran.code, stat.S_ISCHR(full.lstat().st_mode)) == (4, True)
    assert "No space left" in ran.err


def test_save_replaces_nothing_but_files(live: Cli, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    link, dangling, disk = tmp_path / "link", tmp_path / "dangling", tmp_path / "disk"
    link.symlink_to(file)
    dangling.symlink_to(tmp_path / "nothing")
    os.mknod(disk, 0o600 | stat.S_IFBLK, os.makedev(7, 250))
    foreign, fifo = tmp_path / "foreign", tmp_path / "fifo"
    os.mkfifo(fifo)
    foreign.symlink_to(fifo)
    os.chown(foreign, 65534, 65534, follow_symlinks=False)
    before = {path: path.lstat().st_ino for path in tmp_path.iterdir()}
    for name in (link, dangling, disk, foreign, tmp_path):
        ran = live("save", name)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 2), ran.err
        assert f"{name}: not written: a" in ran.err
    for name in (link, dangling, disk, fifo):
        with pytest.raises(ChangeFailedError, match="no regular file"):
            write_atomic(name, b"data")
    assert before == {path: path.lstat().st_ino for path in tmp_path.iterdir()}
    assert file.read_text() == "mine"


@pytest.mark.parametrize("action", [["list"], ["status"], ["enable", "irq"], ["restore"]])
def test_a_closed_output_breaks_nothing(tracefs: Path, buffer: Path, action: list[str]) -> None:
    where = ("--tracefs", tracefs, "--instance", buffer.name)
    script = ["sh", "-c", 'exec "$@" >&-', "sh"]
    done = subprocess.run(
        [*script, *command("enable", "timer", *where)], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    done = subprocess.run([*script, *command(*action, *where)], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_instance_whose_name_is_no_ascii(tracefs: Path, unmade: Path) -> None:
    odd = unmade.with_name(f"{unmade.name}-\u20ac\udcff")
    odd.mkdir()
    try:
        ran = run_there("status", "--tracefs", tracefs, PYTHONIOENCODING="ascii")
    finally:
        odd.rmdir()
    assert ran.code == 0, ran.err
    assert f"instance {unmade.name}-\\u20ac\\udcff\n" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["restore", "FILE", "--all"], ["restore", "FILE", "--forget"],
        ["restore", "FILE", "--instance", "another"], ["restore", "--force", "--forget"],
        ["restore", "--all", "--instance", "NAME"],
        ["enable", "irq", "--instance", "NAME", "--filter", ""],
        ["enable", "irq", "--instance", "NAME", "--filter", " "],
        ["enable", "irq", "--instance", "NAME", "--clock", ""],
        ["enable", "irq", "--instance", "NAME", "--trigger", ""],
    ],
)  # fmt: skip
def test_no_option_is_ignored(
    cli: Cli, tracefs: Path, buffer: Path, tmp_path: Path, arguments: list[str]
) -> None:
    file = tmp_path / "before.json"
    where = ("--tracefs", tracefs)
    assert cli("save", file, "--instance", buffer.name, *where).code == 0
    assert cli("enable", "timer", "--instance", buffer.name, *where).code == 0
    before = dump(buffer)
    names = {"FILE": str(file), "NAME": buffer.name}
    ran = cli(*(names.get(each, each) for each in arguments), *where)
    assert (ran.code, ran.out) == (2, ""), ran.err
    assert dump(buffer) == before
    assert cli("restore", file, *where).code == 0
    assert text(buffer, "events/timer/enable") == "0"


def test_a_filter_that_is_taken_away_is_named_and_put_back(live: Cli, buffer: Path) -> None:
    put(buffer, "events/sched/sched_switch/filter", "prev_prio < 100")
    before = dump(buffer)
    for dry_run in (["--dry-run"], []):
        ran = live("enable", "sched:sched_switch", "sched:sched_waking", "--filter", "0", *dry_run)
        assert ran.code == 0
        assert "sched_switch/filter: its filter is taken away: prev_prio < 100" in ran.err
        assert "sched_waking" not in ran.err
    assert text(buffer, "events/sched/sched_switch/filter") == "none"
    ran = live("restore")
    assert ran.code == 0, ran.err
    assert changed(before, dump(buffer)) == {}
