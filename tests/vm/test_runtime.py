"""The run-time commands in a guest: its own top level, every kind of trigger, a GPIO chip."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.lab.build import Build, external_module
from tests.vm.machine import VM

pytestmark = [pytest.mark.kernel, pytest.mark.vm]
ROOT = Path(__file__).parent.parent.parent


def inside(build: Build, *files: str, **env: str) -> None:
    # one CPU: QEMU without KVM may run half-written code while another CPU patches a tracepoint in
    vm = VM(kernel=build.bzimage, memory="1G", cpus=1)
    pytest_ = ["python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    vm.run(pytest_, cwd=ROOT, env={"PYTHONPATH": str(ROOT), **env}, timeout=900).check()


def test_the_top_level(runtime_build: Build) -> None:
    inside(runtime_build, "tests/vm/guest/toplevel.py")


def test_the_selftests_on_another_kernel(runtime_build: Build) -> None:
    inside(runtime_build, "tests/runtime/test_selftests.py")


def test_a_module_that_goes(runtime_build: Build, tmp_path: Path) -> None:
    module = external_module(runtime_build, ROOT / "tests/vm/guest/module", tmp_path / "module")
    inside(runtime_build, "tests/vm/guest/modules.py", VANISH_KO=str(module / "vanish.ko"))
