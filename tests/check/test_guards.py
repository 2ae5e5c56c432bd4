"""Rules of guards and options, each by a mistake in the small converted tree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.headers import HEAD, TAIL, event
from tests.small import converted_tree, copy_tree, edit, run_here
from tracecfg.check.apart import together
from tracecfg.gate import Sym
from tracecfg.kconfigtext import KconfigIndex
from tracecfg.model import Creator, GateResult, Place

MENU = "kernel/trace/Kconfig.systems"
GPIO = "include/trace/events/gpio.h"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return converted_tree(tmp_path)


def found(root: Path, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, int]]:
    """Rule, file and line of what is found of this group."""
    ran = run_here(capsys, ["check", root, "--json"])
    assert ran.code in (0, 1), ran.err
    findings = json.loads(ran.out)["findings"]
    return [(x["rule"], x["file"], x["line"]) for x in findings if x["rule"].startswith("TC1")]


def line_of(root: Path, path: str, text: str) -> int:
    lines = (root / path).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_nothing_in_a_converted_tree_or_an_unconverted_one(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert found(tree, capsys) == []
    assert found(copy_tree(tmp_path / "other"), capsys) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        (
            GPIO,
            "#define TRACE_OPTION_gpio IS_ENABLED(CONFIG_TRACING_GPIO)\n",
            "",
            [("TC101", GPIO, "#define TRACE_SYSTEM gpio")],
        ),
        (
            # one of two headers
            "include/trace/events/virt.h",
            "#define TRACE_OPTION_virt IS_ENABLED(CONFIG_TRACING_VIRT)\n",
            "",
            [("TC101", "include/trace/events/virt.h", "#define TRACE_SYSTEM virt")],
        ),
        (
            GPIO,
            "IS_ENABLED(CONFIG_TRACING_GPIO)",
            "IS_ENABLED(CONFIG_TRACING_GPOI)",
            [("TC103", GPIO, "CONFIG_TRACING_GPOI")],
        ),
        (
            # a symbol that another subsystem's header asks for too
            GPIO,
            "IS_ENABLED(CONFIG_TRACING_GPIO)",
            "IS_ENABLED(CONFIG_TRACING_CACHE)",
            [("TC110", GPIO, "CONFIG_TRACING_CACHE")],
        ),
        (
            MENU,
            "config TRACING_GPIO\n",
            'config TRACING_GONE\n\tbool "gone"\n\nconfig TRACING_GPIO\n',
            [("TC102", MENU, "config TRACING_GONE")],
        ),
        (
            MENU,
            "config TRACING_GPIO\n",
            "config TRACING_GPIOS\n",
            [("TC103", GPIO, "CONFIG_TRACING_GPIO")],
        ),
        (
            MENU,
            "\tdepends on GPIOLIB\n",
            "\tdepends on GPIOLIB && GPIOLIB_OF_OLD\n",
            [("TC104", MENU, "GPIOLIB_OF_OLD")],
        ),
        (
            MENU,
            "\tdepends on GPIOLIB\n",
            "\tdepends on GPIOLIB && !GPIOLIB\n",
            [("TC104", MENU, "!GPIOLIB")],
        ),
        (MENU, '\tbool "gpio"\n', "\tbool\n", [("TC105", MENU, "config TRACING_GPIO")]),
        (
            "block/queue.c",
            "#ifdef CONFIG_TRACING_QUEUE\n",
            "#ifdef CONFIG_BLOCK\n",
            [("TC106", "block/queue.c", "EXPORT_TRACEPOINT_SYMBOL_GPL(queue_insert)")],
        ),
        (
            "include/linux/portio.h",
            "(IS_ENABLED(CONFIG_TRACING_PORTIO) && tracepoint_enabled(tp))",
            "tracepoint_enabled(tp)",
            [("TC107", "include/linux/portio.h", "tracepoint_enabled(tp)")],
        ),
        (
            "kernel/trace/Kconfig",
            "\tselect TRACING_QUEUE if BLOCK\n",
            "",
            [("TC108", "kernel/trace/Kconfig", "config QUEUE_TRACE")],
        ),
        (
            "kernel/trace/Kconfig",
            "\tselect TRACING_QUEUE if BLOCK\n",
            "\tselect TRACING_QUEUES if BLOCK\n",
            [
                ("TC108", "kernel/trace/Kconfig", "config QUEUE_TRACE"),
                ("TC103", "kernel/trace/Kconfig", "TRACING_QUEUES"),
            ],
        ),
        (
            "drivers/storage/core.c",
            "#ifdef CONFIG_TRACING_STORAGE\n",
            "#ifdef CONFIG_TRACEPOINTS\n",
            [("TC109", "drivers/storage/core.c", "#ifdef CONFIG_TRACEPOINTS")],
        ),
    ],
)
def test_a_mistake_brings_its_finding_and_no_other(
    tree: Path,
    path: str,
    old: str,
    new: str,
    expected: list[tuple[str, str, str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    edit(tree, path, lambda text: text.replace(old, new, 1))
    wanted = [(rule, file, line_of(tree, file, text)) for rule, file, text in expected]
    assert found(tree, capsys) == wanted


def test_a_consumer_that_depends_on_the_option(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It cannot be on without."""
    path, line = "kernel/trace/Kconfig", "\tselect TRACING_QUEUE if BLOCK\n"
    edit(tree, path, lambda text: text.replace(line, "\tdepends on TRACING_QUEUE\n"))
    assert found(tree, capsys) == []
    edit(tree, path, lambda text: text.replace("on TRACING_QUEUE\n", "on !TRACING_QUEUE\n"))
    assert found(tree, capsys) == [("TC108", path, line_of(tree, path, "config QUEUE_TRACE"))]


