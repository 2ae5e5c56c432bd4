"""config on the converted tree: what it writes is what the kernel's own conf makes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.kernel.choices import bases, changed, judged, prove_config, request
from tests.kernel.lab.conf import Conf
from tests.kernel.proofs import tracecfg
from tracecfg.config import run
from tracecfg.config.base import values_of
from tracecfg.config.result import Because

pytestmark = pytest.mark.kernel

SELECTIONS = 3
"""One on each base; tests/kernel/full takes 50."""


@pytest.fixture(scope="module")
def start(converted_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return dict(bases(converted_tree, tmp_path_factory.mktemp("bases")))


def test_random_selections(converted_tree: Path, start: dict[str, Path], tmp_path: Path) -> None:
    totals = prove_config(converted_tree, start, SELECTIONS, tmp_path)
    print(totals)
    assert totals.problems == []


@pytest.mark.parametrize("toolchain", [[], ["--toolchain", "gcc"]], ids=["base", "gcc"])
def test_only_gpio_and_olddefconfig_has_nothing_to_do(
    converted_tree: Path, start: dict[str, Path], tmp_path: Path, toolchain: list[str]
) -> None:
    """Nor need the compiler be asked when it is the one that made the base."""
    out = tmp_path / "gpio.config"
    base = ["--base", str(start["tiny"]), *toolchain]
    tracecfg("config", str(converted_tree), "--only", "gpio", *base, "-o", str(out))
    assert Conf(converted_tree, "x86", tmp_path).olddefconfig(out) == out.read_text()
    on = {name for name, value in values_of(out.read_text()).items() if value == "y"}
    assert {name for name in on if name.startswith("TRACING_")} == {
        "TRACING_GPIO", "TRACING_SUPPORT",
    }  # fmt: skip


@pytest.mark.parametrize("arch", ["arm64", "riscv"])
@pytest.mark.parametrize("toolchain", [None, "gcc"], ids=["base", "gcc"])
def test_another_architecture(
    converted_tree: Path, tmp_path: Path, arch: str, toolchain: str | None
) -> None:
    """No cross compiler: what this one refuses, it refuses to both."""
    conf = Conf(converted_tree, arch, tmp_path)
    wanted = replace(request(converted_tree, conf.given("defconfig")), toolchain=toolchain)
    result = run.configure(replace(wanted, only=("gpio", "irq", "sched")))
    assert (result.arch, result.failed) == (arch, ())
    assert list(judged(conf, result)) == []


def test_without_a_toolchain_the_bases_answers_stand(
    converted_tree: Path, start: dict[str, Path]
) -> None:
    """Debian's own, of another compiler, pahole and rustc than any that is here."""
    wanted = replace(request(converted_tree, start["debian"]), only=("gpio",), toolchain=None)
    result = run.configure(wanted)
    assert changed(result, Because.FOLLOWS) == 0
    here, there = values_of(start["debian"].read_text()), values_of(result.text)
    answers = {each.symbol for each in result.assumed}
    assert len(answers) > 50
    assert {name for name in answers if here.get(name, "n") != there.get(name, "n")} == set()


def test_tracing_off_and_a_driver_missing(
    converted_tree: Path, start: dict[str, Path], tmp_path: Path
) -> None:
    """What a subsystem needs is turned on as far as it is plain, and explained beyond that."""
    base = tmp_path / "base.config"
    off = ("FTRACE", "GPIOLIB", "XFS_FS", "KVM")
    lines = "".join(f"# CONFIG_{name} is not set\n" for name in off)
    base.write_text(start["tiny"].read_text() + lines)
    conf = Conf(converted_tree, "x86", tmp_path)
    base.write_text(conf.olddefconfig(base))
    wanted = replace(request(converted_tree, base), only=("gpio", "xfs", "ath10k", "kvm"))
    result = run.configure(wanted)
    assert list(judged(conf, result)) == []
    by_name = {each.option.subsystem: each for each in result.outcomes}
    assert by_name["ath10k"].took_effect
    assert {"FTRACE", "GPIOLIB", "ENABLE_DEFAULT_TRACERS"} <= {
        x.name for x in by_name["gpio"].needed
    }
    assert [term.text for term in result.failed] == ["kvm"]
    (obstacle,) = by_name["kvm"].obstacles
    assert "needs KVM_X86 (arch/x86/kvm/Kconfig:" in str(obstacle)
    assert str(obstacle).endswith("which needs one of KVM_INTEL || KVM_AMD: turn one on")


def test_minimize_keeps_its_word(
    converted_tree: Path, start: dict[str, Path], tmp_path: Path
) -> None:
    """With all that it proposes turned off in the base, the forced options go."""
    wanted = replace(request(converted_tree, start["debian"]), only=("gpio",), minimize=True)
    result = run.configure(wanted)
    possible = [each for each in result.proposals if not each.release.blocked]
    assert {each.option.subsystem for each in possible} >= {"block", "sched", "skb"}
    off = {name for each in possible for name in each.release.values}
    base = tmp_path / "base.config"
    lines = "".join(f"# CONFIG_{name} is not set\n" for name in sorted(off))
    base.write_text(start["debian"].read_text() + lines)
    again = run.configure(replace(wanted, base=base))
    assert list(judged(Conf(converted_tree, "x86", tmp_path), again)) == []
    forced = {each.option for each in again.outcomes if each.forced_by}
    assert forced.isdisjoint(each.option for each in possible)
