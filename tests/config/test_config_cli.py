"""config as a user calls it, on a small converted tree."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.small import FIXTURES, OPTIONS, Ran, converted_tree, edit
from tracecfg.config.base import values_of
from tracecfg.config.completion import subsystems

Cli = Callable[..., Ran]
HEADER = "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/{} {} Kernel Configuration\n#\n"
VERSION = "6.12.0-fixture"


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return converted_tree(tmp_path_factory.mktemp("converted"))


@pytest.fixture
def root(converted: Path, tmp_path: Path) -> Path:
    """Every option on but portio's and radio's, whose features are off."""
    return Path(shutil.copytree(converted, tmp_path / "linux"))


def values(path: Path) -> dict[str, str]:
    return dict(values_of(path.read_text()))


def options_on(path: Path) -> set[str]:
    found = values(path)
    return {name for name, option in OPTIONS.items() if found.get(option) == "y"}


def told(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    assert found["schema"] == "tracecfg.config/1"
    return found


def failed(ran: Ran, code: int, message: str, hint: str = "") -> None:
    assert (ran.code, ran.out) == (code, "")
    first, *rest = ran.err.splitlines()
    assert message in first
    assert hint in "".join(rest)
    assert len(rest) <= 1


# ---- what is chosen


def test_only(cli: Cli, root: Path) -> None:
    before = values(root / ".config")
    ran = cli("config", root, "--only", "gpio,usb-hub")
    assert (ran.code, ran.err) == (0, "")
    assert options_on(root / ".config") == {"gpio", "usb-hub", "queue"}
    assert "gpio (TRACING_GPIO): on\n" in ran.out
    assert "queue (TRACING_QUEUE): not off\n  QUEUE_TRACER (kernel/trace/Kconfig:36)" in ran.out
    assert " TRACING_CACHE y -> n\n" in ran.out
    assert ran.out.endswith(f"wrote {root}/.config\n")
    after = values(root / ".config")
    assert {name for name in before if before[name] != after[name]} == {
        OPTIONS[name] for name in ("cache", "storage", "task", "virt")
    }


def test_twice_changes_nothing(cli: Cli, root: Path) -> None:
    cli("config", root, "--only", "gpio")
    first = (root / ".config").read_bytes()
    ran = cli("config", root, "--only", "gpio")
    assert "nothing changes\n" in ran.out
    assert (root / ".config").read_bytes() == first


def test_enable_and_disable_leave_the_others(cli: Cli, root: Path) -> None:
    assert cli("config", root, "--disable", "c*,virt", "--disable", "TRACING_TASK").code == 0
    assert options_on(root / ".config") == {"gpio", "queue", "storage", "usb-hub"}
    ran = cli("config", root, "--enable", "cache", "--disable", "gpio")
    assert ran.code == 0
    assert options_on(root / ".config") == {"cache", "queue", "storage", "usb-hub"}
    assert "3 options" not in ran.out


def test_what_an_option_needs_is_turned_on_and_told(cli: Cli, root: Path) -> None:
    ran = cli("config", root, "--enable", "radio")
    assert "  needs RADIO_TRACING (drivers/net/radio/Kconfig:6): turned on\n" in ran.out
    assert " RADIO_TRACING n -> y  (needed)\n" in ran.out
    assert values(root / ".config")["TRACING_RADIO"] == "y"


def test_tracing_itself_is_turned_on(cli: Cli, root: Path) -> None:
    base = root / "base"
    text = (root / ".config").read_text()
    base.write_text(text.replace("CONFIG_FTRACE=y", "# CONFIG_FTRACE is not set"))
    found = told(cli("config", root, "--only", "gp*", "--base", base, "--json"))
    assert options_on(root / ".config") >= {"gpio"}
    assert found["without_effect"] == []
    assert {each["symbol"] for each in found["changes"] if each["because"] == "needed"} <= {
        "FTRACE", "ENABLE_DEFAULT_TRACERS",
    }  # fmt: skip


def test_a_glob_asks_for_nothing_else(cli: Cli, root: Path) -> None:
    ran = cli("config", root, "--only", "[gr]*")
    assert ran.code == 0
    assert options_on(root / ".config") == {"gpio", "queue"}
    assert values(root / ".config")["RADIO_TRACING"] == "n"


def test_a_glob_of_which_nothing_can_be_had(cli: Cli, root: Path) -> None:
    ran = cli("config", root, "--enable", "radi*")
    assert ran.code == 1
    assert "radio (TRACING_RADIO): not on\n" in ran.out
    assert "which needs RADIO_TRACING (drivers/net/radio/Kconfig:6): a glob does not" in ran.out


def test_what_cannot_be_had_is_explained_and_nothing_written(cli: Cli, root: Path) -> None:
    edit(root, "kernel/trace/Kconfig.systems", lambda text: text.replace(
        "depends on USB\n", "depends on USB && (SLOW_BUS || !VIRT)\n"))  # fmt: skip
    before = (root / ".config").read_bytes()
    ran = cli("config", root, "--only", "gpio,usb-hub")
    assert ran.code == 1
    assert "usb-hub (TRACING_USB_HUB): not on\n" in ran.out
    assert ", which needs VIRT (arch/x86/Kconfig:5) to be off\n" in ran.out
    assert ran.out.endswith("nothing is written, for want of usb-hub\n")
    assert (root / ".config").read_bytes() == before


def test_what_stays_on_though_it_was_named(cli: Cli, root: Path) -> None:
    ran = cli("config", root, "--disable", "queue", "--minimize", "--json")
    assert ran.code == 1
    found = told(ran)
    assert found["written"] is None
    (queue,) = found["subsystems"]
    assert queue["selected_by"] == [
        {"symbol": "QUEUE_TRACER", "file": "kernel/trace/Kconfig", "line": 36}
    ]
    (proposal,) = found["minimize"]
    assert (proposal["turn_off"], proposal["blocked"]) == (["QUEUE_TRACER"], None)
    text = cli("config", root, "--disable", "queue", "--minimize").out
    assert "to turn off queue: CONFIG_QUEUE_TRACER=n in the base\n" in text


def test_profile(cli: Cli, root: Path, tmp_path: Path) -> None:
    toml = tmp_path / "tracecfg.toml"
    toml.write_text('[profile.p]\nevents = ["gpio:gpio_value", "virt", "!virt:virt_exit"]\n')
    ran = cli("config", root, "--profile", "p", "--config", toml)
    assert ran.code == 0, ran.err
    assert options_on(root / ".config") == {"gpio", "virt", "queue"}


# ---- what is written


def test_fragment_has_what_was_chosen_alone(cli: Cli, root: Path) -> None:
    before = (root / ".config").read_bytes()
    ran = cli("config", root, "--only", "gpio,radio", "--fragment", root / "trace.config")
    assert ran.code == 0
    assert (root / ".config").read_bytes() == before
    lines = (root / "trace.config").read_text().splitlines()
    assert "CONFIG_TRACING_GPIO=y" in lines
    assert "CONFIG_RADIO_TRACING=y" in lines
    assert "# CONFIG_TRACING_CACHE is not set" in lines
    assert len(lines) == 9
    assert not any("PORTIO" in line for line in lines)


def test_to_standard_output(cli: Cli, root: Path) -> None:
    before = (root / ".config").read_bytes()
    ran = cli("config", root, "--only", "gpio", "-o", "-")
    assert ran.out.startswith("#\n# Automatically generated file; DO NOT EDIT.\n")
    assert "gpio (TRACING_GPIO): on\n" in ran.err
    assert (root / ".config").read_bytes() == before


def test_the_old_configuration_stays_beside(cli: Cli, root: Path) -> None:
    """As conf keeps it: only when there is another."""
    config, old = root / ".config", root / ".config.old"
    before = config.read_bytes()
    config.chmod(0o600)
    cli("config", root, "--only", "gpio")
    assert (old.read_bytes(), old.stat().st_mode & 0o777) == (before, 0o600)
    cli("config", root, "--only", "gpio")
    assert old.read_bytes() == before
    cli("config", root, "--only", "gpio", "--fragment", root / "f")
    cli("config", root, "--only", "virt", "--fragment", root / "f")
    assert not (root / "f.old").exists()


def test_an_old_configuration_that_cannot_be_kept(cli: Cli, root: Path) -> None:
    before = (root / ".config").read_bytes()
    (root / ".config.old").mkdir()
    ran = cli("config", root, "--only", "gpio")
    failed(ran, 4, ".config.old: not written: a folder")
    assert (root / ".config").read_bytes() == before


def test_dry_run(cli: Cli, root: Path) -> None:
    before = (root / ".config").read_bytes()
    ran = cli("config", root, "--only", "gpio", "--dry-run")
    assert ran.out.endswith(f"would write {root}/.config\n")
    assert (root / ".config").read_bytes() == before


def test_json_lists_every_change(cli: Cli, root: Path) -> None:
    found = told(cli("config", root, "--only", "gpio", "--json"))
    assert found["written"] == f"{root}/.config"
    assert {(it["symbol"], it["old"], it["new"], it["because"]) for it in found["changes"]} == {
        (OPTIONS[name], "y", "n", "asked") for name in ("cache", "storage", "task", "usb-hub", "virt")
    }  # fmt: skip


def test_a_base_from_before_the_series(cli: Cli, root: Path) -> None:
    text = "".join(
        line
        for line in (root / ".config").read_text().splitlines(keepends=True)
        if "TRACING_" not in line
    )
    (root / ".config").write_text(text)
    ran = cli("config", root, "--only", "gpio")
    assert "+TRACING_CACHE n\n" in ran.out
    assert "`make olddefconfig` changes" in ran.out
    assert options_on(root / ".config") == {"gpio", "queue"}


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress])
def test_a_compressed_base(cli: Cli, root: Path, compress: Callable[[bytes], bytes]) -> None:
    base = root / "config.z"
    data = compress((root / ".config").read_bytes())
    base.write_bytes(data)
    assert cli("config", root, "--only", "gpio", "--base", base).code == 0
    base.write_bytes(data[:-20])
    ran = cli("config", root, "--only", "gpio", "--base", base)
    failed(ran, 2, "config.z: cannot be read: not a complete compressed file")


def test_a_base_with_line_ends_of_windows(cli: Cli, root: Path) -> None:
    text = HEADER.format("x86", "5.10.1") + (root / ".config").read_text()
    base = root / "base"
    base.write_bytes(text.replace("\n", "\r\n").encode())
    ran = cli("config", root, "--only", "gpio", "--base", base)
    assert "of Linux 5.10.1; this tree is 6.12.0-fixture" in ran.err
    assert options_on(root / ".config") == {"gpio", "queue"}
    assert b"\r" not in (root / ".config").read_bytes()


TOOLCHAIN = """\
config CC_VERSION_TEXT
	string
	default "$(CC_VERSION_TEXT)"

