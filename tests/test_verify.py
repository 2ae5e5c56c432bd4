"""verify: what was chosen against an image, a .config, and a folder that looks like tracefs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cost.small import image, module, stripped
from tests.small import Ran, converted_tree, needed
from tracecfg.kernel.image import read_image
from tracecfg.verify.held import part

Cli = Callable[..., Ran]
Rows = list[tuple[str, str, str]]
ON = "CONFIG_TRACING_RADIO=y\nCONFIG_TRACING_RADIO_LAMP=y\n"
OFF = "CONFIG_TRACING_RADIO=y\n# CONFIG_TRACING_RADIO_LAMP is not set\n"
UNPATCHED = "CONFIG_TRACEPOINTS=y\nCONFIG_GPIOLIB=y\n"
GPIO_OFF = "CONFIG_TRACEPOINTS=y\n# CONFIG_GPIOLIB is not set\n"


@pytest.fixture(scope="module")
def vmlinux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tracepoints of radio, one of radio-lamp."""
    return image(tmp_path_factory.mktemp("image"), "-DNO_BARE")


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return converted_tree(tmp_path_factory.mktemp("converted"))


@pytest.fixture
def tracefs(tmp_path: Path) -> Path:
    """gpio with two events, and what the core makes besides."""
    root = tmp_path / "tracefs"
    for event in ("gpio/gpio_value", "gpio/gpio_direction", "ftrace/function", "syscalls/sys_x"):
        (root / "events" / event).mkdir(parents=True)
        (root / "events" / event / "enable").touch()
    return root


def findings(ran: Ran) -> tuple[int, Rows]:
    """The exit code, and of each finding the rule, the severity and the name it begins with."""
    shown: dict[str, Any] = json.loads(ran.out)
    assert shown["schema"] == "tracecfg.verify/1"
    assert shown["as_chosen"] == (ran.code == 0)
    assert ran.err == ""
    rows = shown["findings"]
    for row in rows:
        assert set(row) == {"rule", "severity", "file", "line", "message", "hint"}
    return ran.code, [(row["rule"], row["severity"], row["message"].split(":")[0]) for row in rows]


def missing(name: str) -> tuple[str, str, str]:
    return "missing-subsystem", "error", name


def extra(name: str) -> tuple[str, str, str]:
    return "extra-subsystem", "error", name


# ---- an image


@pytest.mark.parametrize(
    "chosen", ["radio,radio-lamp", "radio*", "TRACING_RADIO,CONFIG_TRACING_RADIO_LAMP", "*"]
)
def test_an_image_as_chosen(cli: Cli, vmlinux: Path, chosen: str) -> None:
    ran = cli("verify", vmlinux, "--only", chosen)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{vmlinux}: as chosen: radio, radio-lamp (3 tracepoints)\n"
    assert findings(cli("verify", vmlinux, "--only", chosen, "--json")) == (0, [])


def test_every_difference_is_named_with_its_option(cli: Cli, vmlinux: Path) -> None:
    ran = cli("verify", vmlinux, "--only", "radio,gpio")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        f"{vmlinux}: error: gpio (TRACING_GPIO): chosen, and not there; CONFIG_TRACING_GPIO=y puts "
        "it in, in a kernel built with what it depends on",
        f"{vmlinux}: error: radio-lamp (TRACING_RADIO_LAMP): not chosen, and there: 1 tracepoint; "
        "CONFIG_TRACING_RADIO_LAMP=n takes it out, unless a consumer selects it: --config and "
        "--tree tell",
        f"{vmlinux}: not as chosen: 2 errors",
    ]
    assert findings(cli("verify", vmlinux, "--only", "radio,gpio", "--json")) == (
        1, [missing("gpio (TRACING_GPIO)"), extra("radio-lamp (TRACING_RADIO_LAMP)")],
    )  # fmt: skip


