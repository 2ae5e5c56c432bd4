"""Mistakes in trace headers, each beside what only looks like it; whole trees, by the command."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.headers import event
from tests.small import FIXTURES, Ran, converted_tree, copy_tree, edit, run_there

Cli = Callable[..., Ran]
Found = list[tuple[str, str, int]]

GPIO = "include/trace/events/gpio.h"
HUB = "drivers/usb/hub_trace.h"
RADIO = "drivers/net/radio/trace.h"
BRIDGE = "drivers/usb/bridge_trace.h"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_tree(tmp_path)


def findings(cli: Cli, root: Path) -> list[dict[str, object]]:
    ran = cli("check", root, "--json")
    assert ran.code in (0, 1), ran.err
    found: list[dict[str, object]] = json.loads(ran.out)["findings"]
    return [each for each in found if str(each["rule"]).startswith(("TC2", "TC9"))]


def check(cli: Cli, root: Path) -> Found:
    return [
        (str(each["rule"]), str(each["file"]), int(str(each["line"])))
        for each in findings(cli, root)
    ]


def line_of(root: Path, path: str, text: str) -> int:
    lines = (root / path).read_text().splitlines()
    (number,) = (at for at, line in enumerate(lines, 1) if text in line)
    return number


def write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def header(
    system: str = "bridge",
    *,
    guard: str = "#if !defined(_BRIDGE_H) || defined(TRACE_HEADER_MULTI_READ)\n#define _BRIDGE_H\n",
    body: str = event("bridge_up"),
    end: str = "#endif\n",
    path: str = "../../drivers/usb",
    tail: str = "#include <trace/define_trace.h>\n",
) -> str:
    named = f"#undef TRACE_SYSTEM\n#define TRACE_SYSTEM {system}\n"
    where = f"#undef TRACE_INCLUDE_PATH\n#define TRACE_INCLUDE_PATH {path}\n" if path else ""
    return (
        f"{named}{guard}#include <linux/tracepoint.h>\n{body}{end}{where}"
        f"#undef TRACE_INCLUDE_FILE\n#define TRACE_INCLUDE_FILE bridge_trace\n{tail}"
    )


def bridge(root: Path, text: str, creator: str = '#include "bridge_trace.h"\n') -> None:
    """One more system, built with the hubs."""
    creates = "#define CREATE_TRACE_POINTS\n" + creator
    write(root, {BRIDGE: text, "drivers/usb/bridge.c": creates})
    edit(
        root,
        "drivers/usb/Makefile",
        lambda text: text.replace("hub_trace.o", "hub_trace.o bridge.o"),
    )


# ---- no finding


@pytest.mark.parametrize("name", [path.name for path in FIXTURES.iterdir() if path.is_dir()])
def test_the_fixtures_have_none(cli: Cli, tmp_path: Path, name: str) -> None:
    assert check(cli, copy_tree(tmp_path, name)) == []


def test_a_converted_tree_has_none(cli: Cli, tmp_path: Path) -> None:
    assert check(cli, converted_tree(tmp_path)) == []


def test_a_plain_header_has_none(cli: Cli, root: Path) -> None:
    bridge(root, header())
    assert check(cli, root) == []


# ---- TC201


@pytest.mark.parametrize(
    "guard",
    ["#ifndef _BRIDGE_H\n#define _BRIDGE_H\n", "#if !defined(_BRIDGE_H)\n#define _BRIDGE_H\n",
     "#if !defined _BRIDGE_H\n# define _BRIDGE_H 1\n",
     "#if !defined(_BRIDGE_H) && defined(TRACE_HEADER_MULTI_READ)\n#define _BRIDGE_H\n",
     "#if defined(TRACE_HEADER_MULTI_READ) && !defined(_BRIDGE_H)\n#define _BRIDGE_H\n",
     "#if !defined(_BRIDGE_H) || defined(TRACE_HEADER_MULTIREAD)\n#define _BRIDGE_H\n",
     "#if !defined(_BRIDGE_H) /* || defined(TRACE_HEADER_MULTI_READ) */\n#define _BRIDGE_H\n"],
)  # fmt: skip
def test_a_guard_that_lets_nothing_in_again(cli: Cli, root: Path, guard: str) -> None:
    bridge(root, header(guard=guard))
    (found,) = findings(cli, root)
    assert (found["rule"], found["file"], found["line"]) == ("TC201", BRIDGE, 3)
    assert "_BRIDGE_H" in str(found["message"])
    assert found["hint"] == "#if !defined(_BRIDGE_H) || defined(TRACE_HEADER_MULTI_READ)"


def test_pragma_once_lets_nothing_in_again(cli: Cli, root: Path) -> None:
    bridge(root, "#pragma once\n" + header(guard="", end=""))
    assert check(cli, root) == [("TC201", BRIDGE, 1)]


def test_the_guard_of_a_header_with_events_that_a_trace_header_includes(
    cli: Cli, root: Path
) -> None:
    guarded = "#ifndef _MORE_H\n#define _MORE_H\n" + event("bridge_down") + "#endif\n"
    bridge(root, header(body='#include "bridge_more.h"\n'))
    write(root, {"drivers/usb/bridge_more.h": guarded})
    assert check(cli, root) == [("TC201", "drivers/usb/bridge_more.h", 1)]
    write(root, {"drivers/usb/bridge_more.h": event("bridge_down")})
    assert check(cli, root) == []


@pytest.mark.parametrize(
    "guard",
    ["#if defined(TRACE_HEADER_MULTI_READ) || !defined(_BRIDGE_H)\n#define _BRIDGE_H\n",
     "#if (!defined(_BRIDGE_H) || defined(TRACE_HEADER_MULTI_READ)) && defined(CONFIG_USB)\n"
     "#define _BRIDGE_H\n"],
)  # fmt: skip
def test_a_guard_that_lets_in_again(cli: Cli, root: Path, guard: str) -> None:
    bridge(root, header(guard=guard))
    assert check(cli, root) == []


@pytest.mark.parametrize(
    ("guard", "body", "end"),
    [("", event("bridge_up"), ""),
     ("#ifdef CONFIG_USB\n", event("bridge_up"), "#endif\n"),
     ("#ifndef CONFIG_USB\n", event("bridge_up"), "#endif\n"),
     ("#ifndef _BRIDGE_TYPES\n#define _BRIDGE_TYPES\nstruct bridge;\n#endif\n",
      event("bridge_up"), ""),
     ("#ifndef _BRIDGE_H\n#define _BRIDGE_H\n", event("bridge_up"),
      "#endif\n#undef _BRIDGE_H\n"),
     ("#if 0\n#pragma once\n#endif\n", event("bridge_up"), "")],
    ids=["none", "ifdef", "ifndef", "types", "undefined again", "dead"],
)  # fmt: skip
def test_what_is_no_guard_around_events(
    cli: Cli, root: Path, guard: str, body: str, end: str
) -> None:
    bridge(root, header(guard=guard, body=body, end=end))
    assert check(cli, root) == []


# ---- TC202


def test_a_header_that_never_includes_define_trace(cli: Cli, root: Path) -> None:
    edit(root, HUB, lambda text: text.replace("#include <trace/define_trace.h>\n", ""))
    (found,) = findings(cli, root)
    assert (found["rule"], found["line"]) == ("TC202", line_of(root, HUB, "#define TRACE_SYSTEM u"))
    assert "usb-hub" in str(found["message"])


@pytest.mark.parametrize(
    "line",
    ["/* #include <trace/define_trace.h> */", "#if 0\n#include <trace/define_trace.h>\n#endif"],
)
def test_define_trace_that_is_not_read(cli: Cli, root: Path, line: str) -> None:
    edit(root, GPIO, lambda text: text.replace("#include <trace/define_trace.h>", line))
    assert [rule for rule, _, _ in check(cli, root)] == ["TC202"]


def test_a_part_of_a_trace_header_needs_no_define_trace(cli: Cli, root: Path) -> None:
    more = "#undef TRACE_SYSTEM\n#define TRACE_SYSTEM bridge\n" + event("bridge_down")
    bridge(root, header(body=f'{event("bridge_up")}#include "bridge_more.h"\n'))
    write(root, {"drivers/usb/bridge_more.h": more})
    assert check(cli, root) == []


def test_a_header_whose_end_another_one_holds(cli: Cli, root: Path) -> None:
    bridge(root, header(tail='#include "bridge_end.h"\n'))
    write(root, {"drivers/usb/bridge_end.h": "#include <trace/define_trace.h>\n"})
    assert [rule for rule, _, _ in check(cli, root)] == []


def test_a_source_with_a_system_and_a_header_without_events(cli: Cli, root: Path) -> None:
    system = "#undef TRACE_SYSTEM\n#define TRACE_SYSTEM bridge\n"
    write(root, {"drivers/usb/other.c": system + event("a"), "drivers/usb/other.h": system})
    assert check(cli, root) == []


# ---- TC203, TC208


def test_define_trace_inside_the_guard(cli: Cli, root: Path) -> None:
    text = header(end="", tail="#include <trace/define_trace.h>\n\n#endif /* _BRIDGE_H */\n")
    bridge(root, text)
    (found,) = findings(cli, root)
    assert found["rule"] == "TC203"
    assert found["line"] == line_of(root, BRIDGE, "define_trace.h")
    assert str(text.count("\n")) in str(found["hint"])


def test_define_trace_under_the_option_of_a_driver(cli: Cli, root: Path) -> None:
    bridge(root, header(tail="#ifdef CONFIG_USB\n#include <trace/define_trace.h>\n#endif\n"))
    assert check(cli, root) == []


def test_a_guard_that_is_never_defined(cli: Cli, root: Path) -> None:
    edit(root, GPIO, lambda text: text.replace("#define _TRACE_GPIO_H", "#define _TRACE_GPIO_H_"))
    (found,) = findings(cli, root)
    assert found["rule"] == "TC208"
    assert "_TRACE_GPIO_H" in str(found["message"])


def test_a_block_that_is_left_out_of_further_readings_is_no_guard(cli: Cli, root: Path) -> None:
    bridge(
        root, header(body=event("bridge_up") + "#ifndef TRACE_HEADER_MULTI_READ\nint a;\n#endif\n")
    )
    assert check(cli, root) == []


# ---- TC204


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [(HUB, "TRACE_INCLUDE_FILE hub_trace", "TRACE_INCLUDE_FILE hubtrace"),
     (HUB, "../../drivers/usb", "../../drivers/net"),
     (HUB, "../../drivers/usb", "../drivers/usb/hub"),
     (HUB, "../../drivers/usb", "."),
     (HUB, "#define TRACE_INCLUDE_PATH ../../drivers/usb\n", ""),
     (HUB, "#define TRACE_INCLUDE_FILE hub_trace\n", ""),
     (GPIO, "#include <trace/define", "#define TRACE_INCLUDE_FILE gpios\n#include <trace/define")],
)  # fmt: skip
def test_a_file_that_is_not_this_header(
    cli: Cli, root: Path, path: str, old: str, new: str
) -> None:
    edit(root, path, lambda text: text.replace(old, new))
    ((rule, file, _),) = check(cli, root)
    assert (rule, file) == ("TC204", path)


def test_a_path_in_quotes_is_told_as_it_is_written(cli: Cli, root: Path) -> None:
    edit(root, HUB, lambda text: text.replace("../../drivers/usb", '"../../drivers/usb" /* up */'))
    (found,) = findings(cli, root)
    assert found["rule"] == "TC204"
    assert '""../../drivers/usb"/hub_trace.h"' in str(found["message"])


def test_the_hint_says_what_to_write(cli: Cli, root: Path) -> None:
    edit(root, HUB, lambda text: text.replace("../../drivers/usb", "../../drivers/net"))
    (found,) = findings(cli, root)
    assert "../../drivers/net/hub_trace.h" in str(found["message"])
    assert str(found["hint"]).startswith("#define TRACE_INCLUDE_PATH ../../drivers/usb")
    assert "CFLAGS_hub_trace.o := -I$(src) in drivers/usb/Makefile" in str(found["hint"])


@pytest.mark.parametrize(
    ("path", "flag"),
    [(".", "CFLAGS_bridge.o := -I$(src)"), (".", "ccflags-y += -I $(srctree)/$(src)"),
     (".", "subdir-ccflags-y += -I$(srctree)/drivers/usb"), ("usb", "ccflags-y := -I$(src)/.."),
     (".", "ccflags-y += -I$(HERE)"), (".", "ccflags-y += -I$(TOP)/drivers/usb"),
     (".", "include $(srctree)/$(FLAGS)"), ("../drivers/usb", "# include/ comes with -I, too"),
     ("", "CFLAGS_bridge.o := -DTRACE_INCLUDE_PATH=../../drivers/usb")],
)  # fmt: skip
def test_what_a_makefile_adds_counts(cli: Cli, root: Path, path: str, flag: str) -> None:
    bridge(root, header(path=path))
    edit(root, "drivers/usb/Makefile", lambda text: f"{text}\n{flag}\n")
    assert check(cli, root) == []


def test_a_flag_for_an_object_whose_source_was_renamed(cli: Cli, root: Path) -> None:
    bridge(root, header(path="."))
    flags = "CFLAGS_bridges.o := -DX \\\n\t-I$(src)\n"
    edit(root, "drivers/usb/Makefile", lambda text: f"{text}\n{flags}")
    assert [rule for rule, _, _ in check(cli, root)] == ["TC204"]
    write(root, {"drivers/usb/bridges.c": '#include "bridge.c"\n'})
    assert check(cli, root) == []


@pytest.mark.parametrize("flag", ["-I$(srctree)/drivers/net", "-I$(TOP)/net", "-I$(src)/sub"])
def test_a_flag_that_leads_elsewhere_does_not(cli: Cli, root: Path, flag: str) -> None:
    bridge(root, header(path="."))
    edit(root, "drivers/usb/Makefile", lambda text: f"{text}\nccflags-y += {flag}\n")
    assert [rule for rule, _, _ in check(cli, root)] == ["TC204"]


def test_a_path_that_the_creator_defines(cli: Cli, root: Path) -> None:
    path = "#define TRACE_INCLUDE_PATH ../../drivers/usb\n"
    bridge(root, header(path=""), creator=f'{path}#include "bridge_trace.h"\n')
    assert check(cli, root) == []


def test_a_path_that_is_a_macro_is_left_alone(cli: Cli, root: Path) -> None:
    bridge(root, "#define BRIDGE_PATH ../../drivers/usb\n" + header(path="BRIDGE_PATH"))
    assert check(cli, root) == []


# ---- TC205


@pytest.fixture
def pasting(root: Path) -> Path:
    """As include/trace/stages/init.h does since 4.1."""
    paste = "#ifndef TRACE_SYSTEM_VAR\n#define TRACE_SYSTEM_VAR TRACE_SYSTEM\n#endif\n"
    edit(root, "include/trace/trace_events.h", lambda text: f"{paste}{text}")
    return root


def test_a_kernel_that_pastes_no_system_does_not_mind(cli: Cli, root: Path) -> None:
    bridge(root, header("usb-bridge"))
    assert check(cli, root) == []


def test_a_system_that_is_no_identifier(cli: Cli, pasting: Path) -> None:
    root = pasting
    bridge(root, header("usb-bridge"))
    (found,) = findings(cli, root)
    assert (found["rule"], found["line"]) == ("TC205", 2)
    assert "usb-bridge" in str(found["message"])
    assert str(found["hint"]).endswith("#define TRACE_SYSTEM_VAR usb_bridge")


@pytest.mark.parametrize("system", ["9p", "bridge", "Bridge_2"])
def test_what_can_be_pasted_needs_no_variable(cli: Cli, pasting: Path, system: str) -> None:
    bridge(pasting, header(system))
    assert check(cli, pasting) == []


def test_a_variable_in_an_included_header(cli: Cli, pasting: Path) -> None:
    root = pasting
    bridge(root, header("usb-bridge", body='#include "var.h"\n' + event("bridge_up")))
    write(root, {"drivers/usb/var.h": "#define TRACE_SYSTEM_VAR usb_bridge\n"})
    assert check(cli, root) == []


# ---- TC210

COPIED = header(
    guard="#if !defined(_USB_HUB_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)\n"
    "#define _USB_HUB_TRACE_H\n"
)


@pytest.mark.parametrize(
    ("includes", "told"),
    [('#include "hub_trace.h"\n', True), ("", False),
     ('#ifdef OTHER\n#include "hub_trace.h"\n#endif\n', False),
     ('#include "hub_trace.h"\n#undef _USB_HUB_TRACE_H\n', False)],
    ids=["both", "one", "under a condition", "undefined between"],
)  # fmt: skip
def test_a_guard_that_was_copied(cli: Cli, root: Path, includes: str, told: bool) -> None:
    bridge(root, COPIED)
    write(root, {"drivers/usb/bridge.c": f"{includes}#define CREATE_TRACE_POINTS\n"
                 '#include "bridge_trace.h"\n'})  # fmt: skip
    found = findings(cli, root)
    assert [(each["rule"], each["file"]) for each in found] == [("TC210", HUB)] * told
    if told:
        assert BRIDGE in str(found[0]["message"])
        assert "drivers/usb/bridge.c" in str(found[0]["message"])


# ---- TC209

NO_SYSTEM = header().replace("#define TRACE_SYSTEM bridge\n", "")


def test_a_header_that_names_no_system(cli: Cli, root: Path) -> None:
    bridge(root, NO_SYSTEM)
    (found,) = findings(cli, root)
    assert (found["rule"], found["file"]) == ("TC209", BRIDGE)
    assert found["line"] == line_of(root, BRIDGE, "define_trace.h")


@pytest.mark.parametrize(
    ("text", "creator"),
    [(NO_SYSTEM, '#define TRACE_SYSTEM bridge\n#include "bridge_trace.h"\n'),
     (NO_SYSTEM, '#include "names.h"\n#include "bridge_trace.h"\n'),
     ('#include "names.h"\n' + NO_SYSTEM, '#include "bridge_trace.h"\n'),
     (NO_SYSTEM.replace(event("bridge_up"), ""), '#include "bridge_trace.h"\n'),
     (NO_SYSTEM.replace("define_trace", "define_custom_trace"), '#include "bridge_trace.h"\n')],
    ids=["creator", "beside it", "in it", "no events", "custom"],
)  # fmt: skip
def test_a_header_whose_system_another_file_names(
    cli: Cli, root: Path, text: str, creator: str
) -> None:
    bridge(root, text, creator)
    write(root, {"drivers/usb/names.h": "#define TRACE_SYSTEM bridge\n"})
    assert check(cli, root) == []


# ---- TC206


def test_a_header_that_nobody_creates(cli: Cli, root: Path) -> None:
    edit(
        root,
        "drivers/usb/hub_trace.c",
        lambda text: text.replace("#define CREATE_TRACE_POINTS", ""),
    )
    (found,) = findings(cli, root)
    assert (found["rule"], found["file"]) == ("TC206", HUB)
    assert "usb-hub" in str(found["message"])
    assert "hub_trace.h" in str(found["hint"])


def test_a_creator_that_includes_a_header_which_includes_it(cli: Cli, root: Path) -> None:
    bridge(root, header(), creator='#include "bridge.h"\n')
    write(root, {"drivers/usb/bridge.h": '#include "bridge_trace.h"\n'})
    assert check(cli, root) == []


def test_a_creator_whose_headers_cannot_be_followed(cli: Cli, root: Path) -> None:
    """amdgpu_dm of 5.10: six headers deep, through -I flags."""
    bridge(root, header(), creator='#include "from/elsewhere.h"\n')
    assert check(cli, root) == []


def test_bare_tracepoints_may_be_defined_by_hand(cli: Cli, root: Path) -> None:
    bare = "DECLARE_TRACE(bridge_up,\n\tTP_PROTO(int a),\n\tTP_ARGS(a));\n"
    write(root, {BRIDGE: header(body=bare)})
    assert check(cli, root) == []


# ---- TC207

SECOND = "#define CREATE_TRACE_POINTS\n#include <trace/events/gpio.h>\n"


def second(
    root: Path, makefile: str, kconfig: str = "", path: str = "drivers/usb/second.c"
) -> None:
    """Another creator of gpio."""
    write(root, {path: SECOND})
    folder = path.rpartition("/")[0]
    edit(root, f"{folder}/Makefile", lambda text: f"{text}\n{makefile}\n")
    if kconfig:
        edit(root, "drivers/usb/Kconfig", lambda text: f"{text}\n{kconfig}\n")


@pytest.mark.parametrize("makefile", ["obj-y += second.o", "obj-$(CONFIG_USB) += second.o"])
def test_two_creators_in_one_kernel(cli: Cli, root: Path, makefile: str) -> None:
    second(root, makefile)
    (found,) = findings(cli, root)
    assert (found["rule"], found["file"], found["line"]) == (
        "TC207", "drivers/usb/second.c", 2
    )  # fmt: skip
    assert "drivers/gpio/gpiolib.c" in str(found["message"])


def test_twice_in_one_file(cli: Cli, root: Path) -> None:
    bridge(root, header(), creator='#include "bridge_trace.h"\n#include "bridge_trace.h"\n')
    assert check(cli, root) == [("TC207", "drivers/usb/bridge.c", 3)]


def test_through_a_header_of_its_own(cli: Cli, root: Path) -> None:
    bridge(root, header())
    creates = '#define CREATE_TRACE_POINTS\n#include "bridge.h"\n'
    write(
        root,
        {"drivers/usb/bridge.h": '#include "bridge_trace.h"\n', "drivers/usb/more.c": creates},
    )
    edit(root, "drivers/usb/Makefile", lambda text: f"{text}\nobj-y += more.o\n")
    assert check(cli, root) == [("TC207", "drivers/usb/more.c", 2)]


@pytest.mark.parametrize(
    ("makefile", "kconfig"),
    [("ifndef CONFIG_GPIOLIB\nobj-y += second.o\nendif", ""),
     ("obj-$(CONFIG_SECOND) += second.o", "config SECOND\n\tbool \"x\"\n\tdepends on !GPIOLIB"),
     ("obj-$(CONFIG_SECOND) += second.o", "config SECOND\n\tbool \"x\"\n\tdepends on GPIOLIB=n"),
     ("obj-$(CONFIG_SECOND) += second.o", "config SECOND\n\tbool"),
     ("ifeq ($(CONFIG_USB),m)\nobj-m += second.o\nendif", ""),
     ("obj-m += second.o", ""), ("obj-m += pair.o\npair-y := second.o", ""),
     ("obj-$(CONFIG_SECOND) += second.o",
      "config SECOND\n\ttristate \"x\"\n\tdepends on USB && m"),
     ("obj-$(UNTOLD) += second.o", "")],
    ids=["Makefile", "not", "is n", "nobody selects it", "module", "obj-m", "part of obj-m",
         "depends on m", "unknown gate"],
)  # fmt: skip
def test_creators_that_no_kernel_holds_together(
    cli: Cli, root: Path, makefile: str, kconfig: str
) -> None:
    second(root, makefile, kconfig)
    assert check(cli, root) == []


def test_creators_of_two_architectures(cli: Cli, root: Path) -> None:
    """And one for the others, which some select: syscalls.h."""
    write(root, {
        BRIDGE: header(),
        "arch/x86/virt/one.c": f'#define CREATE_TRACE_POINTS\n#include "../../../{BRIDGE}"\n',
        "arch/arm/Kconfig": "config ARM\n\tdef_bool y\n\tselect OTHERS\n",
        "arch/arm/Makefile": "core-y += arch/arm/kernel/\n",
        "arch/arm/kernel/Makefile": "obj-y += two.o\n",
        "arch/arm/kernel/two.c": f'#define CREATE_TRACE_POINTS\n#include "../../../{BRIDGE}"\n',
        "drivers/usb/three.c": '#define CREATE_TRACE_POINTS\n#include "bridge_trace.h"\n',
    })  # fmt: skip
    edit(root, "arch/x86/virt/Makefile", lambda text: f"{text}\nobj-y += one.o\n")
    edit(root, "drivers/usb/Makefile", lambda text: f"{text}\nobj-$(CONFIG_OTHERS) += three.o\n")
    edit(root, "drivers/usb/Kconfig", lambda text: f"{text}\nconfig OTHERS\n\tbool\n")
    assert check(cli, root) == [("TC207", "drivers/usb/three.c", 2)]
    edit(root, "arch/arm/Kconfig", lambda text: text.replace("\tselect OTHERS\n", ""))
    edit(
        root,
        "drivers/usb/Kconfig",
        lambda text: f"{text}\n\tdepends on MIPS\nconfig MIPS\n\tbool\n",
    )
    assert check(cli, root) == []


@pytest.mark.parametrize(
    "creator",
    ["#ifdef CONFIG_USB\n{0}#else\n{0}#endif\n", "#if 0\n{0}#endif\n{0}",
     "#ifdef OWN_TRACER\n{0}#endif\n{0}", "{0}#undef CREATE_TRACE_POINTS\n{0}"],
)  # fmt: skip
def test_two_lines_of_which_one_counts(cli: Cli, root: Path, creator: str) -> None:
    bridge(root, header(), creator=creator.format('#include "bridge_trace.h"\n'))
    assert check(cli, root) == []


@pytest.mark.parametrize(
    "inner",
    ['#ifndef CREATE_TRACE_POINTS\n#include "bridge_trace.h"\n#endif\n',
     '#ifndef _O\n#define _O\n#include "bridge_trace.h"\n#endif\n'],
)  # fmt: skip
def test_a_header_that_comes_later_brings_in_nothing_for_sure(
    cli: Cli, root: Path, inner: str
) -> None:
    """io_uring.c; what other headers bring in may have been read before."""
    bridge(root, header(), creator='#include "bridge_trace.h"\n#include "own.h"\n')
    write(root, {"drivers/usb/own.h": inner})
    assert check(cli, root) == []


def test_many_guards_and_many_includes_take_no_time(cli: Cli, root: Path) -> None:
    many = 20_000
    body = (
        "#ifndef A\n#define A\n#endif\n" * many
        + "#if 0\n#endif\n" * many
        + "#if 0\n#include <trace/define_trace.h>\n#endif\n" * many
    )
    before = check(cli, root)
    edit(root, GPIO, lambda text: text.replace("\nTRACE_EVENT", f"\n{body}TRACE_EVENT", 1))
    assert check(cli, root) == before


def test_the_findings_are_the_same_in_each_run(root: Path) -> None:
    """Each creator's Makefile names another path."""
    places = ("block", "kernel", "lib", "mm", "virt")
    text = header(path="")
    write(root, {BRIDGE: text.replace("bridge_trace", "no_such_trace")})
    for place in places:
        creates = f'#define CREATE_TRACE_POINTS\n#include "../{BRIDGE}"\n'
        flag = f"ccflags-y += -DTRACE_INCLUDE_PATH=../../{place}\nobj-y += bridge.o\n"
        write(root, {f"{place}/bridge.c": creates})
        edit(root, f"{place}/Makefile", lambda text, flag=flag: f"{text}{flag}")  # type: ignore[misc]
    runs = {run_there("check", root, "--json", PYTHONHASHSEED=seed).out for seed in "14"}
    assert len(runs) == 1
    assert "TC204" in runs.pop()


@pytest.mark.parametrize("path", [GPIO, HUB])
def test_a_trace_header_that_is_a_symlink_out_of_the_tree(
    cli: Cli, root: Path, tmp_path: Path, path: str
) -> None:
    """No search comes upon it, so that the system is not there."""
    away = tmp_path / "away.h"
    (root / path).rename(away)
    (root / path).symlink_to(away)
    assert check(cli, root) == [("TC901", path, 1)]
    away.rename(root / "lib/kept.h")
    (root / path).unlink()
    (root / path).symlink_to(root / "lib/kept.h")
    assert "TC901" not in {rule for rule, _, _ in check(cli, root)}


def test_what_only_a_rule_follows_and_cannot_read_is_told(cli: Cli, pasting: Path) -> None:
    root = pasting
    bridge(root, '#include "vars.h"\n' + header("usb-bridge"))
    os.mkfifo(root / "drivers/usb/vars.h")
    assert {(rule, file) for rule, file, _ in check(cli, root)} == {
        ("TC205", BRIDGE),
        ("TC901", "drivers/usb/vars.h"),
    }
