"""explain in guests of known configurations, and the table of hints beside what kernels have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.lab.build import Build
from tests.vm.machine import VM, Result
from tracecfg.explain import hints, kconfig
from tracecfg.explain.hints import dump
from tracecfg.gate import holds
from tracecfg.kernel.tree import open_tree
from tracecfg.planning import plan

pytestmark = pytest.mark.kernel


def explained(result: Result) -> dict[str, Any]:
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    return answer


@pytest.mark.vm
def test_exactly_the_option_that_is_off_is_named(runtime_build_without_gpio_events: Build) -> None:
    """By the running kernel's own /proc/config.gz."""
    vm = VM(kernel=runtime_build_without_gpio_events.bzimage)
    answer = explained(vm.run(["tracecfg", "explain", "gpio", "--json"]).check())
    assert (answer["present"], answer["cause"]) == (False, "compiled-out")
    assert answer["options"] == ["CONFIG_TRACING_GPIO"]
    (evidence,) = answer["evidence"]
    assert evidence["source"].startswith("/proc/config.gz:")
    assert evidence["says"] == "# CONFIG_TRACING_GPIO is not set"


@pytest.mark.vm
def test_every_other_option_is_named_by_a_configuration_file(tiny_build_only_gpio: Build) -> None:
    config = tiny_build_only_gpio.out / ".config"
    command = ["tracecfg", "explain", "gpio", "irq", "sched:sched_switch", "xfs", "--json"]
    vm = VM(kernel=tiny_build_only_gpio.bzimage)
    answer = explained(vm.run([*command, "--kernel-config", str(config)]).check())
    assert [each["options"] for each in answer["explanations"]] == [
        [],
        ["CONFIG_TRACING_IRQ"],
        ["CONFIG_TRACING_SCHED"],
        ["CONFIG_XFS_FS"],
    ]


@pytest.mark.vm
@pytest.mark.parametrize(
    ("before", "parameters", "cause"),
    [
        ("true", "", None),
        ("umount /sys/kernel/tracing; umount /sys/kernel/debug", "", "tracefs-not-mounted"),
        ("true", "lockdown=confidentiality", "locked-down"),
    ],
)
def test_what_stands_before_tracefs(
    runtime_build: Build, before: str, parameters: str, cause: str | None
) -> None:
    vm = VM(kernel=runtime_build.bzimage, command_line=parameters)
    script = f"{before}; tracecfg explain gpio --json"
    assert explained(vm.run(["sh", "-c", script]).check())["cause"] == cause


@pytest.mark.vm
def test_a_user_without_privilege_learns_what_any_user_may_know(runtime_build: Build) -> None:
    script = (
        "import os, sys; from tracecfg.cli import run\n"
        # the interpreter may lie in root's home: all that it needs is loaded before
        "run(['explain', 'gpio', 'gpoi', '--json']); print('---')\n"
        "os.setgid(65534); os.setuid(65534); sys.exit(run(['explain', 'gpio', 'xfs', '--json']))"
    )
    result = VM(kernel=runtime_build.bzimage).run(["python3", "-c", script]).check()
    answers = json.loads(result.stdout.split("---\n")[1])["explanations"]
    assert [each["cause"] for each in answers] == ["no-permission", "compiled-out"]
    assert [each["present"] for each in answers] == [True, False]


@pytest.mark.vm
def test_no_hint_calls_compiled_out_what_a_kernel_has(runtime_build: Build) -> None:
    """An event that is there must have a gate that holds."""
    events = VM(kernel=runtime_build.bzimage).run(["cat", "/sys/kernel/tracing/available_events"])
    config = kconfig.parse((runtime_build.out / ".config").read_text(), ".config")
    shipped = hints.load((Path(hints.__file__).parent / "hints.json").read_text())
    assert config is not None
    wrong, checked = [], 0
    for each in events.check().stdout.split():
        system, _, event = each.partition(":")
        known = shipped.systems.get(system)
        gate = known.gate(event) if known is not None and event in known.events else None
        if gate is not None:
            checked += 1
            wrong += [] if holds(gate, config.values) else [each]
    assert wrong == []
    assert checked > 300


def test_the_shipped_table_is_what_the_command_makes_of_the_tree(linux_tree: Path) -> None:
    shipped = (Path(hints.__file__).parent / "hints.json").read_text()
    tree = open_tree(linux_tree)
    made = dump(plan(tree, rules=None, prefix="TRACING_"))
    if f'"version":"{tree.version}"' in shipped:
        assert made == shipped
    else:
        # a later stable release of the distribution: nearly every line is as it was
        common = set(made.splitlines()) & set(shipped.splitlines())
        assert len(common) > 0.95 * len(shipped.splitlines())