def test_a_name_and_a_glob_that_nothing_has(cli: Cli, vmlinux: Path) -> None:
    ran = cli("verify", vmlinux, "--only", "radoi,x*,radio*")
    assert ran.code == 1
    assert (
        f"{vmlinux}: error: radoi: chosen, and nothing of that name is there; did you mean radi"
        in (ran.out)
    )
    assert "error: x*: chosen, and nothing of that name is there; it would be " in ran.out
    assert "xfs (TRACING_XFS)" in ran.out
    assert findings(cli("verify", vmlinux, "--only", "radio*,x*", "--json")) == (1, [missing("x*")])


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        (ON, 2, "CONFIG_TRACING_RADIO_LAMP=n takes it out, unless"),
        (OFF, 2, "is not set: the kernel was not built with this configuration"),
        ("CONFIG_X86=y\n", None, "is it a kernel with the series of `tracecfg generate`?"),
    ],
    ids=["on", "off", "no such option"],
)
def test_the_configuration_says_why_something_is_there(
    cli: Cli, vmlinux: Path, tmp_path: Path, text: str, line: int | None, hint: str
) -> None:
    config = tmp_path / ".config"
    config.write_text(text)
    ran = cli("verify", vmlinux, "--only", "radio", "--config", config, "--json")
    assert findings(ran) == (1, [extra("radio-lamp (TRACING_RADIO_LAMP)")])
    (found,) = json.loads(ran.out)["findings"]
    assert (found["file"], found["line"]) == (str(config if line else vmlinux), line)
    assert hint in found["hint"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("CONFIG_TRACING_GPIO=y\n", "it is in no file that was given"),
        ("# CONFIG_TRACING_GPIO is not set\n", "CONFIG_TRACING_GPIO=y puts it in"),
        (GPIO_OFF, "without CONFIG_GPIOLIB Linux"),
        ("CONFIG_X86=y\n", "without CONFIG_TRACEPOINTS a kernel has no tracepoints at all"),
        (UNPATCHED, "is it a kernel with the series of `tracecfg generate`?"),
        (f"{UNPATCHED}CONFIG_TRACING_IRQ=y\n", "no CONFIG_TRACING_GPIO: what it depends on is off"),
    ],
    ids=["on", "off", "unmet", "no tracepoints", "unpatched", "no such option"],
)
def test_the_configuration_says_why_something_is_missing(
    cli: Cli, vmlinux: Path, tmp_path: Path, text: str, hint: str
) -> None:
    (tmp_path / ".config").write_text(text)
    config = ["--config", tmp_path / ".config", "--json"]
    ran = cli("verify", vmlinux, "--only", "radio*,gpio", *config)
    assert findings(ran) == (1, [missing("gpio (TRACING_GPIO)")])
    assert hint in json.loads(ran.out)["findings"][0]["hint"]


def test_a_configuration_of_another_kernel_is_told(cli: Cli, vmlinux: Path, tmp_path: Path) -> None:
    (tmp_path / ".config").write_text(OFF)
    ran = cli("verify", vmlinux, "--only", "*", "--config", tmp_path / ".config", "--json")
    what = "radio-lamp (TRACING_RADIO_LAMP)"
    assert findings(ran) == (1, [("other-configuration", "error", what)])


def test_modules_count_and_are_named(cli: Cli, vmlinux: Path, tmp_path: Path) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    radio = module(tmp_path, "-DNO_BARE").rename(folder / "radio.ko")
    ran = cli("verify", vmlinux, "--only", "radio", "--modules", folder)
    assert f"radio-lamp (TRACING_RADIO_LAMP): not chosen, and there: 1 tracepoint in {radio}" in (
        ran.out
    )
    (folder / "broken.ko").write_bytes(radio.read_bytes()[:1000])
    code, rows = findings(cli("verify", vmlinux, "--only", "*", "--modules", folder, "--json"))
    assert (code, rows) == (1, [("unread-module", "error", "not read")])


