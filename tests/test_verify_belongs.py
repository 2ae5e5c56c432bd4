"""verify: what is of another kernel, what was not given, and options of other names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cost.small import image, module, stripped
from tests.small import converted_tree, copy_tree, needed
from tests.test_verify import UNPATCHED, Cli, extra, findings, missing
from tracecfg.explain.read import shipped_hints
from tracecfg.gate import ALWAYS
from tracecfg.rules.engine import default_option
from tracecfg.verify.belongs import same_version
from tracecfg.verify.known import has_series, prefix

ALWAYS_BUILT = [
    default_option(name, "")
    for name, each in shipped_hints().systems.items()
    if each.option and each.gate(None) is ALWAYS
]
HEADER = "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/{} Kernel Configuration\n#\n"
LOADS_MODULES = 'char modprobe_path[16] = "/sbin/modprobe";\n'
VERMAGIC = (
    'static const char vermagic[] __attribute__((section(".modinfo"), used)) ='
    ' "license=GPL\\0vermagic={} SMP mod_unload ";\n'
)


def also(folder: Path, text: str) -> str:
    """An option that has the compiler read more C."""
    path = folder / "also.h"
    path.write_text(text)
    return f"-include{path}"


@pytest.fixture(scope="module")
def vmlinux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tracepoints of radio, one of radio-lamp, and it can load modules."""
    folder = tmp_path_factory.mktemp("image")
    return image(folder, "-DNO_BARE", also(folder, LOADS_MODULES))


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return converted_tree(tmp_path_factory.mktemp("converted"))


# ---- what is of another kernel


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("x86 6.12.0", None),
        ("x86_64 6.12.0-rc1", None),
        ("um 6.12.76", None),
        ("x86 6.13.0", "a configuration of Linux 6.13.0, and "),
        ("arm64 6.12.0", "a configuration for arm64, and "),
        ("i386 6.12.0", "a configuration for i386, and "),
        ("x86 \x1b[31m6", None),
    ],
)
def test_a_configuration_of_another_kernel(
    cli: Cli, vmlinux: Path, tmp_path: Path, header: str, said: str | None
) -> None:
    config = tmp_path / ".config"
    config.write_text(HEADER.format(header) + "CONFIG_TRACING_RADIO=y\n")
    ran = cli("verify", vmlinux, "--only", "radio*", "--config", config, "--json")
    assert ran.code == (0 if said is None else 1)
    rows = json.loads(ran.out)["findings"]
    assert [(row["rule"], row["file"]) for row in rows] == (
        [] if said is None else [("other-configuration", str(config))]
    )
    assert all(row["message"].startswith(said) for row in rows)


@pytest.mark.parametrize(
    ("release", "version", "same"),
    [
        ("6.12.117", "6.12.117", True),
        ("6.12.117-local+", "6.12.117", True),
        ("6.12.117", "6.12.116", False),
        ("6.1.0-18-amd64", "6.1.76", True),
        ("6.8.0-45-generic", "6.8.12", True),
        ("6.13.0", "6.12.0", False),
        ("7.1", "7.1.0-rc2", True),
        ("", "6.12.0", True),
        ("6.12.0", "", True),
        ("next", "6.12.0", True),
        ("\u0666.1.0", "6.12.0", True),
    ],
)
def test_releases_of_a_version(release: str, version: str, same: bool) -> None:
    assert same_version(release, version) == same


def test_a_tree_of_another_version(cli: Cli, tmp_path: Path, converted: Path) -> None:
    config = tmp_path / ".config"
    config.write_text(HEADER.format("x86 6.1.2") + (converted / ".config").read_text())
    ran = cli("verify", "--config", config, "--only", "*", "--tree", converted, "--json")
    assert ran.code == 1
    (row,) = json.loads(ran.out)["findings"]
    assert (row["rule"], row["file"]) == ("other-tree", str(config))


def test_modules_of_another_kernel(cli: Cli, vmlinux: Path, tmp_path: Path) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    for number, release in enumerate(["6.12.0", "6.11.9-a", "6.11.9-a"]):
        made = module(tmp_path, "-DNO_BARE", also(tmp_path, VERMAGIC.format(release)))
        made.rename(folder / f"radio{number}.ko")
    ran = cli("verify", vmlinux, "--only", "*", "--modules", folder, "--json")
    assert ran.code == 1
    (row,) = json.loads(ran.out)["findings"]
    assert row["rule"] == "other-modules"
    assert row["message"] == (
        f"2 modules of Linux 6.11.9-a, and {vmlinux} is of 6.12.0: "
        f"{folder}/radio1.ko, {folder}/radio2.ko"
    )


