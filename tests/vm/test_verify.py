"""verify --live in guests, one with every option on and one without that of gpio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.lab.build import Build
from tests.vm.machine import SHARE, VM

pytestmark = [pytest.mark.kernel, pytest.mark.vm]
PROFILE = '[profile.all]\nevents = ["*", "gpio"]\n'
CHOICES = {
    "gpio": ["--only", "gpio"],
    "all": ["--only", "*"],
    "profile": ["--profile", "all", "--profiles", f"{SHARE}/tracecfg.toml"],
    "probes": ["--only", "*,mine,kprobes"],
}


# one process for all: starting Python takes seconds in a guest
GUEST = """
import json, subprocess
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tracecfg.cli import run
def verify(name, *arguments):
    with open(f"{name}.json", "w") as out, redirect_stdout(out), redirect_stderr(out):
        code = run(["verify", "--live", "--json", *arguments])
    Path(f"{name}.code").write_text(str(code))
# the one kind of event that is no tracepoint's, in a group of somebody's own
Path("/sys/kernel/tracing/kprobe_events").write_text("p:mine/probe do_exit")
for name, arguments in json.loads(Path("choices.json").read_text()).items():
    verify(name, *arguments)
Path("events").write_text("\\n".join(map(str, Path("/sys/kernel/tracing/events").glob("*/*/enable"))))
subprocess.run("zcat /proc/config.gz >config; umount /sys/kernel/tracing /sys/kernel/debug", shell=True)
verify("unmounted", "--only", "gpio")
"""


class Verified:
    """What verify said in one guest: exit code and JSON for each of CHOICES."""

    def __init__(self, build: Build, share: Path) -> None:
        (share / "tracecfg.toml").write_text(PROFILE)
        (share / "choices.json").write_text(json.dumps(CHOICES))
        vm = VM(kernel=build.bzimage, memory="1G")
        vm.run(["python3", "-c", GUEST], cwd=SHARE, share=share, timeout=300).check()
        self.share = share
        self.code = {name: int((share / f"{name}.code").read_text()) for name in CHOICES}
        self.said: dict[str, dict[str, Any]] = {
            name: json.loads((share / f"{name}.json").read_text()) for name in CHOICES
        }

    def systems(self) -> set[str]:
        """By hand: folders of events that have tracepoints."""
        lines = (self.share / "events").read_text().splitlines()
        return {line.split("/")[-3] for line in lines} - {"ftrace", "syscalls", "mine"}


@pytest.fixture(scope="module")
def with_gpio(runtime_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Verified:
    return Verified(runtime_build, tmp_path_factory.mktemp("with"))


@pytest.fixture(scope="module")
def without_gpio(
    runtime_build_without_gpio_events: Build, tmp_path_factory: pytest.TempPathFactory
) -> Verified:
    return Verified(runtime_build_without_gpio_events, tmp_path_factory.mktemp("without"))


def test_a_kernel_without_gpio_is_found_out(without_gpio: Verified) -> None:
    assert without_gpio.code == {"gpio": 1, "all": 0, "profile": 1, "probes": 0}
    (found,) = without_gpio.said["profile"]["findings"]
    assert found["rule"] == "missing-subsystem"
    assert found["message"] == "gpio (TRACING_GPIO): chosen, and not there"
    assert found["hint"] == "CONFIG_TRACING_GPIO=y puts it in"
    assert found["file"] == "/proc/config.gz"
    config = (without_gpio.share / "config").read_text().splitlines()
    assert config[found["line"] - 1] == "# CONFIG_TRACING_GPIO is not set"
    assert found in without_gpio.said["gpio"]["findings"]
    assert "gpio" not in without_gpio.systems()


def test_one_with_gpio_has_more_than_that(with_gpio: Verified) -> None:
    assert with_gpio.code == {"gpio": 1, "all": 0, "profile": 0, "probes": 0}
    said = with_gpio.said["gpio"]
    assert said["subsystems"] == [{"name": "gpio", "option": "TRACING_GPIO"}]
    assert {row["rule"] for row in said["findings"]} == {"extra-subsystem"}
    named = {row["message"].split(" ")[0] for row in said["findings"]}
    assert named == with_gpio.systems() - {"gpio"}
    config = (with_gpio.share / "config").read_text().splitlines()
    for row in said["findings"]:
        option = row["message"].partition("(")[2].partition(")")[0]
        assert config[row["line"] - 1] == f"CONFIG_{option}=y"


def test_tracefs_is_not_mounted(with_gpio: Verified) -> None:
    assert (with_gpio.share / "unmounted.code").read_text() == "3"
    assert "tracefs is not mounted" in (with_gpio.share / "unmounted.json").read_text()


def test_a_kernel_that_is_locked_down(runtime_build: Build) -> None:
    vm = VM(kernel=runtime_build.bzimage, command_line="lockdown=confidentiality")
    result = vm.run(["tracecfg", "verify", "--live", "--only", "gpio"])
    assert (result.code, result.stdout) == (3, "")
    assert "locked down" in result.stderr