def test_a_tracepoint_of_one_of_two_subsystems(cli: Cli, tmp_path: Path) -> None:
    """No structure says of which it is: that is nobody's concern when both were chosen."""
    both = image(tmp_path)
    assert findings(cli("verify", both, "--only", "radio,radio-lamp", "--json")) == (0, [])
    ran = cli("verify", both, "--only", "radio")
    assert ran.code == 1
    assert "error: 1 tracepoint of a subsystem that cannot be told: radio_bare; " in ran.out
    assert part(read_image(both), {"radio_bare": "radio"}).undecided == {}


def test_a_stripped_image_is_read_by_its_system_map(cli: Cli, tmp_path: Path) -> None:
    needed("nm", "strip")
    bare = stripped(image(tmp_path, "-DNO_BARE"))
    names = (bare.parent / "System.map").rename(tmp_path / "names")
    assert cli("verify", bare, "--only", "radio*").code == 3
    assert cli("verify", bare, "--only", "radio*", "--map", names).code == 0


def test_a_profile_chooses_too(cli: Cli, vmlinux: Path, tmp_path: Path) -> None:
    toml = tmp_path / "tracecfg.toml"
    toml.write_text('[profile.p]\nevents = ["radio:radio_on", "radio*", "!radio-lamp"]\n')
    ran = cli("verify", vmlinux, "--profile", "p", "--profiles", toml, "--json")
    assert findings(ran) == (1, [extra("radio-lamp (TRACING_RADIO_LAMP)")])


# ---- a .config, with its tree and without


def test_a_configuration_that_config_made(cli: Cli, converted: Path, tmp_path: Path) -> None:
    """What a consumer selected is named with it where the tree tells; who knows it may allow it."""
    config = tmp_path / ".config"
    assert cli("config", converted, "--only", "gpio", "-o", config).code == 0
    verify = ["verify", "--config", config, "--only", "gpio"]
    assert findings(cli(*verify, "--json")) == (1, [extra("queue (TRACING_QUEUE)")])
    ran = cli(*verify, "--tree", converted)
    assert ran.code == 1
    line, verdict = ran.out.splitlines()
    said = "queue (TRACING_QUEUE): not chosen, and on; while QUEUE_TRACER (kernel/trace/Kconfig:36)"
    assert line.startswith(f"{config}:")
    assert f": error: {said} selects it" in line
    assert verdict == f"{config}: not as chosen: 1 error"
    ran = cli(*verify, "--tree", converted, "--allow-selected")
    assert ran.code == 0
    line, verdict = ran.out.splitlines()
    assert f": note: {said} selects it" in line
    assert verdict == f"{config}: as chosen: gpio, 1 note"


@pytest.mark.parametrize("build", [".", "build"])
def test_the_tree_is_found_from_the_configuration(
    cli: Cli, converted: Path, tmp_path: Path, build: str
) -> None:
    tree = Path(shutil.copytree(converted, tmp_path / "linux"))
    config = tree / build / ".config"
    config.parent.mkdir(exist_ok=True)
    (tree / build / "source").symlink_to(tree)
    assert cli("config", tree, "--only", "gpio", "-o", config).code == 0
    ran = cli("verify", "--config", config, "--only", "gpio", "--json")
    assert findings(ran) == (1, [("selected-subsystem", "error", "queue (TRACING_QUEUE)")])
    ran = cli("verify", "--config", config, "--only", "gpio", "--json", "--allow-selected")
    assert findings(ran) == (0, [("selected-subsystem", "note", "queue (TRACING_QUEUE)")])


def test_what_a_configuration_lacks(cli: Cli, converted: Path) -> None:
    config = converted / ".config"
    code, rows = findings(cli("verify", "--config", config, "--only", "*,radio,xfs", "--json"))
    assert (code, rows) == (1, [missing("radio (TRACING_RADIO)"), missing("xfs")])


