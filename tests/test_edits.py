"""What a system's patch changes in C sources: each edit by its shape, twice the same as once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tracecfg.series import edits
from tracecfg.series.edits import Switch

GPIO = Switch(system="gpio", token="gpio", symbol="CONFIG_TRACING_GPIO")
HUB = Switch(system="usb-hub", token="usb_hub", symbol="CONFIG_TRACING_USB_HUB")
OPTION = "#define TRACE_OPTION_gpio IS_ENABLED(CONFIG_TRACING_GPIO)\n"
AGAIN = (
    "\n/* Set again: a header above has events of another system */\n"
    "#undef TRACE_SYSTEM\n#define TRACE_SYSTEM gpio\n"
)
EVENTS = {"gpio_value", "gpio_direction"}


def add(text: str, switch: edits.Switch = GPIO, include: str = '"other.h"') -> str:
    named = edits.name_always(text)
    again = edits.set_again(named, switch.system, switch.token, {include})
    return edits.add_option(again, switch, {include})


ADDED = {
    "plain": (
        "#undef TRACE_SYSTEM\n#define TRACE_SYSTEM gpio\n\n#include <x.h>\n",
        f"#undef TRACE_SYSTEM\n#define TRACE_SYSTEM gpio\n{OPTION}\n#include <x.h>\n",
    ),
    "comment behind the name": (
        "#define TRACE_SYSTEM gpio /* pins */\nx\n",
        f"#define TRACE_SYSTEM gpio /* pins */\n{OPTION}x\n",
    ),
    "name in a comment": (
        "/*\n#define TRACE_SYSTEM gpio\n*/\n#define TRACE_SYSTEM gpio\n",
        f"/*\n#define TRACE_SYSTEM gpio\n*/\n#define TRACE_SYSTEM gpio\n{OPTION}",
    ),
    "include above the name": (
        '#include "other.h"\n#define TRACE_SYSTEM gpio\n',
        f'#include "other.h"\n#define TRACE_SYSTEM gpio\n{OPTION}',
    ),
    "include below the name": (
        '#define TRACE_SYSTEM gpio\n#include "other.h"\nx\n',
        f'#define TRACE_SYSTEM gpio\n{OPTION}#include "other.h"\n{AGAIN}x\n',
    ),
    "only when created": (
        "/* SPDX */\n/* why */\n#ifdef CREATE_TRACE_POINTS\n#undef TRACE_SYSTEM\n"
        "#define TRACE_SYSTEM gpio\n#endif\nx\n",
        f"/* SPDX */\n#undef TRACE_SYSTEM\n#define TRACE_SYSTEM gpio\n{OPTION}x\n",
    ),
}


@pytest.mark.parametrize("case", ADDED)
def test_add_option(case: str) -> None:
    before, after = ADDED[case]
    assert add(before) == after
    assert add(after) == after


def test_a_header_is_set_again_whether_or_not_it_is_converted() -> None:
    text = '#define TRACE_SYSTEM gpio\n#include "other.h"\nx\n'
    again = edits.set_again(text, "gpio", "gpio", {'"other.h"'})
    assert again.count("#define TRACE_SYSTEM gpio\n") == 2
    assert "TRACE_OPTION" not in again
    assert edits.set_again(again, "gpio", "gpio", {'"other.h"'}) == again
    assert edits.add_option(again, GPIO, {'"other.h"'}).count(OPTION) == 1


def test_add_option_by_the_variable() -> None:
    text = "#define TRACE_SYSTEM usb-hub\n\n#define TRACE_SYSTEM_VAR usb_hub\n#include <o.h>\nx\n"
    assert add(text, HUB, "<o.h>") == (
        "#define TRACE_SYSTEM usb-hub\n\n#define TRACE_SYSTEM_VAR usb_hub\n"
        "#define TRACE_OPTION_usb_hub IS_ENABLED(CONFIG_TRACING_USB_HUB)\n#include <o.h>\n"
        "\n/* Set again: a header above has events of another system */\n"
        "#undef TRACE_SYSTEM\n#define TRACE_SYSTEM usb-hub\n"
        "#undef TRACE_SYSTEM_VAR\n#define TRACE_SYSTEM_VAR usb_hub\nx\n"
    )


def test_line_ends_stay_as_the_file_has_them() -> None:
    text = "#define TRACE_SYSTEM gpio\r\nx\r\n"
    assert add(text) == f"#define TRACE_SYSTEM gpio\r\n{OPTION.strip()}\r\nx\r\n"


def export(name: str) -> str:
    return f"EXPORT_TRACEPOINT_SYMBOL_GPL({name});\n"


IF, FI = "#ifdef CONFIG_TRACING_GPIO\n", "#endif\n"
EXPORTS = {
    "one": (export("gpio_value"), IF + export("gpio_value") + FI),
    "a run": (export("gpio_value") + "\n" + export("gpio_direction"),
              IF + export("gpio_value") + "\n" + export("gpio_direction") + FI),
    "two runs": (export("gpio_value") + "x;\n" + export("gpio_direction"),
                 IF + export("gpio_value") + FI + "x;\n" + IF + export("gpio_direction") + FI),
    "another system's": (export("other") + export("gpio_value"),
                         export("other") + IF + export("gpio_value") + FI),
    "by symbol": ("EXPORT_SYMBOL(__tracepoint_gpio_value);\n",
                  IF + "EXPORT_SYMBOL(__tracepoint_gpio_value);\n" + FI),
    "in a comment": ("/*\n" + export("gpio_value") + "*/\n", "/*\n" + export("gpio_value") + "*/\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", EXPORTS)
def test_guard_exports(case: str) -> None:
    before, after = EXPORTS[case]
    assert edits.guard_exports(before, GPIO, EVENTS) == after
    assert edits.guard_exports(after, GPIO, EVENTS) == after


DECLARED = "DECLARE_TRACEPOINT(gpio_value);\n"
ASKED = "(IS_ENABLED(CONFIG_TRACING_GPIO) && tracepoint_enabled(gpio_value))"
ENABLED = {
    "alone in if": ("\tif (tracepoint_enabled(gpio_value))\n", f"\tif {ASKED}\n"),
    "with others": ("\tx = tracepoint_enabled(gpio_value) || y;\n", f"\tx = {ASKED} || y;\n"),
    "negated": ("\tif (!tracepoint_enabled(gpio_value))\n", f"\tif (!{ASKED})\n"),
    "macro parameter": (
        "#define on(t) tracepoint_enabled(t)\n",
        "#define on(t) (IS_ENABLED(CONFIG_TRACING_GPIO) && tracepoint_enabled(t))\n",
    ),
    "another system's": (
        "\tif (tracepoint_enabled(other))\n",
        "\tif (tracepoint_enabled(other))\n",
    ),
}


@pytest.mark.parametrize("case", ENABLED)
def test_guard_enabled(case: str) -> None:
    before, after = ENABLED[case]
    assert edits.guard_enabled(DECLARED + before, GPIO, EVENTS) == DECLARED + after
    assert edits.guard_enabled(DECLARED + after, GPIO, EVENTS) == DECLARED + after


def test_guard_enabled_where_the_whole_header_is_there() -> None:
    text = "\tif (tracepoint_enabled(gpio_value))\n"
    wanted = "\tif (trace_gpio_value_enabled())\n"
    assert edits.guard_enabled(text, GPIO, EVENTS) == wanted


def test_guard_enabled_keeps_lines_short() -> None:
    text = DECLARED + "\t\t\t\t" + "a_long_name_of_something = tracepoint_enabled(gpio_value);\n"
    changed = edits.guard_enabled(text, GPIO, EVENTS)
    assert all(len(line.expandtabs()) <= 100 for line in changed.splitlines())
    assert "IS_ENABLED(CONFIG_TRACING_GPIO) &&\n" in changed


RAW = [re.compile(r"\btrace_event_raw_gpio_value\b")]
BLOCK = "#ifdef CONFIG_TRACEPOINTS\nstruct trace_event_raw_gpio_value *e;\n#endif\n"
OTHER_BLOCK = "#ifdef CONFIG_TRACEPOINTS\nint x;\n#endif\n"


def test_guard_blocks() -> None:
    ours = BLOCK.replace("CONFIG_TRACEPOINTS", "CONFIG_TRACING_GPIO")
    also = OTHER_BLOCK.replace("CONFIG_TRACEPOINTS", "CONFIG_TRACING_GPIO")
    assert edits.guard_blocks(BLOCK + OTHER_BLOCK, GPIO, RAW) == ours + also
    assert edits.guard_blocks(OTHER_BLOCK, GPIO, RAW) == OTHER_BLOCK
    assert edits.guard_blocks(ours, GPIO, RAW) == ours


def test_guard_blocks_of_tracepoints_enabled_keeps_its_condition() -> None:
    text = BLOCK.replace("CONFIG_TRACEPOINTS", "TRACEPOINTS_ENABLED")
    wanted = "#if defined(TRACEPOINTS_ENABLED) && IS_ENABLED(CONFIG_TRACING_GPIO)\n"
    assert edits.guard_blocks(text, GPIO, RAW).startswith(wanted)


HEADER = 'TRACE_EVENT(x, TP_printk("%s", name_of(__entry->a)));'
UNUSED: dict[str, tuple[str, str]] = {
    "function": (
        "static const char *name_of(int a)\n{\n}\n",
        "__maybe_unused\nstatic const char *name_of(int a)\n{\n}\n",
    ),
    "called in the file too": (
        "static int name_of(int a)\n{\n}\nint b = name_of(1);\n",
        "static int name_of(int a)\n{\n}\nint b = name_of(1);\n",
    ),
    "inline": ("static inline int name_of(int a)\n{\n}\n", "static inline int name_of(int a)\n{\n}\n"),
    "not in the header": ("static int other(int a)\n{\n}\n", "static int other(int a)\n{\n}\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNUSED)
def test_mark_unused(case: str) -> None:
    before, after = UNUSED[case]
    assert edits.mark_unused(before, GPIO, [HEADER]) == after
    assert edits.mark_unused(after, GPIO, [HEADER]) == after
    assert edits.mark_unused(after, GPIO, [HEADER]) == after


PIDS = """\
static void follow(void)
{
	register_trace_gpio_value(probe, 0);
}

