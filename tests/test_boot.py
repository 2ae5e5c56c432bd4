"""boot: kernel parameters, bootconfig and a systemd unit, within what the kernel takes."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.kernel.lab.cache import missing
from tests.small import Ran
from tracecfg.boot import run as boot_run
from tracecfg.boot.bootconfig import XBC_NODE_MAX, bootconfig
from tracecfg.boot.line import COMMAND_LINE_SIZE, MAX_BOOT_TRIGGERS, command_line
from tracecfg.boot.request import Request, request
from tracecfg.boot.unit import unit
from tracecfg.errors import UnknownNameError, UsageError
from tracecfg.profile import Profile, parse

PROFILE = """\
[profile.gpio-debug]
events = ["gpio", "irq:irq_handler_entry"]
instance = "gpio"
buffer_size_kb = 64
clock = "mono"
[profile.gpio-debug.filters]
"gpio:gpio_value" = "value == 1"
"irq:irq_handler_entry" = 'name ~ "tty*"'
[profile.gpio-debug.triggers]
"gpio:gpio_value" = ["stacktrace:5", "traceoff if value > 0"]
"""
BOOTCONFIG = """\
ftrace.instance.gpio {
	trace_clock = "mono"
	buffer_size = "64K"
	event {
		gpio.gpio_value {
			filter = "value == 1"
			actions = "stacktrace:5", "traceoff if value > 0"
		}
		irq.irq_handler_entry.filter = 'name ~ "tty*"'
	}
	events = "gpio", "irq:irq_handler_entry"
}
"""


EVENTS = {"irq": ["irq_handler_entry", "irq_handler_exit"], "sched": ["sched_switch"]}


class Running:
    """A kernel with three events."""

    def systems(self) -> Sequence[str]:
        return list(EVENTS)

    def events(self, system: str) -> Sequence[str]:
        return EVENTS.get(system, [])

    def has(self, system: str, event: str | None) -> bool:
        return system in EVENTS if event is None else event in self.events(system)


def exact(*words: str) -> tuple[str, ...]:
    return request(words, profile=None, instance=None, names=Running())[0].events


def line(wanted: Request) -> str:
    return command_line(wanted, machine="x86_64")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tracecfg.toml").write_text(PROFILE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(boot_run, "_names", lambda: None)
    return tmp_path


def test_events_are_one_parameter(cli: Callable[..., Ran], folder: Path) -> None:
    ran = cli("boot", "gpio", "sched:sched_switch", "gpio")
    assert (ran.code, ran.out) == (0, "trace_event=gpio,sched:sched_switch\n")


def test_an_instance_has_a_parameter_of_its_own(cli: Callable[..., Ran], folder: Path) -> None:
    assert cli("boot", "gpio", "--instance", "x").out == "trace_instance=x,gpio\n"


def test_what_the_kernel_understands_at_boot_is_passed_on() -> None:
    words = ("irq", "sched:*", "*:sched_switch", ":mod:xfs")
    assert exact(*words) == words
    assert exact("*") == ("*:*",)


def test_globs_and_exclusions_are_what_the_running_kernel_has_of_them() -> None:
    assert exact("irq", "!irq:irq_handler_exit") == ("irq:irq_handler_entry",)
    assert exact("s*", "irq:*entry") == ("sched", "irq:irq_handler_entry")
    with pytest.raises(UnknownNameError):
        exact("nothing*")
    with pytest.raises(UsageError, match="no globs and no exclusions"):
        request(["irq:*entry"], profile=None, instance=None, names=None)


def test_a_name_that_the_running_kernel_lacks_is_mentioned() -> None:
    _, notes = request(["gpio", "irq"], profile=None, instance=None, names=Running())
    assert notes == ["gpio: the running kernel does not have it"]


def test_triggers_clock_and_buffer_have_parameters() -> None:
    wanted = Request(
        events=("sched",),
        triggers={"sched:sched_switch": ("stacktrace if prev_state == 2", "traceoff")},
        buffer_size_kb=64,
        clock="mono",
    )
    assert shlex.split(line(wanted)) == [
        "trace_event=sched",
        "trace_clock=mono",
        "trace_buf_size=64K",
        "trace_trigger=sched_switch.stacktrace if prev_state == 2,sched_switch.traceoff",
    ]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Request(events=("a",), filters={"a:b": "x > 1"}, place="f:7"), "f:7: .* for filters"),
        (Request(events=("a",), clock="mono", instance="i"), "clock of an instance"),
        (Request(events=("a",), buffer_size_kb=1, instance="i"), "buffer size of an instance"),
        (Request(events=("a",), triggers={"a:b": ("x",)}, instance="i"), "triggers of an inst"),
        (Request(events=("a",), instance="a,b"), "cannot name it"),
        (Request(events=("a",), instance="a b"), "cannot name it"),
        (Request(events=("a",), instance="a^traceoff"), "cannot name it"),
        (Request(events=("a",), triggers={"a:b": ("hist:keys=a,b",)}), "comma or a quote"),
        (Request(events=("a",), triggers={"a:b": ('x if a == "b"',)}), "comma or a quote"),
        (Request(events=("a",), triggers={"a:b": ("x",) * (MAX_BOOT_TRIGGERS + 1)}), "takes 32"),
        (Request(events=("a" * COMMAND_LINE_SIZE["x86_64"],)), "2060 bytes .* takes 2047"),
    ],
)
def test_what_the_command_line_cannot_say_is_an_error(wanted: Request, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        line(wanted)


def test_the_longest_line_that_fits() -> None:
    fits = COMMAND_LINE_SIZE["x86_64"] - 1 - len("trace_event=")
    assert len(line(Request(events=("a" * fits,)))) == COMMAND_LINE_SIZE["x86_64"] - 1
    with pytest.raises(UsageError):
        line(Request(events=("a" * (fits + 1),)))


def test_a_profile_as_bootconfig(cli: Callable[..., Ran], folder: Path) -> None:
    ran = cli("boot", "--profile", "gpio-debug", "--bootconfig")
    assert (ran.code, ran.out) == (0, BOOTCONFIG)
    shown = json.loads(cli("boot", "--profile", "gpio-debug", "--bootconfig", "--json").out)
    assert (shown["schema"], shown["text"]) == ("tracecfg.boot/1", BOOTCONFIG)


def test_a_profile_with_filters_is_no_command_line(cli: Callable[..., Ran], folder: Path) -> None:
    ran = cli("boot", "--profile", "gpio-debug")
    assert (ran.code, ran.out) == (2, "")
    assert f"{folder}/tracecfg.toml:1: the kernel command line has no parameter" in ran.err


@pytest.mark.parametrize("form", [[], ["--bootconfig"]])
def test_pids_are_an_error_with_their_place(
    cli: Callable[..., Ran], folder: Path, form: list[str]
) -> None:
    (folder / "p.toml").write_text("\n[profile.x]\nevents = ['gpio']\npids = [1]\n")
    ran = cli("boot", "--config", folder / "p.toml", "--profile", "x", *form)
    assert (ran.code, ran.out) == (2, "")
    assert "p.toml:2: profile x has pids" in ran.err
    assert cli("boot", "--config", "p.toml", "--profile", "x", "--systemd").code == 0


@pytest.mark.parametrize(
    "wrong",
    [[], ["--bootconfig", "--systemd", "gpio"], ["a/b"], ["!gpio"], ["--config", "x", "gpio"]],
)
def test_wrong_use(cli: Callable[..., Ran], folder: Path, wrong: list[str]) -> None:
    ran = cli("boot", *wrong)
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Request(events=("a",), instance="my.trace"), "instance 'my.trace'"),
        (Request(events=("a",), filters={"a.b:c": "x"}), "event 'a.b'"),
        (Request(events=("a",), filters={"a:enable": "x"}), "whole subsystem"),
        (Request(events=("a",), filters={"a:b": "x" * 256}), "256 bytes; the kernel takes 255"),
        (Request(events=("a",), triggers={"a:b": ("x" * 256,)}), "takes 255"),
        (Request(events=("a" * 256,)), "takes 255"),
        (Request(events=("a",), filters={"a:b": """c == "'" """}), "both kinds of quotes"),
        (Request(events=("a",), filters={"a:b": "x == é"}), "printable ASCII"),
        (Request(events=tuple(f"s:{n}" for n in range(XBC_NODE_MAX))), "of bootconfig: the kern"),
        (Request(events=tuple(f"s{'y' * 80}:{n}" for n in range(500))), "bytes of bootconfig"),
        (Request(events=("a",), filters={f"{'a' * 120}:{'b' * 125}": "x"}), "bytes in the key"),
    ],
)
def test_what_bootconfig_cannot_say_is_an_error(wanted: Request, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        bootconfig(wanted)


@pytest.mark.parametrize(
    "words",
    [
        ["a,b"],
        ['a"b'],
        ["init=/bin/sh"],
        ["a\udcff"],
        ["a", "--instance", "x/y"],
        ["a", "--instance", "x y"],
        ["a", "--instance", 'x"'],
        ["a", "--instance", "x\udcff"],
        ["a", "--instance", "x\ny", "--systemd"],
        ["a", "--instance", "x\ny", "--bootconfig"],
    ],
)
def test_no_name_adds_anything_to_the_output(
    cli: Callable[..., Ran], folder: Path, words: list[str]
) -> None:
    ran = cli("boot", *words)
    assert (ran.code, ran.out) == (2, "")


def test_a_unit_applies_the_profile_and_puts_it_back(cli: Callable[..., Ran], folder: Path) -> None:
    text = cli("boot", "--profile", "gpio-debug", "--systemd").out
    (start,) = [each for each in text.splitlines() if each.startswith("ExecStart=/")]
    (stop,) = [each for each in text.splitlines() if each.startswith("ExecStop=/")]
    config = f"--config {folder}/tracecfg.toml"
    assert start.endswith(f"tracecfg enable --mount {config} --profile gpio-debug")
    assert stop.endswith("tracecfg restore --instance gpio")


def test_a_unit_for_events_alone(cli: Callable[..., Ran], folder: Path) -> None:
    text = cli("boot", "gpio", "irq:*", "--systemd").out
    assert "tracecfg enable --mount gpio irq:*" in text
    assert text.count("tracecfg restore\n") == 1


def test_systemd_reads_the_unit_as_it_was_meant(tmp_path: Path) -> None:
    """Its own program says whether the commands are what they were."""
    start = ["/bin/echo", "a b", "100%", "$HOME", 'q"q', "back\\slash", "irq:*", "!x"]
    path = tmp_path / "tracecfg-test.service"
    path.write_text(unit("50 % of it", start=start, stop=["/bin/true"]))
    try:
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", path],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except FileNotFoundError:
        missing("systemd-analyze: apt-get install systemd")
    assert path.name not in done.stdout + done.stderr
    assert 'ExecStart=/bin/echo "a b" "100%%" "$$HOME" "q\\"q" "back\\\\slash" irq:* "!x"' in (
        path.read_text()
    )


def test_a_profile_of_the_api_is_the_one_of_the_file() -> None:
    profile: Profile = parse(PROFILE, "f")["gpio-debug"]
    wanted, _ = request((), profile=profile, instance="other", names=None)
    assert (wanted.instance, wanted.events) == ("other", profile.events)
