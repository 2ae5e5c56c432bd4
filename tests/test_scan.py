"""The inventory of the small trees: every system with everything that belongs to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.headers import bare_tree, made, scanned
from tests.small import FIXTURES, SYSTEMS, copy_tree, edit, inventory, systems
from tracecfg.gatetext import to_kconfig
from tracecfg.kernel.resolve import Includes
from tracecfg.kernel.scan import scan
from tracecfg.kernel.search import Searcher, search
from tracecfg.kernel.source import Source
from tracecfg.kernel.tree import open_tree
from tracecfg.model import Place, TraceSystem

TREE = FIXTURES / "tree"


@pytest.fixture(scope="module")
def found() -> dict[str, TraceSystem]:
    return systems(TREE)


def line(path: str, text: str) -> Place:
    """The first line of a fixture that holds a text."""
    lines = (TREE / path).read_text().splitlines()
    return Place(path, next(number for number, each in enumerate(lines, 1) if text in each))


def test_the_systems(found: dict[str, TraceSystem]) -> None:
    assert tuple(found) == SYSTEMS
    assert inventory(TREE).problems == ()
    assert inventory(TREE).version == "6.12.0-fixture"


EVENTS = {
    "cache": [f"cache_{what}_{step}" for what in ("fill", "drop", "reclaim")
              for step in ("begin", "end")],
    "gpio": ["gpio_direction", "gpio_value"],
    "portio": ["port_read", "port_write"],
    "queue": ["queue_insert", "queue_remove", "queue_stall"],
    "radio": ["radio_channel"],
    "storage": ["storage_request"],
    "task": ["task_wake", "task_sleep", "task_stats", "task_placed"],
    "usb-hub": ["hub_port_reset"],
    "virt": ["virt_exit", "virt_enter"],
}  # fmt: skip


@pytest.mark.parametrize("system", EVENTS)
def test_events(found: dict[str, TraceSystem], system: str) -> None:
    assert [event.name for event in found[system].events] == EVENTS[system]


def test_an_event_of_a_wrapper_stands_where_the_wrapper_is_called(
    found: dict[str, TraceSystem],
) -> None:
    places = {event.name: event.place for event in found["cache"].events}
    called = line("include/trace/events/cache.h", "CACHE_PAGE_EVENTS(drop);")
    assert places["cache_drop_begin"] == places["cache_drop_end"] == called


def test_two_headers_are_one_system(found: dict[str, TraceSystem]) -> None:
    virt = found["virt"]
    assert virt.headers == ("arch/x86/virt/trace.h", "include/trace/events/virt.h")
    assert [(creator.place, creator.header) for creator in virt.creators] == [
        (line("arch/x86/virt/exits.c", '#include "trace.h"'), virt.headers[0]),
        (line("virt/virt_main.c", "<trace/events/virt.h>"), virt.headers[1]),
    ]


@pytest.mark.parametrize(
    ("system", "gates"),
    [("cache", ["y"]), ("gpio", ["GPIOLIB"]), ("radio", ["RADIO && RADIO_TRACING"]),
     ("usb-hub", ["USB"]), ("virt", ["X86 && VIRT", "VIRT"]), ("portio", ["TRACE_PORTIO"])],
)  # fmt: skip
def test_gates(found: dict[str, TraceSystem], system: str, gates: list[str]) -> None:
    creators = found[system].creators
    assert [to_kconfig(each.gate.gate) for each in creators if each.gate.gate is not None] == gates


def test_a_name_that_is_no_identifier_has_its_variable(found: dict[str, TraceSystem]) -> None:
    assert found["usb-hub"].variable == "usb_hub"
    assert [name for name, each in found.items() if each.variable] == ["usb-hub"]


def test_a_switch_of_its_own(found: dict[str, TraceSystem]) -> None:
    assert {name: each.own_option for name, each in found.items() if each.own_option} == {
        "radio": "RADIO_TRACING"
    }


def test_exports_and_uses(found: dict[str, TraceSystem]) -> None:
    source = "block/queue.c"
    assert [(each.event, each.place) for each in found["queue"].exports] == [
        (event, line(source, f"SYMBOL_GPL({event})")) for event in ("queue_insert", "queue_remove")
    ]
    uses = {(each.event, each.macro): each.place for each in found["portio"].uses}
    assert uses["port_read", "DECLARE_TRACEPOINT"] == line(
        "include/linux/portio.h", "DECLARE_TRACEPOINT(port_read)"
    )


def test_consumers(found: dict[str, TraceSystem]) -> None:
    (direct,) = found["queue"].consumers
    assert (direct.event, direct.configs) == ("queue_insert", ("QUEUE_TRACER",))
    assert direct.place == line("kernel/trace/queuetrace.c", "register_trace_queue_insert(")
    (by_macro,) = found["task"].consumers
    assert (by_macro.event, by_macro.configs) == ("task_sleep", ("WATCH_WAKE",))
    assert by_macro.place == line("kernel/trace/watch/wake.c", "watch_attach(")


def test_a_consumer_under_an_ifdef(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    edit(root, "kernel/trace/queuetrace.c",
         lambda text: text.replace("int queuetrace_start(void)\n{",
                                   "#ifdef CONFIG_EXPERT\nint queuetrace_start(void)\n{") + "#endif\n")  # fmt: skip
    (consumer,) = systems(root)["queue"].consumers
    assert consumer.configs == ("QUEUE_TRACER", "EXPERT")


def test_samples_and_tools_have_no_systems(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    text = (root / "include/trace/events/gpio.h").read_text().replace("gpio", "sample")
    for folder in ("samples/trace", "tools/trace"):
        (root / folder).mkdir(parents=True)
        (root / folder / "sample.h").write_text(text)
    assert tuple(systems(root)) == SYSTEMS


def test_the_option_of_2015_is_understood() -> None:
    (gpio,) = systems(FIXTURES / "gpio-2015").values()
    assert (gpio.name, gpio.own_option) == ("gpio", "TRACING_EVENTS_GPIO")
    assert inventory(FIXTURES / "gpio-2015").version == "5.0.0-fixture"


def test_one_event_name_in_two_systems_belongs_to_the_nearest(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    text = (root / "drivers/usb/hub_trace.h").read_text()
    text = text.replace("hub_port_reset", "queue_insert").replace("usb-hub", "usb-odd")
    (root / "drivers/usb/odd_trace.h").write_text(text)
    (root / "drivers/usb/user.c").write_text(
        '#include "odd_trace.h"\nint user(void)\n{\n\treturn register_trace_queue_insert(x, 0);\n}\n'
    )
    found = systems(root)
    assert [each.place.file for each in found["usb-odd"].consumers] == ["drivers/usb/user.c"]
    assert [each.place.file for each in found["queue"].consumers] == ["kernel/trace/queuetrace.c"]


def test_a_creator_that_the_makefiles_do_not_name_is_unknown_with_its_place(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    edit(root, "mm/Makefile", lambda text: text.replace("cache.o", "other.o"))
    (creator,) = systems(root)["cache"].creators
    assert creator.gate.gate is None
    assert creator.gate.unknown == Place("mm/Makefile", 1)
    assert creator.gate.reason


def test_a_file_that_cannot_be_read_is_a_problem_and_the_others_are_found(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    (root / "drivers/gone_trace.h").symlink_to("nowhere.h")
    (root / "drivers/folder_trace.h").mkdir()
    tree = open_tree(root)
    odd = ("drivers/gone_trace.h", "drivers/folder_trace.h")
    seen = [(path, frozenset({"TRACE_SYSTEM"})) for path in odd]
    found = scan(tree, sorted([*search(tree, Searcher.OWN), *seen]))
    assert [system.name for system in found.systems] == list(SYSTEMS)
    assert [place.file for place, _ in found.problems] == [
        "drivers/folder_trace.h", "drivers/gone_trace.h"
    ]  # fmt: skip


def test_merge_conflict_markers_are_a_problem_with_their_line(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    header = "include/trace/events/gpio.h"
    edit(root, header, lambda text: text.replace("#include", "<<<<<<< ours\n#include", 1))
    ((place, reason),) = inventory(root).problems
    assert (place.file, reason) == (header, "merge conflict markers")
    assert (root / header).read_text().splitlines()[place.line - 1] == "<<<<<<< ours"


def test_a_name_that_is_none_is_a_problem(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    header = "include/trace/events/gpio.h"
    edit(root, header, lambda text: text.replace("TRACE_SYSTEM gpio", "TRACE_SYSTEM a/b", 1))
    ((place, reason),) = inventory(root).problems
    assert (str(place), reason) == (f"{header}:3", "TRACE_SYSTEM a/b is no name")


EXPORTS = {
    "EXPORT_TRACEPOINT_SYMBOL(a);\nEXPORT_TRACEPOINT_SYMBOL_GPL(b);": ["a", "b"],
    "EXPORT_SYMBOL_GPL(__tracepoint_a);": ["a"],
    "/* EXPORT_TRACEPOINT_SYMBOL(a); */\nEXPORT_TRACEPOINT_SYMBOL(b);": ["b"],
    "/*\nEXPORT_TRACEPOINT_SYMBOL(a);\n*/\nEXPORT_TRACEPOINT_SYMBOL(b);": ["b"],
    "EXPORT_TRACEPOINT_SYMBOL(/* first */ a);": ["a"],
    "#define X \\\nEXPORT_TRACEPOINT_SYMBOL(a);\nEXPORT_TRACEPOINT_SYMBOL(b);": ["b"],
    'char *s = "\\\nEXPORT_TRACEPOINT_SYMBOL(a);";': [],
    "\tEXPORT_TRACEPOINT_SYMBOL(a);": ["a"],
    "MY_EXPORT_TRACEPOINT_SYMBOL(a);": [],
}


@pytest.mark.parametrize("text", EXPORTS)
def test_exports_are_those_of_the_code(tmp_path: Path, text: str) -> None:
    tree = bare_tree(tmp_path / "linux")
    events = "TRACE_EVENT(a, P, A, S, F, R);\nTRACE_EVENT(b, P, A, S, F, R);\n"
    found = made(scanned(tree, events, {"drivers/x.c": f"int y; /* / */\n{text}\n"}))
    assert [export.event for export in found.exports] == EXPORTS[text]


def test_of_headers_equally_near_the_same_one_is_meant_in_each_run(tmp_path: Path) -> None:
    """Whatever the order in which the search finds them, or a set has them."""
    paths = [f"drivers/{letter}/sub/twin.h" for letter in "qwertyuiopasdfgh"]
    tree = open_tree(copy_tree(tmp_path))
    includes = Includes(tree, {path: Source(path, "") for path in paths}, ())
    found = includes.resolve("fs/file.c", '"sub/twin.h"')
    assert found is not None
    assert found.path == "drivers/a/sub/twin.h"
