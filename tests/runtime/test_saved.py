"""The saved state is not trusted, and one that is of no use concerns its own instance alone."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.real import Cli, bit, dump, put, text
from tracecfg.errors import ChangeFailedError, TracecfgError
from tracecfg.osio import write_atomic
from tracecfg.runtime.control import Write
from tracecfg.runtime.tracefs import Folder


@pytest.fixture
def live(cli: Cli, tracefs: Path, buffer: Path) -> Cli:
    """live("enable", "irq"): in the private instance"""

    def run(action: str, *arguments: object) -> object:
        return cli(action, *arguments, "--tracefs", tracefs, "--instance", buffer.name)

    return run  # type: ignore[return-value]


def saved(folder: Path) -> Path:
    """The file of the instance's saved state."""
    (found,) = (Path(os.environ["XDG_STATE_HOME"]) / "tracecfg").glob(f"*.i-{folder.name}.json")
    return found


def edited(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "events/../x", "a//b", "./a", "a/.", "a/..", "", "a/"]
)
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "root/events").mkdir(parents=True)
    (tmp_path / "x").write_text("mine")
    folder = Folder(str(tmp_path / "root"))
    for use in (folder.read, folder.names, folder.exists, lambda p: folder.write(Write(p, "1"))):
        with pytest.raises(TracecfgError, match="no path below tracefs"):
            use(path)
    assert (tmp_path / "x").read_text() == "mine"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["cells"].update({"../../../../../OUT": ["1", "mine"]}),
        lambda data: data["cells"].update({"events/../../../OUT": ["1", "mine"]}),
        lambda data: data["cells"].update({"events/irq/irq_handler_entry/enable": ["x", "1"]}),
        lambda data: data["cells"].update({"events/irq/irq_handler_entry/enable": ["0", 1]}),
        lambda data: data["cells"].update({"events/irq/irq_handler_entry/trigger": ["x", ""]}),
        lambda data: data["cells"].update({"kprobe_events": ["p:x do_exit", ""]}),
        lambda data: data["settings"].update({"../../../../OUT": "x"}),
        lambda data: data.update(instance="../.."),
        lambda data: data.update(instance=None),
        lambda data: data.update(instance=5),
        lambda data: data.update(since=1e300),
        lambda data: data.update(since="now"),
        lambda data: data.update(run="1"),
        lambda data: data.update(cells=[]),
        lambda data: data.update(cells={"tracing_on": []}),
    ],
)
def test_the_saved_state_is_not_trusted(
    live: Cli, buffer: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    (tmp_path / "out").write_text("mine")
    assert live("enable", "irq").code == 0
    out = str(tmp_path / "out").removeprefix("/")
    edited(saved(buffer), change)
    saved(buffer).write_text(saved(buffer).read_text().replace("OUT", out))
    before = dump(buffer)
    ran = live("restore", "--force")
    assert ran.code == 3
    assert f"`tracecfg restore --instance {buffer.name} --forget`" in ran.err
    assert dump(buffer) == before
    assert (tmp_path / "out").read_text() == "mine"


def _foreign(file: Path) -> None:
    os.chown(file, 65534, 65534)


def _link(file: Path) -> None:
    file.rename(file.with_suffix(".real"))
    file.symlink_to(file.with_suffix(".real"))


def _fifo(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize(
    "change", [_foreign, _link, _fifo, lambda file: file.chmod(0o620), lambda f: f.chmod(0o602)]
)
def test_a_saved_state_of_others_is_not_used(
    live: Cli, buffer: Path, change: Callable[[Path], object]
) -> None:
    assert live("enable", "irq").code == 0
    change(saved(buffer))
    for action in (["enable", "timer"], ["restore"]):
        ran = live(*action)
        assert (ran.code, len(ran.err.splitlines())) == (3, 2), ran.err
        assert f"--instance {buffer.name} --forget" in ran.err
    assert bit(buffer, "irq:irq_handler_entry") == "1"
    assert text(buffer, "events/timer/enable") == "0"
    assert live("restore", "--forget").code == 0
    assert live("enable", "timer").code == 0


@pytest.mark.parametrize(
    "change", [_foreign, lambda folder: folder.chmod(0o770), lambda folder: folder.chmod(0o1777)]
)
def test_a_folder_of_others_is_not_read(
    live: Cli, buffer: Path, change: Callable[[Path], object]
) -> None:
    assert live("enable", "irq").code == 0
    change(saved(buffer).parent)
    for action in (["enable", "timer"], ["restore"], ["restore", "--forget"]):
        ran = live(*action)
        assert ran.code == 3
        assert "others may write to the folder of the saved state" in ran.err
    ran = live("status")
    assert ran.code == 0
    assert "others may write to the folder of the saved state" in ran.out
    assert bit(buffer, "irq:irq_handler_entry") == "1"
    assert saved(buffer)


def test_a_damaged_state_concerns_its_instance_alone(
    cli: Cli, tracefs: Path, buffer: Path, unmade: Path
) -> None:
    """It used to stop every call for every instance."""
    there, other = ("--tracefs", tracefs, "--instance", buffer.name), ("--tracefs", tracefs)
    mine = (*other, "--instance", unmade.name)
    assert cli("enable", "irq", *there).code == 0
    edited(saved(buffer), lambda data: data.update(schema="tracecfg.state/9"))
    forget = f"`tracecfg restore --instance {buffer.name} --forget`"

    ran = cli("enable", "timer", *mine)
    assert ran.code == 0
    assert forget in ran.err
    assert bit(unmade, "timer:timer_init") == "1"
    for where in (other, mine, there):
        ran = cli("status", *where)
        assert ran.code == 0, ran.err
        assert forget in ran.out
    assert "changed nothing here" not in ran.out
    (found,) = json.loads(cli("status", "--json", *mine).out)["damaged"]
    assert found["instance"] == buffer.name
    ran = cli("restore", *other)
    assert ran.code == 0
    assert forget in ran.err

    ran = cli("restore", "--all", *other)
    assert ran.code == 3
    assert (f"instance {unmade.name}: removed\n", unmade.exists()) == (ran.out, False)
    assert ran.err.count(forget) == 1
    assert cli("restore", *there).code == 3
    assert cli("restore", "--forget", *there).code == 0
    assert cli("restore", "--all", *other).code == 0


def test_restore_all_goes_on_after_a_failure(
    cli: Cli, tracefs: Path, buffer: Path, unmade: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--tracefs", tracefs)
    assert cli("enable", "irq", "--instance", buffer.name, *where).code == 0
    assert cli("enable", "irq", "--instance", unmade.name, *where).code == 0
    monkeypatch.setattr("tracecfg.runtime.lock.WAIT", 0.1)
    handle = os.open(min(buffer, unmade) / "events", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        ran = cli("restore", "--all", *where)
    finally:
        os.close(handle)
    assert ran.code == 3
    assert "is changing it" in ran.err
    assert f"instance {max(buffer, unmade).name}: " in ran.out
    assert cli("restore", "--all", *where).code == 0


@pytest.mark.parametrize("run", ["", "run-1."])
def test_the_hint_for_the_top_level_names_none(
    cli: Cli, tracefs: Path, buffer: Path, run: str
) -> None:
    assert cli("enable", "irq", "--tracefs", tracefs, "--instance", buffer.name).code == 0
    file = saved(buffer)
    name = file.name.replace(f"i-{buffer.name}", f"{run}top")
    file.rename(file.with_name(name))
    ran = cli("restore", "--tracefs", tracefs)
    assert ran.code == 3
    assert "`tracecfg restore --forget`" in ran.err
    assert bit(buffer, "irq:irq_handler_entry") == "1"
    assert cli("restore", "--forget", "--tracefs", tracefs).code == 0
    assert cli("restore", "--tracefs", tracefs).code == 0


def test_an_instance_that_was_removed_by_hand(cli: Cli, tracefs: Path, unmade: Path) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    assert cli("enable", "irq", *where).code == 0
    unmade.rmdir()
    assert f"instance {unmade.name}: what was saved" in cli("status", "--tracefs", tracefs).out
    said = f"instance {unmade.name}: gone; what was saved is dropped\n"
    assert cli("restore", *where).out == said
    assert f"no instance '{unmade.name}'" in cli("restore", *where).err


def test_an_instance_that_was_made_again(cli: Cli, tracefs: Path, unmade: Path) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    assert cli("enable", "irq", *where).code == 0
    unmade.rmdir()
    unmade.mkdir()
    put(unmade, "events/irq/enable", "1")
    ran = cli("status", *where)
    assert "tracecfg changed nothing here" in ran.out
    assert f"instance {unmade.name}: what was saved is of one that is no more" in ran.out
    assert f"{unmade.name} (made by tracecfg)" not in ran.out
    shown = json.loads(cli("status", "--json", *where).out)
    assert shown["changed"] is None
    assert shown["outdated"] == [unmade.name]
    ran = cli("restore", "--dry-run", "--json", *where)
    assert json.loads(ran.out)["instances"][0]["dropped"]
    ran = cli("restore", *where)
    assert ran.code == 0
    assert "not the one that was changed, left as it is; what was saved is dropped" in ran.out
    assert text(unmade, "events/irq/enable") == "1"
    assert json.loads(cli("status", "--json", *where).out)["outdated"] == []


def test_status_of_one_that_run_made(cli: Cli, tracefs: Path, unmade: Path) -> None:
    where = ("--tracefs", tracefs, "--instance", unmade.name)
    assert cli("run", "irq", *where, "--", "true").code == 0
    said = cli("status", *where).out
    assert "  made by tracecfg, nothing changed\n" in said
    assert "files, last by" not in said


@pytest.mark.parametrize("which", [1, 2, 3, 4])
def test_a_disk_that_gets_full_leaves_nothing_behind(
    cli: Cli, tracefs: Path, unmade: Path, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    """Two writes for the new instance, two for the change in it."""
    calls = []

    def full(path: Path, data: bytes, **options: bool | int) -> None:
        calls.append(path)
        if len(calls) >= which:
            raise ChangeFailedError(f"{path}: not written: No space left on device")
        write_atomic(path, data, mode=options["mode"], sync=bool(options["sync"]))

    monkeypatch.setattr("tracecfg.osio.write_atomic", full)
    ran = cli("enable", "irq", "--tracefs", tracefs, "--instance", unmade.name)
    assert (ran.code, ran.out) == (4, "")
    assert "No space left" in ran.err
    assert "XDG_STATE_HOME" in ran.err.splitlines()[1]
    assert not unmade.exists()
    folder = Path(os.environ["XDG_STATE_HOME"]) / "tracecfg"
    assert list(folder.glob("*")) == []


def test_a_change_that_cannot_be_noted_is_undone(
    live: Cli, buffer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live("enable", "timer").code == 0
    before = dump(buffer)
    calls = []

    def full(path: Path, data: bytes, **options: bool | int) -> None:
        calls.append(path)
        if len(calls) > 1:
            raise ChangeFailedError(f"{path}: not written: No space left on device")
        write_atomic(path, data, mode=options["mode"], sync=bool(options["sync"]))

    monkeypatch.setattr("tracecfg.osio.write_atomic", full)
    assert live("enable", "irq").code == 4
    assert dump(buffer) == before


@pytest.mark.parametrize("word", ["..", "..:x", "sched:..", ".:x", "sched:."])
def test_a_name_of_dots_is_an_unknown_one(live: Cli, word: str) -> None:
    ran = live("enable", word)
    assert ran.code in (1, 2), ran.err
    assert "no path below" not in ran.err
