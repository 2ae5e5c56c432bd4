"""The core change: compiled and run, each system is in or out as its option says."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from tests.small import AUTHOR, FIXTURES, OPTIONS, SYSTEMS, copy_tree, edit, run_there
from tests.smallbuild import EVERYTHING, boot, compiled, symbols_of, symbols_on

TREE = FIXTURES / "tree"
CONSUMERS = ("QUEUE_TRACER", "WATCH_WAKE", "TRACE_PORTIO")
"""What selects an option."""


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_tree(tmp_path_factory.mktemp("converted"))
    done = run_there("generate", root, "--in-place", "--author", AUTHOR)
    assert done.code == 0, done.err
    return root


def boot_without(root: Path, off: Collection[str], program: Path) -> tuple[list[str], set[str]]:
    """What the events print and which symbols are there with some systems off."""
    config = symbols_on(root, off=[*CONSUMERS, *(OPTIONS[name] for name in off)],
                        on=["RADIO_TRACING", "TASK_STATS"])  # fmt: skip
    return boot(root, config, program), set(symbols_of(program))


def named(lines: Collection[str]) -> set[str]:
    return {line.partition(":")[0] for line in lines}


def test_with_every_option_y_the_program_is_the_same_bit_for_bit(
    converted: Path, tmp_path: Path
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        folder.mkdir()
    original = copy_tree(tmp_path)
    lines = boot(original, symbols_on(original, on=EVERYTHING), before / "kernel")
    assert named(lines) == set(SYSTEMS)
    assert boot(converted, symbols_on(converted, on=EVERYTHING), after / "kernel") == lines
    assert (after / "kernel").read_bytes() == (before / "kernel").read_bytes()


def test_with_every_option_n_no_tracepoint_is_left(converted: Path, tmp_path: Path) -> None:
    lines, symbols = boot_without(converted, SYSTEMS, tmp_path / "kernel")
    assert lines == []
    assert not [name for name in symbols if re.match(r"__trace|event_|trace_event_raw", name)]


@pytest.mark.parametrize("system", [name for name in SYSTEMS if name != "portio"])
def test_one_system_alone(converted: Path, tmp_path: Path, system: str) -> None:
    others = set(SYSTEMS) - {system}
    lines, _ = boot_without(converted, others, tmp_path / "kernel")
    assert named(lines) == {system}


@pytest.mark.parametrize("seed", range(4))
def test_any_choice_builds_without_a_warning(converted: Path, tmp_path: Path, seed: int) -> None:
    off = set(random.Random(seed).sample(SYSTEMS, 4))
    lines, _ = boot_without(converted, off, tmp_path / "kernel")
    assert named(lines) == set(SYSTEMS) - off - {"portio"}


def test_a_consumer_that_is_built_has_its_system(converted: Path) -> None:
    options = {OPTIONS["queue"], OPTIONS["task"], OPTIONS["portio"]}
    on = symbols_on(converted, off=OPTIONS.values(), on=EVERYTHING)
    assert {name for name in on if name in OPTIONS.values()} == options
    nothing = symbols_on(converted, off=[*OPTIONS.values(), *CONSUMERS])
    assert not options & set(nothing)
    # no block layer, nothing to select: the select has the gate of the option as its condition
    assert "TRACING_QUEUE" not in symbols_on(converted, off=["BLOCK"])


FORGET = "path"
"""Forgets where the header before was: such headers leave that set."""

ORDERS = {
    "off, on": ("trace/events/gpio.h", "trace/events/queue.h"),
    "on, off": ("trace/events/queue.h", "trace/events/gpio.h"),
    "a variable before": ("../drivers/usb/hub_trace.h", FORGET, "trace/events/gpio.h"),
    "a variable behind": ("trace/events/gpio.h", "../drivers/usb/hub_trace.h"),
    "read twice": ("trace/events/gpio.h", "trace/events/queue.h", "trace/events/gpio.h"),
    "through another": ("../drivers/storage/trace.h", "trace/events/gpio.h"),
}
CREATABLE = ("off, on", "on, off", "a variable before", "a variable behind")
"""The others would define a tracepoint twice, in any kernel."""

PROBES = {
    "gpio": ("gpio_value", "1, 2, 3"),
    "queue": ("queue_insert", "1, 2"),
    "usb-hub": ("hub_port_reset", "1"),
    "storage": ("storage_request", "1, 2"),
}


def unit(headers: Collection[str], *, create: bool) -> str:
    """A source that includes headers in an order and calls every tracepoint they offer."""
    lines = ["#define CREATE_TRACE_POINTS"] if create else []
    lines += ["#undef TRACE_INCLUDE_PATH\n#undef TRACE_INCLUDE_FILE" if header == FORGET
              else f"#include <{header}>" for header in headers]  # fmt: skip
    text = " ".join(headers)
    calls = [f"\ttrace_{event}({arguments});" for system, (event, arguments) in PROBES.items()
             if system.split("-")[-1] in text]  # fmt: skip
    return "\n".join([*lines, "void unit(void);", "void unit(void)", "{", *calls, "}", ""])


@pytest.mark.parametrize(
    ("order", "create"),
    [*((order, False) for order in ORDERS), *((order, True) for order in CREATABLE)],
)
@pytest.mark.parametrize("on", PROBES)
def test_include_order_does_not_matter(converted: Path, order: str, create: bool, on: str) -> None:
    headers = ORDERS[order]
    source = unit(headers, create=create)
    offered = {event for event, _ in PROBES.values() if f"trace_{event}(" in source}
    event = PROBES[on][0]
    symbols = compiled(converted, source, ["TRACEPOINTS", OPTIONS[on]])
    present = {
        name.removeprefix("__tracepoint_"): letter
        for name, letter in symbols.items()
        if name.startswith("__tracepoint_")
    }
    wanted = {event} & offered
    assert {name for name in present if name in offered} == wanted
    assert all((present[name] != "U") == create for name in wanted)


def test_a_header_that_says_nothing_is_in(converted: Path) -> None:
    header = converted / "include/trace/events/fresh.h"
    text = (TREE / "include/trace/events/gpio.h").read_text()
    header.write_text(text.replace("gpio", "fresh").replace("GPIO", "FRESH"))
    source = """\