def test_a_subsystem_that_probes_its_own_event(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(
        tree,
        "drivers/gpio/gpiolib.c",
        lambda text: text + "int watch(void)\n{\n\treturn register_trace_gpio_value(0, 0);\n}\n",
    )
    assert found(tree, capsys) == []


def test_a_guard_in_a_file_that_has_nothing_else_to_do_with_tracepoints(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "drivers/gpio/other.c"
    (tree / path).write_text("#ifdef CONFIG_TRACING_GPOI\nint more;\n#endif\n")
    assert found(tree, capsys) == [("TC103", path, 1)]
    (tree / path).write_text(
        "/* CONFIG_TRACING_GPOI */\n#ifdef CONFIG_TRACING_GPIO_MODULE\n#endif\n"
    )
    assert found(tree, capsys) == []


def test_a_menu_that_no_kconfig_file_sources(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No option is there then: said once, where the line was."""
    edit(tree, "Kconfig", lambda text: text.replace(f'source "{MENU}"\n', f'# source "{MENU}"\n'))
    line = line_of(tree, "Kconfig", 'source "kernel/trace/Kconfig"')
    assert found(tree, capsys) == [("TC103", "Kconfig", line)]


def test_a_menu_that_is_sourced_and_not_there(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / MENU).unlink()
    assert found(tree, capsys) == []
    assert f"sources {MENU}, which is not there" in run_here(capsys, ["check", tree]).out


def test_a_select_without_a_condition_by_what_is_on_with_tracing(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(
        tree,
        "kernel/trace/Kconfig",
        lambda text: text.replace("config TRACING\n", "config TRACING\n\tselect TRACING_GPIO\n"),
    )
    line = line_of(tree, "kernel/trace/Kconfig", "select TRACING_GPIO")
    assert found(tree, capsys) == [("TC105", "kernel/trace/Kconfig", line)]


def test_a_subsystem_that_nobody_converted_is_one_finding(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its exports and its entry are not there either."""
    edit(tree, "include/trace/events/queue.h", lambda text: text.replace("queue", "fresh"))
    (tree / "include/trace/events/queue.h").rename(tree / "include/trace/events/fresh.h")
    edit(
        tree,
        "include/trace/events/fresh.h",
        lambda text: "".join(x for x in text.splitlines(True) if "TRACE_OPTION" not in x),
    )
    rules = [rule for rule, file, _ in found(tree, capsys) if file.endswith("fresh.h")]
    assert rules == ["TC101"]


def test_two_events_of_one_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = copy_tree(tmp_path)
    edit(tree, GPIO, lambda text: text.replace("gpio_value", "task_stats"))
    path = "include/trace/events/task.h"
    assert found(tree, capsys) == [("TC110", path, line_of(tree, path, "TRACE_EVENT(task_stats"))]


def test_one_event_in_many_headers_has_a_finding_for_each_later_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = copy_tree(tmp_path)
    for number in range(40):
        text = HEAD.replace(" made", f" made{number}") + event("same") + TAIL
        (tree / f"include/trace/events/made{number}.h").write_text(text)
        creates = f"#define CREATE_TRACE_POINTS\n#include <trace/events/made{number}.h>\n"
        (tree / f"kernel/made{number}.c").write_text(creates)
    objects = " ".join(f"made{number}.o" for number in range(40))
    edit(tree, "kernel/Makefile", lambda text: f"{text}obj-y += {objects}\n")
    told = found(tree, capsys)
    assert {rule for rule, _, _ in told} == {"TC110"}
    assert len(set(told)) == len(told) == 19


def test_a_change_in_a_file_of_blank_lines(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = "block/queue.c"
    edit(
        tree,
        path,
        lambda text: (
            "\n" * 20_000
            + text.replace("#ifdef CONFIG_TRACING_QUEUE\n", "").replace("#endif\n", "")
            + "\n" * 20_000
        ),
    )
    line = line_of(tree, path, "EXPORT_TRACEPOINT_SYMBOL_GPL(queue_insert)")
    assert found(tree, capsys) == [("TC106", path, line)]


def test_changes_far_apart_in_a_file_of_blank_lines(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first is told."""
    path = "block/queue.c"
    exports = [f"EXPORT_TRACEPOINT_SYMBOL_GPL(queue_{name});\n" for name in ("insert", "remove")]

    def apart(text: str) -> str:
        bare = text.replace("#ifdef CONFIG_TRACING_QUEUE\n", "").replace("#endif\n", "")
        return bare.replace(exports[1], "\n" * 20_000 + "int a;\n" + exports[1])

    edit(tree, path, apart)
    told = found(tree, capsys)
    assert ("TC106", path, line_of(tree, path, exports[0].strip())) in told


def test_a_long_word_that_a_symbol_depends_on() -> None:
    long = "x" * 200_000
    text = "".join(f'config {name}\n\tbool "{name}"\n\tdepends on {long}\n' for name in "AB")
    one, other = (
        Creator(Place(f"{name}.c", 1), "made.h", GateResult(Sym(name))) for name in ("A", "B")
    )
    assert together(one, other, KconfigIndex({"Kconfig": text}))


@pytest.mark.parametrize("refused", ["!B", "! B", "B=n", "C && B != y", "(B = n)"])
def test_symbols_that_refuse_each_other(refused: str) -> None:
    text = f'config A\n\tbool "a"\n\tdepends on {refused}\nconfig B\n\tbool "b"\n'
    one, other, longer = (
        Creator(Place(f"{name}.c", 1), "made.h", GateResult(Sym(name))) for name in ("A", "B", "BB")
    )
    kconfig = KconfigIndex({"Kconfig": text})
    assert not together(one, other, kconfig)
    assert together(one, longer, kconfig)


def test_notrace_beside_another_trace_header(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = copy_tree(tmp_path)
    edit(tree, GPIO, lambda text: text.replace("#include", "#define NOTRACE\n\n#include", 1))
    assert found(tree, capsys) == []
    edit(
        tree,
        "drivers/gpio/gpiolib.c",
        lambda text: text.replace("#include", "#include <trace/events/task.h>\n#include", 1),
    )
    assert found(tree, capsys) == [("TC111", GPIO, line_of(tree, GPIO, "NOTRACE"))]


@pytest.mark.parametrize("path", [GPIO, "drivers/gpio/local.h"])
def test_notrace_in_a_header_that_includes_another_trace_header(
    tmp_path: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = copy_tree(tmp_path)
    file = tree / path
    text = file.read_text() if file.exists() else "/* local */\n"
    before = f"#include <trace/events/task.h>\n#define NOTRACE\n{text}"
    file.write_text(before)
    assert found(tree, capsys) == []
    file.write_text(f"#define NOTRACE\n#include <trace/events/task.h>\n{text}")
    assert found(tree, capsys) == [("TC111", path, 1)]