def test_a_system_map_with_the_same_banner(cli: Cli, tmp_path: Path) -> None:
    needed("nm", "strip")
    bare = stripped(image(tmp_path, "-DNO_BARE"))
    names = bare.parent / "System.map"
    lines = names.read_text().splitlines(keepends=True)
    at = {line.split()[2]: line.split()[0] for line in lines}
    moved = at["__tracepoint_radio_off"]
    swapped = [
        line.replace(at["__tracepoint_radio_on"], moved)
        if "__tracepoint_radio_on" in line
        else line
        for line in lines
    ]
    names.write_text("".join(swapped))
    ran = cli("verify", bare, "--only", "radio*")
    assert (ran.code, ran.out) == (2, "")
    assert "the System.map is that of another kernel: __tracepoint_radio_on is not" in ran.err


# ---- what was not given


def test_modules_that_were_not_given_are_told(cli: Cli, vmlinux: Path, tmp_path: Path) -> None:
    ran = cli("verify", vmlinux, "--only", "radio*")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"{vmlinux}: note: the kernel can load modules, and none were given; --modules names their "
        "folder",
        f"{vmlinux}: as chosen: radio, radio-lamp (3 tracepoints), 1 note",
    ]
    config = tmp_path / ".config"
    config.write_text("CONFIG_MODULES=y\nCONFIG_TRACING_RADIO=y\n")
    ran = cli("verify", vmlinux, "--only", "radio*", "--config", config, "--json")
    assert findings(ran) == (0, [])


def test_what_is_on_for_a_module_is_there(cli: Cli, vmlinux: Path, tmp_path: Path) -> None:
    config = tmp_path / ".config"
    config.write_text(f"{UNPATCHED}CONFIG_TRACING_XFS=y\nCONFIG_XFS_FS=m\n")
    where = ["--config", config, "--json"]
    ran = cli("verify", vmlinux, "--only", "radio*", *where)
    rows = json.loads(ran.out)["findings"]
    assert findings(ran)[1][0] == extra("xfs (TRACING_XFS)")
    assert rows[0]["message"].endswith("on, with CONFIG_XFS_FS=m: in a module that was not given")
    ran = cli("verify", vmlinux, "--only", "radio*,xfs", *where)
    rows = json.loads(ran.out)["findings"]
    assert findings(ran)[1][0] == missing("xfs (TRACING_XFS)")
    assert rows[0]["hint"] == (
        "CONFIG_TRACING_XFS=y with CONFIG_XFS_FS=m: it is in no file that was given; --modules "
        "names more"
    )


# ---- options of other names


def test_the_prefix_of_the_series_is_that_of_the_options() -> None:
    hints = shipped_hints()
    assert len(ALWAYS_BUILT) > 20
    for begin in ("TRACING_", "TRACING_EVENTS_", "TRACE_"):
        every = {begin + name for name in ALWAYS_BUILT}
        assert prefix(hints, every) == begin
        assert has_series(hints, every)
    few = {f"TRACE_{name}" for name in ALWAYS_BUILT[:5]} | set(ALWAYS_BUILT)
    assert prefix(hints, few) == "TRACING_"
    assert not has_series(hints, {*few, "TRACING_SUPPORT"})


def test_options_with_another_prefix(cli: Cli, vmlinux: Path, tmp_path: Path) -> None:
    config = tmp_path / ".config"
    lines = [f"# CONFIG_TRACE_EV_{name} is not set\n" for name in ALWAYS_BUILT]
    config.write_text("".join(["CONFIG_TRACE_EV_RADIO=y\nCONFIG_TRACE_EV_XFS=y\n", *lines]))
    where = ["--config", config, "--json"]
    ran = cli("verify", vmlinux, "--only", "radio,irq", *where)
    lamp, irq = "radio-lamp (TRACE_EV_RADIO_LAMP)", "irq (TRACE_EV_IRQ)"
    assert findings(ran) == (1, [missing(irq), extra(lamp)])
    assert findings(cli("verify", "--only", "xfs,TRACE_EV_XFS", *where)) == (0, [])


