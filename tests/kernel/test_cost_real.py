"""What cost says of real builds, against the difference between them."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.kernel.lab.build import TINY, Build, build, fragment, tracepoints_in
from tests.kernel.lab.cache import program
from tests.small import Ran
from tracecfg.cost.parts import Kind
from tracecfg.cost.run import Request, cost
from tracecfg.cost.summary import Cost
from tracecfg.cost.x86 import instructions
from tracecfg.kernel.image import read_image
from tracecfg.kernel.symbols import STT_FUNC

SINGLE = 3
"""Systems that are switched off one by one, up to a minute each: the first of ten that were
measured, with differences of 6 to 600 bytes."""

pytestmark = pytest.mark.kernel


@cache
def of(vmlinux: Path) -> Cost:
    return cost(Request(image=vmlinux)).cost


@cache
def measured(vmlinux: Path) -> int:
    """The sum of all symbols' sizes, as nm(1) has them."""
    argv = [program("nm", "binutils"), "-S", str(vmlinux)]
    listed = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    rows = (line.split() for line in listed.splitlines())
    return sum(int(row[1], 16) for row in rows if len(row) == 4)


def comparable(found: Cost) -> int:
    """What has a part in nm's sums: table entries have no symbol."""
    return found.total - found.unattributed - found.kinds[Kind.ENTRY]


def test_the_sum_of_symbols_is_that_of_nm(tiny_build_all_on: Build) -> None:
    vmlinux = tiny_build_all_on.vmlinux
    assert sum(each.size for each in read_image(vmlinux).symbols) == measured(vmlinux)


def test_every_tracepoint_is_counted_once(tiny_build_all_on: Build) -> None:
    found = [
        event.name for each in of(tiny_build_all_on.vmlinux).subsystems for event in each.events
    ]
    assert sorted(found) == sorted(tracepoints_in(tiny_build_all_on.vmlinux))


def test_all_but_gpio_costs_what_the_build_without_it_saves(
    tiny_build_all_on: Build, tiny_build_only_gpio: Build
) -> None:
    this, other = tiny_build_all_on.vmlinux, tiny_build_only_gpio.vmlinux
    real = measured(this) - measured(other)
    attributed = comparable(of(this)) - comparable(of(other))
    assert 0.97 * real <= attributed <= 1.01 * real
    assert of(this).unattributed == 0
    assert [each.name for each in of(other).subsystems] == ["gpio"]


def test_gpio_costs_what_the_build_without_it_saves(
    runtime_build: Build, runtime_build_without_gpio_events: Build
) -> None:
    this, other = runtime_build.vmlinux, runtime_build_without_gpio_events.vmlinux
    real = measured(this) - measured(other)
    before, after = of(this), of(other)
    assert "gpio" in {each.name for each in before.subsystems}
    assert "gpio" not in {each.name for each in after.subsystems}
    assert comparable(before) - comparable(after) == pytest.approx(real, rel=0.05)


def test_single_systems_cost_what_builds_without_them_save(
    tiny_build_all_on: Build, tiny_build: Build, tmp_path: Path
) -> None:
    this = tiny_build_all_on
    added = sorted(this.options.keys() - tiny_build.options.keys())
    for name in random.Random(4).sample(added, SINGLE):
        off = tmp_path / f"{name}.config"
        off.write_text(fragment({name: False}))
        # one name for all: only the last of them are kept
        other = build("tiny-without-one", this.tree, [TINY, off], ["vmlinux"], start=this)
        real = measured(this.vmlinux) - measured(other.vmlinux)
        saved = comparable(of(this.vmlinux)) - comparable(of(other.vmlinux))
        assert abs(saved - real) <= max(0.1 * real, 200), name


def test_without_symbols_the_systems_are_the_same(tiny_build_all_on: Build, tmp_path: Path) -> None:
    bare = tmp_path / "vmlinux"
    strip = [program("strip", "binutils"), "-s", "-o", str(bare), str(tiny_build_all_on.vmlinux)]
    subprocess.run(strip, check=True)
    names = tiny_build_all_on.out / "System.map"
    found = cost(Request(image=bare, system_map=names)).cost
    exact = of(tiny_build_all_on.vmlinux)
    assert {each.name for each in found.subsystems} == {each.name for each in exact.subsystems}
    assert found.total == pytest.approx(exact.total, rel=0.1)


def test_instructions_are_those_of_objdump(tiny_build_all_on: Build) -> None:
    """A hundred functions from all over the image."""
    image = read_image(tiny_build_all_on.vmlinux)
    functions = [each for each in image.symbols if each.kind == STT_FUNC and each.size > 64]
    for function in functions[:: len(functions) // 100]:
        found = [each.ip for each in instructions(image, function.address, function.size)]
        assert found == disassembled(tiny_build_all_on.vmlinux, function.address, function.size)


def disassembled(vmlinux: Path, start: int, size: int) -> list[int]:
    argv = [program("objdump", "binutils"), "-d", "--no-show-raw-insn", "-w"]
    argv += [f"--start-address={start}", f"--stop-address={start + size}", str(vmlinux)]
    listed = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    rows = (line.partition(":\t") for line in listed.splitlines())
    return [int(address, 16) for address, tab, _ in rows if tab]


def test_the_command_compares(
    cli: Callable[..., Ran], tiny_build_all_on: Build, tiny_build_only_gpio: Build
) -> None:
    ran = cli(
        *("cost", tiny_build_all_on.vmlinux, "--compare", tiny_build_only_gpio.vmlinux),
        *("--top", 3),
    )
    assert "all symbols of the two:" in ran.out
