"""verify on real builds: the one with every option on, and the one with gpio alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.lab.build import Build, tracepoints_in
from tests.small import Ran

Cli = Callable[..., Ran]

pytestmark = pytest.mark.kernel


def told(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    return found


def options_on(build: Build) -> set[str]:
    names = {name for name, value in build.options.items() if value == "y"}
    return {name for name in names if name.startswith("TRACING_")} - {"TRACING_SUPPORT"}


def test_only_gpio_is_as_chosen(cli: Cli, tiny_build_only_gpio: Build) -> None:
    config = tiny_build_only_gpio.out / ".config"
    ran = cli("verify", tiny_build_only_gpio.vmlinux, "--only", "gpio", "--config", config)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith(": as chosen: gpio (2 tracepoints)\n")
    assert cli("verify", "--config", config, "--only", "gpio").code == 0


def test_all_on_is_everything_and_nothing_is_unknown(cli: Cli, tiny_build_all_on: Build) -> None:
    vmlinux = tiny_build_all_on.vmlinux
    ran = cli("verify", vmlinux, "--only", "*", "--config", tiny_build_all_on.out / ".config")
    assert ran.code == 0
    assert f"({len(tracepoints_in(vmlinux))} tracepoints)" in ran.out


def test_all_but_gpio_is_named_with_its_option(cli: Cli, tiny_build_all_on: Build) -> None:
    ran = cli("verify", tiny_build_all_on.vmlinux, "--only", "gpio", "--json")
    assert ran.code == 1
    *rows, modules = told(ran)["findings"]
    assert (modules["rule"], modules["severity"]) == ("modules-not-given", "note")
    assert {(row["rule"], row["severity"]) for row in rows} == {("extra-subsystem", "error")}
    named = {row["message"].partition("(")[2].partition(")")[0] for row in rows}
    # a system of which nothing is built has its option on all the same
    assert named <= options_on(tiny_build_all_on) - {"TRACING_GPIO"}
    assert len(rows) > 60


def test_a_missing_one_is_named_with_its_line(cli: Cli, tiny_build_only_gpio: Build) -> None:
    config = tiny_build_only_gpio.out / ".config"
    where = [tiny_build_only_gpio.vmlinux, "--config", config, "--json"]
    ran = cli("verify", *where, "--only", "gpio,irq")
    assert ran.code == 1
    (row,) = told(ran)["findings"]
    assert (row["rule"], row["file"]) == ("missing-subsystem", str(config))
    line = config.read_text().splitlines()[row["line"] - 1]
    assert line == "# CONFIG_TRACING_IRQ is not set"


def test_what_a_consumer_selected_is_named_with_it(
    cli: Cli, converted_tree: Path, tiny_build_all_on: Build, tmp_path: Path
) -> None:
    base = tmp_path / "base.config"
    tiny = (tiny_build_all_on.out / ".config").read_text()
    base.write_text(tiny + "CONFIG_BLOCK=y\nCONFIG_SYSFS=y\nCONFIG_BLK_DEV_IO_TRACE=y\n")
    config = tmp_path / "gpio.config"
    made = cli("config", converted_tree, "--only", "gpio", "--base", base, "-o", config)
    assert (made.code, "BLK_DEV_IO_TRACE" in made.out) == (0, True)
    verify = ["verify", "--config", config, "--only", "gpio", "--tree", converted_tree, "--json"]
    for more, code, severity in (((), 1, "error"), (("--allow-selected",), 0, "note")):
        ran = cli(*verify, *more)
        assert ran.code == code
        rows = told(ran)["findings"]
        (block,) = (row for row in rows if row["message"].startswith("block "))
        assert block["message"] == "block (TRACING_BLOCK): not chosen, and on"
        assert block["hint"].startswith("while BLK_DEV_IO_TRACE (kernel/trace/Kconfig:")
        assert {(row["rule"], row["severity"]) for row in rows} == {
            ("selected-subsystem", severity)
        }


def test_it_takes_seconds(cli: Cli, tiny_build_all_on: Build) -> None:
    began = time.monotonic()
    cli("verify", tiny_build_all_on.vmlinux, "--only", "gpio")
    assert time.monotonic() - began < 5