def test_an_option_that_a_subsystem_has_upstream(cli: Cli, tmp_path: Path) -> None:
    config = tmp_path / ".config"
    verify = ["verify", "--config", config, "--only", "gpio", "--json"]
    config.write_text("CONFIG_TRACING_GPIO=y\nCONFIG_ATH10K_TRACING=y\n")
    assert findings(cli(*verify)) == (1, [extra("ath10k (ATH10K_TRACING)")])
    config.write_text(config.read_text() + "# CONFIG_TRACING_ATH10K is not set\n")
    assert findings(cli(*verify)) == (0, [])


@pytest.mark.parametrize("chosen", ["gpio", "ath10k", "*"])
def test_a_configuration_without_the_series(cli: Cli, tmp_path: Path, chosen: str) -> None:
    config = tmp_path / ".config"
    config.write_text(f"{UNPATCHED}CONFIG_ATH10K_TRACING=y\n")
    ran = cli("verify", "--config", config, "--only", chosen, "--json")
    what = "no option leaves a subsystem out"
    assert findings(ran) == (1, [("no-options", "error", what)])


def test_a_configuration_without_tracing(cli: Cli, tmp_path: Path) -> None:
    config = tmp_path / ".config"
    config.write_text("# CONFIG_FTRACE is not set\n")
    ran = cli("verify", "--config", config, "--only", "gpio", "--json")
    assert findings(ran) == (1, [missing("gpio (TRACING_GPIO)")])
    hint = json.loads(ran.out)["findings"][0]["hint"]
    assert hint == "without CONFIG_TRACEPOINTS a kernel has no tracepoints at all"


# ---- the running kernel


def test_events_that_somebody_defined_are_nobodys(cli: Cli, tmp_path: Path) -> None:
    events = tmp_path / "events"
    for event in ("irq/irq_handler_entry", "irq/mine", "mine/probe", "synthetic/s"):
        (events / event).mkdir(parents=True)
        (events / event / "enable").touch()
    (tmp_path / "dynamic_events").write_text("p:irq/mine a\nr8:mine/probe b\ns:synthetic/s u32 x\n")
    live = ["verify", "--live", "--tracefs", tmp_path]
    ran = cli(*live, "--only", "irq")
    assert (ran.code, ran.out) == (0, f"{tmp_path}: as chosen: irq (1 event)\n")
    assert findings(cli(*live, "--only", "irq,mine,synthetic", "--json")) == (0, [])
    assert findings(cli(*live, "--only", "irq,yours", "--json")) == (1, [missing("yours")])


# ---- what is printed


def test_nothing_reaches_the_terminal_that_it_obeys(
    cli: Cli, vmlinux: Path, tmp_path: Path
) -> None:
    odd = tmp_path / "vm\x1b[31m\nlinux"
    odd.symlink_to(vmlinux)
    ran = cli("verify", odd, "--only", "radio,g\x1b[31mpio")
    assert ran.code == 1
    assert ran.out.isascii()
    assert "\x1b" not in ran.out
    assert all(
        line.startswith(f"{tmp_path}/vm\\x1b[31m\\nlinux: ") for line in ran.out.splitlines()
    )
    assert "g\\x1b[31mpio: chosen, and nothing of that name is there" in ran.out
    assert "\x1b" not in cli("verify", tmp_path / "no\x1b[31m", "--only", "radio").err


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (["--profile", "p"], 2, "no tracecfg.toml in", "--profiles FILE names one"),
        (["--profile", "q", "--profiles", "t"], 1, "q", "p"),
        (["--profile", "p", "--profiles", "gone"], 2, "gone: cannot be read", "--profiles names"),
        (["--only", "radio", "--allow-selected"], 2, "--allow-selected: only the tree's", "--tree"),
        (["--only", "radio", "--tracefs", "/x"], 2, "--tracefs and --mount belong to --live", ""),
        (
            ["--only", "radio", "--config", "c", "--tree", "linux"],
            2,
            "no options for trace",
            "series",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use(
    cli: Cli,
    vmlinux: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    message: str,
    hint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t").write_text('[profile.p]\nevents = ["radio"]\n')
    Path("c").write_text("CONFIG_TRACING_RADIO=y\n")
    copy_tree(tmp_path)
    ran = cli("verify", vmlinux, *arguments)
    assert (ran.code, ran.out) == (code, "")
    first, *rest = ran.err.splitlines()
    assert message in first
    assert hint in "".join(rest)