def test_options_that_are_no_subsystems(cli: Cli, tmp_path: Path) -> None:
    config = tmp_path / ".config"
    config.write_text("CONFIG_TRACING_SUPPORT=y\nCONFIG_TRACING_MAP=y\nCONFIG_TRACING_NEW=y\n")
    ran = cli("verify", "--config", config, "--only", "new")
    assert (ran.code, ran.out) == (0, f"{config}: as chosen: new\n")


# ---- the running kernel


def test_a_running_kernel(cli: Cli, tracefs: Path, tmp_path: Path) -> None:
    live = ["verify", "--live", "--tracefs", tracefs]
    ran = cli(*live, "--only", "gpio")
    assert (ran.code, ran.out) == (0, f"{tracefs}: as chosen: gpio (2 events)\n")
    assert findings(cli(*live, "--only", "gpio,syscalls", "--json")) == (0, [])
    (tmp_path / "config").write_text("CONFIG_TRACING_IRQ=y\n")
    ran = cli(*live, "--only", "irq", "--config", tmp_path / "config")
    assert ran.code == 1
    assert "irq (TRACING_IRQ): chosen, and not there" in ran.out
    assert "`tracecfg explain irq` says why" in ran.out
    assert "gpio (TRACING_GPIO): not chosen, and there: 2 events" in ran.out


def test_system_calls_have_no_tracepoints_to_verify(
    cli: Cli, vmlinux: Path, tmp_path: Path
) -> None:
    ran = cli("verify", vmlinux, "--only", "radio*,syscalls")
    assert ran.code == 0
    assert "note: syscalls (FTRACE_SYSCALLS): chosen, and no image shows events without" in ran.out
    config = tmp_path / ".config"
    where = ["verify", vmlinux, "--only", "radio*,syscalls", "--config", config, "--json"]
    config.write_text("CONFIG_FTRACE_SYSCALLS=y\n")
    assert findings(cli(*where)) == (0, [])
    config.write_text("# CONFIG_FTRACE_SYSCALLS is not set\n")
    assert findings(cli(*where)) == (1, [missing("syscalls (FTRACE_SYSCALLS)")])


# ---- what is wrong


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "gpio"], "verify: what?"),
        (["vmlinux"], "which subsystems were chosen?"),
        (["vmlinux", "--only", ","], "which subsystems were chosen?"),
        (["vmlinux", "--live", "--only", "gpio"], "VMLINUX or --live"),
        (["--live", "--modules", "x", "--only", "gpio"], "--modules and --map belong"),
        (["vmlinux", "--tree", "x", "--only", "gpio"], "--tree belongs"),
        (["vmlinux", "--only", "gpio", "--profiles", "x"], "--profiles names"),
        (["vmlinux", "--only", "gpio"], "vmlinux: cannot be read: No such file"),
        (["--config", "none", "--only", "gpio"], "none: cannot be read: No such file"),
        (["--config", "bad", "--only", "gpio"], "bad:1: no line of a .config"),
        (["--config", "good", "--tree", ".", "--only", "gpio"], "not a kernel tree"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad").write_bytes(b"\x7fELF\0")
    (tmp_path / "good").write_text(ON)
    ran = cli("verify", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err.splitlines()[0]


def test_an_image_that_is_none_or_of_another_machine(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "vmlinux"
    path.write_bytes(b"MZ" + bytes(0x200) + b"HdrS" + bytes(2000))
    assert "a bzImage" in cli("verify", path, "--only", "gpio").err
    path.write_bytes(b"\x7fELF\x01\x01\x01" + bytes(60))
    assert cli("verify", path, "--only", "gpio").code in (2, 3)


def test_no_tracefs(cli: Cli, tmp_path: Path) -> None:
    ran = cli("verify", "--live", "--tracefs", tmp_path, "--only", "gpio")
    assert (ran.code, ran.out) == (3, "")
    assert "no events here" in ran.err