#include <trace/events/gpio.h>
#define CREATE_TRACE_POINTS
#include <trace/events/fresh.h>
"""
    symbols = compiled(converted, source, ["TRACEPOINTS"])
    header.unlink()
    assert symbols["__tracepoint_fresh_value"] == "D"
    assert "__tracepoint_gpio_value" not in symbols


@pytest.mark.parametrize("config", [[], ["TRACING_GPIO"]], ids=["off", "on"])
def test_without_tracepoints_all_are_stubs(converted: Path, config: list[str]) -> None:
    source = unit(["trace/events/gpio.h"], create=True)
    assert set(compiled(converted, source, config)) == {"unit"}


def test_notrace_still_silences_the_whole_file(converted: Path) -> None:
    source = "#define NOTRACE\n" + unit(["trace/events/gpio.h"], create=True)
    assert set(compiled(converted, source, ["TRACEPOINTS", "TRACING_GPIO"])) == {"unit"}


def test_the_core_is_changed_once(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    for system, wanted in (("gpio", True), ("queue", False)):
        before = (root / "include/linux/tracepoint.h").read_bytes()
        assert run_there("generate", root, system, "--in-place", "--author", AUTHOR).code == 0
        assert ((root / "include/linux/tracepoint.h").read_bytes() != before) == wanted


SHAPES: dict[str, tuple[str, Callable[[str], str]]] = {
    "no guard": (
        "include/linux/tracepoint.h",
        lambda text: text.replace("#define TRACEPOINTS_ENABLED\n", ""),
    ),
    "no other arm": (
        "include/linux/tracepoint.h",
        lambda text: text.replace("#else /* !TRACEPOINTS_ENABLED */\n", ""),
    ),
    "another macro": (
        "include/linux/tracepoint.h",
        lambda text: text.replace("__DECLARE_TRACE(", "__DECLARE_HOOK("),
    ),
    "no stages": (
        "include/trace/define_trace.h",
        lambda text: text.replace("#ifdef TRACEPOINTS_ENABLED", "#ifdef OTHER"),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_core_of_unknown_shape_is_refused_in_words(tmp_path: Path, shape: str) -> None:
    root = copy_tree(tmp_path)
    path, change = SHAPES[shape]
    edit(root, path, change)
    done = run_there("generate", root, "gpio", "-o", tmp_path / "out", "--author", AUTHOR)
    assert (done.code, done.out) == (3, "")
    message, hint = done.err.splitlines()
    assert message.startswith(f"tracecfg: {path}: kernel 6.12.0-fixture looks different")
    assert "expected" in message
    assert hint.startswith("  hint: ")
    assert not (tmp_path / "out").exists()


def test_a_tree_that_sources_no_tracing_menu_is_refused(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    edit(root, "Kconfig", lambda text: text.replace('source "kernel/trace/Kconfig"\n', ""))
    done = run_there("generate", root, "gpio", "-o", tmp_path / "out", "--author", AUTHOR)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("tracecfg: kernel/trace/Kconfig: ")
    assert not (tmp_path / "out").exists()
