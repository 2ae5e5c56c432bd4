"""A small kernel built from the whole series: nothing changes until an option is turned off."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from tests.kernel.lab.build import Build, tracepoints_in
from tests.vm.machine import VM

GPIO_SIM = Path(__file__).parent.parent / "vm/guest/gpio_sim.sh"

pytestmark = pytest.mark.kernel


def test_all_on_adds_options_and_only_options(tiny_build: Build, tiny_build_all_on: Build) -> None:
    before, after = (_settings(it) for it in (tiny_build, tiny_build_all_on))
    assert not before - after
    added = after - before
    assert "CONFIG_TRACING_GPIO=y" in added
    assert [line for line in added if not re.fullmatch(r"CONFIG_TRACING_\w+=y", line)] == []


def test_all_on_gives_the_same_bits(tiny_build: Build, tiny_build_all_on: Build) -> None:
    assert _digest(tiny_build_all_on.bzimage) == _digest(tiny_build.bzimage)


def test_only_gpio_gives_no_new_warning(tiny_build: Build, tiny_build_only_gpio: Build) -> None:
    new = Counter(tiny_build_only_gpio.warnings) - Counter(tiny_build.warnings)
    assert list(new) == []


def test_only_gpio_leaves_no_other_tracepoint(tiny_build_only_gpio: Build) -> None:
    on = {name for name in tiny_build_only_gpio.options if name.startswith("TRACING_GPIO")}
    assert on == {"TRACING_GPIO"}
    assert tracepoints_in(tiny_build_only_gpio.vmlinux) == {"gpio_direction", "gpio_value"}


@pytest.mark.vm
def test_only_gpio_boots_and_its_events_fire(tiny_build_only_gpio: Build) -> None:
    script = f"ls -d /sys/kernel/tracing/events/*/; sh {GPIO_SIM} trace 3"
    out = VM(kernel=tiny_build_only_gpio.bzimage).run(["sh", "-c", script]).check().stdout
    # ftrace is no trace system: its formats describe the ring buffer's own entries
    assert set(re.findall(r"events/(\w+)/", out)) == {"ftrace", "gpio"}
    assert len(re.findall(r" gpio_direction: \d+ out ", out)) == 1
    assert re.findall(r" gpio_value: \d+ set (\d)", out) == ["0", "1", "0", "1"]


def _settings(build: Build) -> set[str]:
    text = (build.out / ".config").read_text()
    return set(re.findall(r"^(?:CONFIG_\w+=.*|# CONFIG_\w+ is not set)$", text, re.MULTILINE))


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
