"""The VM harness itself, on the unpatched tiny kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

import tracecfg
from tests.kernel.lab.build import Build
from tests.vm.machine import SHARE, VM, VMError

pytestmark = [pytest.mark.kernel, pytest.mark.vm]


@pytest.fixture(scope="session")
def vm(tiny_build: Build) -> VM:
    return VM(kernel=tiny_build.bzimage)


def test_guest_has_tracefs_and_a_root_it_cannot_change(vm: VM) -> None:
    script = "ls /sys/kernel/tracing/events; touch /proof"
    result = vm.run(["sh", "-c", script])
    assert {"gpio", "irq", "sched"} <= set(result.stdout.split())
    assert result.code == 1
    assert "Read-only file system" in result.stderr


def test_guest_runs_this_python_and_tracecfg(vm: VM) -> None:
    script = (
        "import tempfile, tracecfg\n"
        "with tempfile.TemporaryDirectory() as folder: print(folder, tracecfg.__file__)"
    )
    folder, module = vm.run(["python3", "-c", script]).check().stdout.split()
    assert folder.startswith("/run/tmp/")
    assert module == tracecfg.__file__


def test_output_and_exit_code_come_back_apart(vm: VM, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("to the guest")
    script = 'cat in; echo "$WORD" >out; echo said >&2; exit 7'
    argv = ["sh", "-c", script]
    result = vm.run(argv, cwd=SHARE, env={"WORD": "it's 100 %"}, share=tmp_path)
    assert (result.code, result.stdout, result.stderr) == (7, "to the guest", "said\n")
    assert (tmp_path / "out").read_text() == "it's 100 %\n"


def test_a_killed_command_has_the_code_of_its_signal(vm: VM) -> None:
    assert vm.run(["sh", "-c", "kill -9 $$"]).code == 128 + 9


def test_timeout_shows_what_was_printed_so_far(vm: VM) -> None:
    with pytest.raises(VMError, match="no end after 20 s") as caught:
        vm.run(["sh", "-c", "echo half way; sleep 100"], timeout=20)
    assert "half way" in str(caught.value)
    assert "Run /init as init process" in str(caught.value)


def test_panic_is_named(tiny_build: Build) -> None:
    vm = VM(kernel=tiny_build.bzimage, command_line="rdinit=/missing")
    with pytest.raises(VMError, match="Kernel panic - not syncing: No working init"):
        vm.run(["true"])


def test_qemu_refusing_its_arguments_is_named(tiny_build: Build) -> None:
    vm = VM(kernel=tiny_build.bzimage, qemu=["-device", "no-such-device"])
    with pytest.raises(VMError, match="no-such-device"):
        vm.run(["true"])
