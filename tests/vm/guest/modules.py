"""Run by pytest in a guest: the events of a module that is loaded and goes again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.real import Cli, bit, buffer, changed, dump, put, text, tracefs
from tracecfg.explain import modindex
from tracecfg.runtime import transaction
from tracecfg.runtime.control import Write
from tracecfg.runtime.tracefs import Folder

__all__ = ["buffer", "tracefs"]

MODULE = os.environ["VANISH_KO"]


def insmod() -> None:
    subprocess.run(["busybox", "insmod", MODULE], check=True)


def rmmod() -> None:
    subprocess.run(["busybox", "rmmod", "vanish"], check=True)


@pytest.fixture
def loaded() -> Iterator[None]:
    insmod()
    yield
    if Path("/sys/module/vanish").exists():
        rmmod()


@pytest.mark.usefixtures("loaded")
def test_events_that_go_with_their_module(cli: Cli, buffer: Path) -> None:
    put(buffer, "events/irq/irq_handler_entry/enable", "1")
    where = ["--instance", buffer.name]
    assert cli("enable", "vanish", "irq", *where).code == 0
    assert bit(buffer, "vanish:vanish_loaded") == "1"
    rmmod()
    assert cli("status").code == 0
    ran = cli("restore", *where)
    assert ran.code == 0, ran.err
    assert "events/vanish/vanish_loaded/enable: gone meanwhile" in ran.err
    assert bit(buffer, "irq:irq_handler_entry") == "1"
    assert bit(buffer, "irq:irq_handler_exit") == "0"
    ran = cli("enable", "vanish", *where)
    assert (ran.code, ran.err.splitlines()[0]) == (
        1,
        "tracecfg: no such subsystem or event: vanish",
    )


@pytest.mark.usefixtures("loaded")
def test_an_event_that_goes_in_the_middle_of_a_change(
    cli: Cli, buffer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: value for name, value in dump(buffer).items() if "vanish" not in name}
    real = transaction.perform

    def perform(folder: Folder, write: Write) -> None:
        if "vanish" in write.path and Path("/sys/module/vanish").exists():
            rmmod()
        real(folder, write)

    monkeypatch.setattr(transaction, "perform", perform)
    ran = cli("enable", "irq", "vanish", "--instance", buffer.name)
    assert ran.code == 4, ran.err
    assert "events/vanish/" in ran.err
    assert changed(before, dump(buffer)) == {}


def test_the_event_of_the_load_itself(cli: Cli) -> None:
    """`run` cannot select what is not there yet, and says so."""
    ran = cli("run", "vanish", "--", "true")
    assert ran.code == 125
    assert "vanish" in ran.err


@pytest.mark.usefixtures("loaded")
def test_only_a_newer_kernel_knows_the_events_of_a_module(cli: Cli, buffer: Path) -> None:
    ran = cli("enable", ":mod:vanish", "--instance", buffer.name)
    if ":mod:" in text(Path("/sys/kernel/tracing"), "README"):
        assert ran.code == 0, ran.err
        assert bit(buffer, "vanish:vanish_loaded") == "1"
    else:
        assert ran.code == 3
        assert "does not know :mod:" in ran.err


def test_the_index_knows_a_module_that_was_built(tmp_path: Path) -> None:
    release = os.uname().release
    folder = tmp_path / "lib/modules" / release
    folder.mkdir(parents=True)
    shutil.copy(MODULE, folder)
    index, problems = modindex.build(folder, release)
    assert problems == []
    assert (index.events, index.systems) == (
        {"vanish_loaded": ("vanish",)},
        {"vanish": ("vanish",)},
    )