config GCC_VERSION
	int
	default "$(shell,expr 120200 / 1)"

config CC_HAS_THAT
	def_bool "$(shell,odd)"
"""


def test_the_bases_answers_of_the_toolchain_stand(cli: Cli, root: Path) -> None:
    edit(root, "init/Kconfig", lambda text: text + TOOLCHAIN)
    answers = 'CONFIG_CC_VERSION_TEXT="mine"\nCONFIG_GCC_VERSION=140100\n'
    text = (root / ".config").read_text()
    (root / ".config").write_text(HEADER.format("x86", VERSION) + text + answers)
    found = told(cli("config", root, "--only", "gpio", "--json"))
    after = values(root / ".config")
    assert (after["CC_VERSION_TEXT"], after["GCC_VERSION"]) == ('"mine"', "140100")
    assert all(it["from_base"] for it in found["assumed"])
    assert {it["symbol"] for it in found["assumed"]} >= {"CC_VERSION_TEXT", "GCC_VERSION"}


def test_without_a_base_that_knows_the_toolchain_it_is_assumed(cli: Cli, root: Path) -> None:
    edit(root, "init/Kconfig", lambda text: text + TOOLCHAIN)
    ran = cli("config", root, "--only", "gpio")
    assert "assumed, as of GCC 12.2 and binutils 2.40: CC_VERSION_TEXT" in ran.out
    assert "odd is not known" in ran.err
    asked = cli("config", root, "--only", "gpio", "--toolchain", "true")
    assert "assumed" not in asked.out
    assert values(root / ".config")["GCC_VERSION"] == "120200"


@pytest.mark.parametrize(
    ("incomplete", "offered"),
    [("us", ["usb-hub"]), ("gpio,v", ["gpio,virt"]), ("x", []), ("virt,", None)],
)
def test_completion(root: Path, incomplete: str, offered: list[str] | None) -> None:
    found = subsystems(root, incomplete)
    if offered is None:
        offered = [f"virt,{name}" for name in OPTIONS]
    assert sorted(found) == sorted(offered)
    assert subsystems(root / "include", incomplete) == []
    assert subsystems(FIXTURES / "tree", incomplete) == []


def test_the_shell_is_offered_names(root: Path) -> None:
    words = {"COMP_WORDS": f"tracecfg config {root} --only gpio,ta", "COMP_CWORD": "4"}
    command = [sys.executable, "-m", "tracecfg"]
    environment = {**os.environ, "_TRACECFG_COMPLETE": "complete_bash", **words}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["gpio,task"]


# ---- what is wrong


def test_unknown_name(cli: Cli, root: Path) -> None:
    ran = cli("config", root, "--only", "gpoi")
    failed(ran, 1, "gpoi: this tree has no option", "did you mean gpio")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "which subsystems?"),
        (["--only", "gpio", "--enable", "virt"], "which subsystems?"),
        (["--enable", "gpio", "--disable", "g*"], "gpio: to be on and to be off"),
        (["--only", "gpio", "-o", "a", "--fragment", "b"], "-o or --fragment"),
        (["--only", "gpio", "-o", "-", "--json"], "--json: standard output"),
        (["--only", "gpio", "--config", "x.toml"], "--config names the file of a profile"),
        (["--only", "gpio", "--base", "none"], "none: cannot be read: No such file"),
        (["--only", "gpio", "--arch", "vax"], "vax: not an architecture of this tree"),
        (["--only", "gpio", "-o", "include"], "include: not written: a folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use(
    cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(root)
    failed(cli("config", root, *arguments), 2, message)


def test_a_tree_without_options(cli: Cli) -> None:
    ran = cli("config", FIXTURES / "tree", "--only", "gpio")
    failed(ran, 2, "no options for trace systems here", "`tracecfg generate` makes them")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no .config: it sets nothing"),
        ("\x7fELF\0\0", ":1: no line of a .config"),
        ("CONFIG_X86=y\nCONFIG_VI", ":2: no line of a .config: CONFIG_VI"),
        ("CONFIG_X86=y\n<<<<<<< HEAD\n", ":2: no line of a .config"),
        (HEADER.format("vax", VERSION) + "CONFIG_X86=y\n", "vax: not an architecture"),
    ],
)
def test_a_damaged_base(cli: Cli, root: Path, text: str, message: str) -> None:
    (root / ".config").write_text(text)
    failed(cli("config", root, "--only", "gpio"), 2, message)
    assert (root / ".config").read_text() == text


def test_a_base_of_another_architecture(cli: Cli, root: Path) -> None:
    (root / "arch/arm64").mkdir()
    (root / "arch/arm64/Kconfig").write_text("config ARM64\n\tdef_bool y\n")
    text = (root / ".config").read_text()
    (root / ".config").write_text(HEADER.format("arm64", VERSION) + text)
    ran = cli("config", root, "--only", "gpio", "--arch", "x86")
    failed(ran, 2, "a configuration for arm64, not for x86")
    assert cli("config", root, "--only", "gpio").code == 0
    assert "ARM64" in values(root / ".config")


def test_a_base_of_another_version(cli: Cli, root: Path) -> None:
    text = (root / ".config").read_text() + "CONFIG_LONG_GONE=y\n"
    (root / ".config").write_text(HEADER.format("x86", "5.10.1") + text)
    ran = cli("config", root, "--only", "gpio")
    assert ran.code == 0
    assert "of Linux 5.10.1; this tree is 6.12.0-fixture\n" in ran.err
    assert "1 symbol not in this tree: LONG_GONE\n" in ran.err


def test_output_that_cannot_be_written(cli: Cli, root: Path) -> None:
    before = (root / ".config").read_bytes()
    ran = cli("config", root, "--only", "gpio", "-o", "/dev/full")
    failed(ran, 4, "/dev/full: not written: No space left on device")
    assert (root / ".config").read_bytes() == before


def test_output_in_no_folder(cli: Cli, root: Path) -> None:
    ran = cli("config", root, "--only", "gpio", "-o", root / "none/x")
    failed(ran, 4, "not written: No such file or directory")
