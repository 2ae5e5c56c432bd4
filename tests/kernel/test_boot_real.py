"""What `boot` prints, read by the kernel's own bootconfig program and by a kernel that boots."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernel.lab.build import Build
from tests.kernel.lab.cache import program
from tests.vm.machine import VM
from tracecfg.boot.bootconfig import XBC_DATA_MAX, XBC_KEYLEN_MAX, XBC_NODE_MAX, bootconfig
from tracecfg.boot.line import command_line
from tracecfg.boot.request import Request
from tracecfg.errors import UsageError

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="session")
def reader(linux_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tools/bootconfig of the tree, which holds the kernel's own parser."""
    out = tmp_path_factory.mktemp("bootconfig") / "bootconfig"
    tools = linux_tree / "tools/bootconfig"
    argv = [program("gcc", "gcc"), "-Wall", f"-I{tools}/include", "-o", str(out)]
    argv += [str(tools / "main.c"), str(linux_tree / "lib/bootconfig.c")]
    subprocess.run(argv, check=True, capture_output=True)
    return out


WORD = st.text("abcXYZ019_-", min_size=1, max_size=12)
EVENT = st.tuples(WORD, WORD.filter(lambda word: word != "enable")).map(":".join)
TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="'"), min_size=1
).filter(lambda text: text.strip() == text)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    events=st.lists(st.one_of(WORD, EVENT), min_size=1, max_size=5),
    filters=st.dictionaries(EVENT, TEXT, max_size=3),
    triggers=st.dictionaries(EVENT, st.lists(TEXT, min_size=1, max_size=3), max_size=3),
    instance=st.none() | WORD,
)
def test_the_kernels_parser_reads_what_was_meant(
    reader: Path,
    tmp_path: Path,
    events: list[str],
    filters: dict[str, str],
    triggers: dict[str, list[str]],
    instance: str | None,
) -> None:
    request = Request(
        events=tuple(events),
        filters=filters,
        triggers={name: tuple(commands) for name, commands in triggers.items()},
        instance=instance,
    )
    text = bootconfig(request)
    path = tmp_path / "read.bconf"
    path.write_text(text)
    done = subprocess.run([reader, "-l", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr + text
    prefix = f"ftrace.instance.{instance}." if instance else "ftrace."
    expected = {f"{prefix}events": events}
    expected |= {f"{prefix}event.{k.replace(':', '.')}.filter": [v] for k, v in filters.items()}
    expected |= {f"{prefix}event.{k.replace(':', '.')}.actions": v for k, v in triggers.items()}
    # the program writes a value in ", or in ' when it holds a "
    lines = {
        f"{key} = " + ", ".join(f"'{v}'" if '"' in v else f'"{v}"' for v in values)
        for key, values in expected.items()
    }
    assert set(done.stdout.splitlines()) == lines


def largest(make: Callable[[int], Request], low: int, high: int) -> int:
    """The largest size, between the two, for which we print anything."""
    while low + 1 < high:
        middle = (low + high) // 2
        try:
            bootconfig(make(middle))
            low = middle
        except UsageError:
            high = middle
    return low


def accepted(reader: Path, text: str, folder: Path) -> bool:
    path = folder / "limit.bconf"
    path.write_text(text)
    return subprocess.run([reader, "-l", path], capture_output=True, check=False).returncode == 0


def test_the_limits_are_the_kernels_own(reader: Path, tmp_path: Path) -> None:
    """What is refused one step further is still accepted here, and the kernel agrees on both."""

    def many(count: int) -> Request:
        return Request(events=tuple("a" for _ in range(count)))

    def long(size: int) -> Request:
        return Request(events=tuple("x" * 250 for _ in range(size // 254)))

    def deep(size: int) -> Request:
        return Request(
            events=("a",), filters={f"{'g' * (size // 2)}:{'e' * (size - size // 2)}": "x"}
        )

    nodes = largest(many, 1, 2 * XBC_NODE_MAX)
    data = largest(long, 254, 2 * XBC_DATA_MAX)
    key = largest(deep, 2, 2 * XBC_KEYLEN_MAX)
    for request in (many(nodes), long(data), deep(key)):
        assert accepted(reader, bootconfig(request), tmp_path)
    assert not accepted(reader, bootconfig(deep(key)).replace("gg", "ggg", 1), tmp_path)
    assert len(bootconfig(long(data))) + 254 > XBC_DATA_MAX


FIELDS = (
    *(f"events/gpio/gpio_value/{name}" for name in ("enable", "filter", "trigger")),
    "events/gpio/gpio_direction/enable",
    "events/sched/sched_switch/enable",
    "trace_clock",
    "buffer_size_kb",
)


def booted(vm: VM, folder: str) -> dict[str, str]:
    """Files below tracing/`folder` of a guest; of several lines each ends with a semicolon."""
    script = "".join(f'echo "{name}=$(grep -v "^#" {name} | tr "\\n" ";")";' for name in FIELDS)
    ran = vm.run(["sh", "-c", f"cd /sys/kernel/tracing/{folder}; {script}"]).check()
    return dict(line.split("=", 1) for line in ran.stdout.splitlines() if "=" in line)


@pytest.mark.vm
def test_a_kernel_boots_with_the_bootconfig(runtime_build: Build) -> None:
    request = Request(
        events=("gpio", "sched:sched_switch"),
        filters={"gpio:gpio_value": "value == 1"},
        triggers={"gpio:gpio_value": ("stacktrace:5", "traceoff:1 if value > 0")},
        instance="early",
        buffer_size_kb=64,
        clock="global",
    )
    vm = VM(kernel=runtime_build.bzimage, bootconfig=bootconfig(request))
    found = booted(vm, "instances/early")
    assert found["events/gpio/gpio_value/enable"].startswith("1")
    assert found["events/gpio/gpio_direction/enable"].startswith("1")
    assert found["events/sched/sched_switch/enable"].startswith("1")
    assert found["events/gpio/gpio_value/filter"] == "value == 1;"
    assert set(found["events/gpio/gpio_value/trigger"].split(";")) == {
        *("stacktrace:count=5", "traceoff:count=1 if value > 0", "")
    }
    assert "[global]" in found["trace_clock"]
    # the kernel makes whole subbuffers of it
    assert 64 <= int(found["buffer_size_kb"].rstrip(";")) < 80


@pytest.mark.vm
def test_a_kernel_boots_with_the_parameters(runtime_build: Build) -> None:
    request = Request(
        events=("gpio", "sched:sched_switch"),
        triggers={"gpio:gpio_value": ("stacktrace if value > 0",)},
        buffer_size_kb=64,
        clock="global",
    )
    line = command_line(request, machine="x86_64")
    found = booted(VM(kernel=runtime_build.bzimage, command_line=line), "")
    # the trigger keeps the event in soft mode
    assert found["events/gpio/gpio_value/enable"].startswith("1")
    assert found["events/sched/sched_switch/enable"].startswith("1")
    assert found["events/gpio/gpio_value/trigger"].startswith("stacktrace:unlimited if value > 0")
    assert "[global]" in found["trace_clock"]
    # the kernel makes whole subbuffers of it
    assert 64 <= int(found["buffer_size_kb"].rstrip(";")) < 80


@pytest.mark.vm
def test_a_kernel_boots_with_an_instance_of_its_own(runtime_build: Build) -> None:
    line = command_line(Request(events=("gpio:gpio_value",), instance="early"), machine="x86_64")
    vm = VM(kernel=runtime_build.bzimage, command_line=line)
    found = booted(vm, "instances/early")
    assert found["events/gpio/gpio_value/enable"].startswith("1")
    assert found["events/gpio/gpio_direction/enable"].startswith("0")