static ssize_t
pid_write(struct file *file)
{
	int pid = 0;

	follow();
	return pid;
}
"""


def test_refuse_without() -> None:
    changed = edits.refuse_without(PIDS, GPIO, EVENTS)
    check = "\tif (!IS_ENABLED(CONFIG_TRACING_GPIO))\n\t\treturn -EOPNOTSUPP;\n\n"
    assert changed == PIDS.replace("\tfollow();", f"{check}\tfollow();")
    assert edits.refuse_without(changed, GPIO, EVENTS) == changed
    assert edits.refuse_without(PIDS, HUB, {"hub_port_reset"}) == PIDS


EDITS: list[Callable[[str], str]] = [
    add,
    lambda text: edits.guard_exports(text, GPIO, EVENTS),
    lambda text: edits.guard_enabled(text, GPIO, EVENTS),
    lambda text: edits.guard_blocks(text, GPIO, RAW),
    lambda text: edits.mark_unused(text, GPIO, [HEADER]),
    lambda text: edits.refuse_without(text, GPIO, EVENTS),
]


@pytest.mark.parametrize("number", range(len(EDITS)))
def test_text_that_has_nothing_to_change_stays(number: int) -> None:
    text = "#define TRACE_SYSTEM gpio\n" + OPTION + "int x;\r\n\x0c\udcff\tint y;"
    assert EDITS[number](text) == text


def test_exports_under_an_option_whose_name_ends_as_a_module_stay() -> None:
    switch = edits.Switch(system="module", token="module", symbol="CONFIG_TRACING_MODULE")
    text = "EXPORT_TRACEPOINT_SYMBOL(module_get);\n"
    guarded = edits.guard_exports(text, switch, ["module_get"])
    assert guarded == f"#ifdef CONFIG_TRACING_MODULE\n{text}#endif\n"
    assert edits.guard_exports(guarded, switch, ["module_get"]) == guarded
