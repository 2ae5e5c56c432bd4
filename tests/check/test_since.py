"""check --since in real repositories: only what a branch changed or broke."""

from __future__ import annotations

import json
import random
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.small import command, committed, converted_tree, copy_tree, edit, git, needed, run_there
from tracecfg.check.run import Request, check
from tracecfg.errors import TracecfgError, UsageError
from tracecfg.model import Finding

GPIO = "include/trace/events/gpio.h"
TASK = "include/trace/events/task.h"
SLEEP = "DEFINE_EVENT(task_template, task_sleep, TP_PROTO(int pid), TP_ARGS(pid));\n"
BARE = "DECLARE_TRACE(task_placed,\n\tTP_PROTO(int pid, int cpu),\n\tTP_ARGS(pid, cpu));\n"
PID = "\t\t__field(int, pid)\n"
Told = list[tuple[str, str, str]]
Change = Callable[[Path], None]


def told(root: Path, revision: str = "HEAD") -> Told:
    """Rule, place and message of what is new."""
    result = check(Request(tree=root, since=revision))
    return [(each.rule, f"{each.file}:{each.line}", each.message) for each in result.findings]


def line(root: Path, path: str, start: str) -> str:
    """path:line of the line that begins so."""
    lines = (root / path).read_text().splitlines()
    return f"{path}:{next(n for n, each in enumerate(lines, 1) if each.startswith(start))}"


def replaced(path: str, old: str, new: str, count: int = -1) -> Change:
    return lambda root: edit(root, path, lambda text: text.replace(old, new, count))


def both(one: Change, other: Change) -> Change:
    def change(root: Path) -> None:
        one(root)
        other(root)

    return change


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return committed(copy_tree(tmp_path))


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return committed(converted_tree(tmp_path_factory.mktemp("converted")))


@pytest.fixture
def series(converted: Path, tmp_path: Path) -> Path:
    """A tree with the series, one for each test."""
    return Path(shutil.copytree(converted, tmp_path / "series"))


# ---- ten branches with a known mistake each


class Broken(NamedTuple):
    """A change and its only finding. above: how the line begins that the finding stands at"""

    change: Change
    rule: str
    file: str
    above: str
    message: str


ABI = {
    "rename a field": Broken(
        replaced(GPIO, "__field(int, err)", "__field(int, error)"),
        "TC404",
        GPIO,
        "\t\t__field(int, error)",
        "gpio: gpio_direction: field err is error now (int)",
    ),
    "retype a field": Broken(
        replaced(TASK, "__field(u64, runs)", "__field(u32, runs)"),
        "TC405",
        TASK,
        "\t\t__field(u32, runs)",
        "task: task_stats: field runs is u32 now, not u64",
    ),
    "reorder fields": Broken(
        replaced(TASK, f"{PID}\t\t__field(u64, runs)\n", f"\t\t__field(u64, runs)\n{PID}"),
        "TC406",
        TASK,
        "\t\t__field(u64, runs)",
        "task: task_stats: runs, pid is the order of fields now",
    ),
    "drop a field of a class": Broken(
        replaced(TASK, PID, "", 1),
        "TC403",
        TASK,
        "\tTP_STRUCT__entry(",
        "task: task_sleep, task_wake: field pid is gone (int)",
    ),
    "rename an event": Broken(
        both(
            replaced(TASK, "task_stats", "task_count"),
            replaced("kernel/task.c", "task_stats", "task_count"),
        ),
        "TC402",
        TASK,
        "TRACE_EVENT(task_count",
        "task: event task_stats is task_count now",
    ),
    "drop an event": Broken(
        both(
            replaced(TASK, SLEEP, ""),
            replaced("kernel/task.c", "\ttrace_task_sleep(pid);\n", ""),
        ),
        "TC401",
        TASK,
        "DEFINE_EVENT(task_template, task_wake",
        "task: event task_sleep is gone",
    ),
}


@pytest.mark.parametrize("name", ABI)
def test_a_branch_that_breaks_what_tools_read(root: Path, name: str) -> None:
    broken = ABI[name]
    git(root, "checkout", "--quiet", "-b", "topic")
    broken.change(root)
    git(root, "commit", "--quiet", "--all", f"--message={name}")
    assert told(root, "HEAD") == []
    place = line(root, broken.file, broken.above)
    assert told(root, "HEAD~1") == [(broken.rule, place, broken.message)]


OTHERS: dict[str, tuple[str, Change]] = {
    "delete the last call": (
        "TC301",
        replaced("drivers/usb/hub.c", "trace_hub_port_reset(", "(void)("),
    ),
    "drop MULTI_READ": ("TC201", replaced(GPIO, " || defined(TRACE_HEADER_MULTI_READ)", "")),
    "unguard an export": (
        "TC106",
        lambda root: edit(
            root,
            "block/queue.c",
            lambda text: re.sub(
                r"#ifdef CONFIG_TRACING_QUEUE\n(EXPORT.*?)#endif\n", r"\1", text, flags=re.DOTALL
            ),
        ),
    ),
    "misspell an option": ("TC103", replaced(GPIO, "CONFIG_TRACING_GPIO", "CONFIG_TRACING_GIPO")),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_branch_that_breaks_something_else(series: Path, name: str) -> None:
    rule, change = OTHERS[name]
    assert told(series) == []
    change(series)
    found = told(series)
    assert rule in {each[0] for each in found}
    git(series, "commit", "--quiet", "--all", f"--message={name}")
    assert (told(series), told(series, "HEAD~1")) == ([], found)


# ---- what counts as changed


def test_no_change_no_finding(root: Path) -> None:
    assert told(root) == []


def test_what_was_wrong_before_is_not_told(root: Path) -> None:
    edit(root, GPIO, lambda text: f"{text}<<<<<<< HEAD\n")
    git(root, "commit", "--quiet", "--all", "--message=wrong")
    assert [each.rule for each in check(Request(tree=root)).findings] == ["TC901"]
    assert told(root) == []
    # nor when it moves within its file
    edit(root, GPIO, lambda text: f"\n\n\n{text}")
    assert told(root) == []
    # a second one is
    edit(root, GPIO, lambda text: f"{text}/* tracecfg: off nothing */\n")
    assert [each[0] for each in told(root)] == ["TC902"]


@pytest.mark.parametrize(
    "change",
    [
        replaced(GPIO, "__field(int, err)", "__field(int, err"),
        replaced(
            GPIO,
            "TRACE_EVENT(gpio_value",
            "<<<<<<< HEAD\nTRACE_EVENT(gpio_level\n=======\nTRACE_EVENT(gpio_value\n>>>>>>> x",
        ),
    ],
    ids=["an open bracket", "conflict markers"],
)
def test_events_of_a_header_that_cannot_be_read_are_not_compared(
    root: Path, change: Change
) -> None:
    change(root)
    assert {each[0] for each in told(root)} - {"TC301"} == {"TC901"}
    git(root, "commit", "--quiet", "--all", "--message=wrong")
    git(root, "checkout", "--quiet", "HEAD~1", GPIO)
    assert told(root) == []
    assert check(Request(tree=root, since="HEAD")).abi_summary == ()


def test_uncommitted_staged_and_untracked_changes(root: Path) -> None:
    replaced(GPIO, "__field(int, err)", "")(root)
    assert [each[0] for each in told(root)] == ["TC403"]
    git(root, "add", "--all")
    assert [each[0] for each in told(root)] == ["TC403"]
    git(root, "commit", "--quiet", "--message=x")
    new = "include/trace/events/new.h"
    text = (root / GPIO).read_text()
    (root / new).write_text(text.replace("gpio", "new").replace("GPIO", "NEW") + "<<<<<<< HEAD\n")
    found = told(root)
    assert ("TC901", line(root, new, "<<<"), "merge conflict markers") in found
    assert {place.partition(":")[0] for _, place, _ in found} == {new}
    (root / new).unlink()
    (root / TASK).unlink()
    assert [(each[0], each[2]) for each in told(root)] == [
        (
            "TC401",
            "task: all of the subsystem is gone: events task_sleep, task_stats, task_wake",
        )
    ]


@pytest.mark.parametrize("staged", [True, False])
def test_a_header_that_moves_is_no_change(root: Path, staged: bool) -> None:
    edit(root, "drivers/usb/hub_trace.h", lambda text: f"{text}<<<<<<< HEAD\n")
    git(root, "commit", "--quiet", "--all", "--message=wrong")
    if staged:
        git(root, "mv", "drivers/usb/hub_trace.h", "drivers/usb/port_trace.h")
    else:
        (root / "drivers/usb/hub_trace.h").rename(root / "drivers/usb/port_trace.h")
    replaced("drivers/usb/hub_trace.c", "hub_trace.h", "port_trace.h")(root)
    replaced("drivers/usb/hub.c", "hub_trace.h", "port_trace.h")(root)
    replaced("drivers/usb/port_trace.h", "FILE hub_trace", "FILE port_trace")(root)
    assert told(root) == []


def test_events_that_move_to_another_subsystem_are_told_once(root: Path) -> None:
    named = "TRACE_SYSTEM pins\n#define TRACE_INCLUDE_FILE gpio"
    replaced(GPIO, "TRACE_SYSTEM gpio", named)(root)
    assert told(root) == [
        (
            "TC402",
            line(root, GPIO, "TRACE_EVENT(gpio_direction"),
            "gpio: events gpio_direction, gpio_value moved to subsystem pins",
        )
    ]


def test_an_event_that_becomes_one_of_a_class_is_the_same(root: Path) -> None:
    edit(
        root,
        TASK,
        lambda text: re.sub(
            r"DEFINE_EVENT\(task_template, task_sleep,.*\n",
            "TRACE_EVENT(task_sleep, TP_PROTO(int pid), TP_ARGS(pid),\n"
            "\tTP_STRUCT__entry(__field( int , pid )),\n\tTP_fast_assign(__entry->pid = pid;),\n"
            '\tTP_printk("%d", __entry->pid));\n',
            text,
        ),
    )
    assert told(root) == []


STOP = SLEEP.replace("sleep", "stop")
NAPS = SLEEP.replace("task_sleep", "task_sleeps")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        # in its place and with a like name
        (lambda text: text.replace(SLEEP, NAPS), ["TC402 event task_sleep is task_sleeps now"]),
        # that both are of one class says nothing
        (
            lambda text: text.replace(SLEEP, "").replace("#if 0", NAPS + "#if 0"),
            ["TC401 event task_sleep is gone"],
        ),
        (
            lambda text: text.replace(SLEEP, SLEEP.replace("task_sleep", "idle")),
            ["TC401 event task_sleep is gone"],
        ),
        (lambda text: text.replace(SLEEP, STOP), ["TC401 event task_sleep is gone"]),
        # one of two
        (lambda text: text.replace(SLEEP, STOP + NAPS), ["TC401 event task_sleep is gone"]),
        # an event with fields of its own may move
        (
            lambda text: text.replace("TRACE_EVENT(task_stats", "TRACE_EVENT(task_stats_made"),
            ["TC402 event task_stats is task_stats_made now"],
        ),
    ],
)  # fmt: skip
def test_what_is_a_rename(root: Path, text: Callable[[str], str], says: list[str]) -> None:
    edit(root, TASK, text)
    found = [(rule, says) for rule, _, says in told(root) if rule in ("TC401", "TC402")]
    assert [f"{rule} {message.removeprefix('task: ')}" for rule, message in found] == says
    summary = check(Request(tree=root, since="HEAD")).abi_summary
    assert [each for each in summary if "added" not in each] == [
        f"task: {each.partition(' ')[2]}" for each in says
    ]


def test_an_event_behind_a_condition(root: Path) -> None:
    replaced(TASK, SLEEP, f"#ifdef CONFIG_NAPS\n{SLEEP}#endif\n")(root)
    assert told(root) == [
        (
            "TC408",
            line(root, TASK, SLEEP[:40]),
            "task: event task_sleep is there only under CONFIG_NAPS now",
        )
    ]
    assert check(Request(tree=root, since="HEAD")).abi_summary == (told(root)[0][2],)
    # it may have another definition for the others
    replaced(TASK, "#endif\n", f"#else\n{SLEEP}#endif\n", 1)(root)
    assert told(root) == []
    git(root, "checkout", "--quiet", TASK)
    replaced(TASK, SLEEP, f"#ifdef CONFIG_TRACING_TASK\n{SLEEP}#endif\n")(root)
    assert not [each for each in told(root) if each[0] == "TC408"]
    git(root, "checkout", "--quiet", TASK)
    replaced(TASK, "CONFIG_TASK_STATS", "CONFIG_TASK_COUNTS")(root)
    assert told(root) == []
    git(root, "checkout", "--quiet", TASK)
    wake = "DEFINE_EVENT(task_template, task_wake"
    replaced(TASK, wake, f"#ifdef CONFIG_NAPS\n{wake}")(root)
    replaced(TASK, SLEEP, f"{SLEEP}#endif\n")(root)
    assert [each[2] for each in told(root)] == [
        "task: events task_wake, task_sleep are there only under CONFIG_NAPS now"
    ]
    git(root, "checkout", "--quiet", TASK)
    replaced(TASK, "#ifdef CONFIG_TASK_STATS", "#if 1")(root)
    assert told(root) == []


RUNS = "__field(u64, runs)"


@pytest.mark.parametrize(
    ("header", "was", "now", "rule"),
    [
        ("#define MOST 15\n", "u8[15], runs", "u8[MOST], runs", ""),
        ("#define MOST (0x0f)\t/* bytes */\n", "u8[MOST], runs", "u8[15], runs", ""),
        ("#define MOST 16\n", "u8[15], runs", "u8[MOST], runs", "TC405"),
        ("#define MOST (SOME + 1)\n", "u8[15], runs", "u8[MOST], runs", "TC407"),
        ("", "u8[15], runs", "u8[MOST], runs", "TC407"),
        ("#define MOST 15\n", "u8[15], runs", "u16[MOST], runs", "TC405"),
        ("typedef unsigned long flags_t;\n", "unsigned long, runs", "flags_t, runs", ""),
        ("typedef unsigned long flags_t;\n", "u32, runs", "flags_t, runs", "TC405"),
        ("typedef int k_t;\ntypedef k_t flags_t;\n", "flags_t, runs", "int, runs", ""),
        ("typedef u32 flags_t;\ntypedef u64 flags_t;\n", "s64, runs", "flags_t, runs", "TC407"),
        ("", "s64, runs", "flags_t, runs", "TC407"),
        ("", "struct a, runs", "struct b, runs", "TC405"),
    ],
)
def test_a_type_by_another_name(root: Path, header: str, was: str, now: str, rule: str) -> None:
    (root / "include/linux/most.h").write_text(header)
    replaced(TASK, RUNS, f"__field({was})")(root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=was")
    replaced(TASK, f"__field({was})", f"__field({now})")(root)
    assert [each[0] for each in told(root)] == ([rule] if rule else [])
    if header and not rule:
        # with a meaning that differs, too
        (root / "include/linux/most.h").write_text(header + "\n")
        assert [each[0] for each in told(root)] == ["TC407"]


DIFF = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@pytest.mark.parametrize(
    "change",
    [
        *(broken.change for broken in ABI.values()),
        replaced(TASK, "__field(u64, runs)", "__field(u8, cpu)\n\t\t__field(u64, runs)"),
        replaced(TASK, "\t\t__field(u64, runs)\n", ""),
        replaced(TASK, "__field(u64, runs)", "__field(s8, runs)"),
        both(replaced(TASK, SLEEP, ""), replaced(TASK, "#define TRACE", "\n\n#define TRACE", 1)),
        lambda root: edit(
            root, TASK, lambda text: re.sub(r"TRACE_EVENT\(task_stats.*?\n\);", "", text, flags=16)
        ),
    ],
)
def test_a_finding_is_in_what_a_difference_shows(root: Path, change: Change) -> None:
    """On other lines there can be no annotation."""
    change(root)
    found = [place for rule, place, _ in told(root) if rule.startswith("TC4")]
    assert found
    for place in found:
        path, _, number = place.partition(":")
        shown = DIFF.findall(git(root, "diff", "--unified=3", "HEAD", "--", path))
        assert any(
            int(start) <= int(number) < int(start) + int(count or 1) for start, count in shown
        ), (place, shown)


def test_a_header_that_is_gone_has_one_line(root: Path) -> None:
    (root / TASK).unlink()
    assert ("TC401", f"{TASK}:1") in [each[:2] for each in told(root)]


def test_a_bare_tracepoint_is_no_event(root: Path) -> None:
    replaced(TASK, BARE, "")(root)
    assert not [each for each in told(root) if each[0].startswith("TC4")]


def test_fields_that_a_macro_elsewhere_makes(root: Path) -> None:
    (root / "include/linux/pins.h").write_text("#define PIN_ENTRY __field(u32, pin)\n")
    edit(
        root,
        GPIO,
        lambda text: text.replace("__field(u32, pin)", "PIN_ENTRY").replace(
            "#include <linux/tracepoint.h>",
            "#include <linux/tracepoint.h>\n#include <linux/pins.h>",
        ),
    )
    assert told(root) == []
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=macro")
    # the trace header itself is as it was
    edit(root, "include/linux/pins.h", lambda text: text.replace("pin)", "line)"))
    assert [each[2] for each in told(root)] == [
        "gpio: gpio_direction: field pin is line now (u32)",
        "gpio: gpio_value: field pin is line now (u32)",
    ]


def test_fields_that_nobody_can_tell_are_a_note(root: Path) -> None:
    replaced(GPIO, "__field(int, err)", "MADE_UP(err)")(root)
    result = check(Request(tree=root, since="HEAD"))
    assert [(each.rule, each.severity.value) for each in result.findings] == [("TC407", "note")]
    assert result.findings[0].message == "gpio_direction: the fields of MADE_UP cannot be told"
    assert not result.failed


def test_the_summary_is_for_a_changelog(root: Path) -> None:
    replaced(GPIO, "__field(int, err)", "__field(int, error) __field(u8, more)")(root)
    text = (
        (root / TASK)
        .read_text()
        .replace(
            "task_wake,",
            "task_wake, TP_PROTO(int pid), TP_ARGS(pid));\nDEFINE_EVENT(task_template, task_new,",
        )
    )
    (root / TASK).write_text(text)
    ran = run_there("check", root, "--since", "HEAD", "--json")
    assert json.loads(ran.out)["abi_summary"] == [
        "gpio: gpio_direction: field err is error now (int)",
        "gpio: gpio_direction: field more added (u8)",
        "task: event task_new added",
    ]
    assert run_there("check", root, "--json").out.count("abi_summary")


def test_a_comment_turns_it_off(root: Path) -> None:
    """Above the field behind which one is gone."""
    replaced(GPIO, "__field(int, err)", "")(root)
    (place,) = (place for rule, place, _ in told(root) if rule == "TC403")
    number = int(place.partition(":")[2])
    lines = (root / GPIO).read_text().splitlines(keepends=True)
    assert "__field(" in lines[number - 1]
    lines.insert(number - 1, "/* tracecfg: off TC403 */\n")
    (root / GPIO).write_text("".join(lines))
    assert told(root) == []


def test_a_baseline_is_not_written_from_what_is_new(root: Path) -> None:
    ran = run_there("check", root, "--since", "HEAD", "--update-baseline")
    assert ran.code == UsageError.exit_code
    assert "--since" in ran.err


# ---- seeded histories


@pytest.mark.parametrize("seed", range(4))
def test_findings_are_those_of_two_checks(root: Path, seed: int) -> None:
    """What is told is what a whole check of the one tree says and one of the other does not."""
    dice = random.Random(seed)
    headers = [GPIO, TASK, "include/trace/events/queue.h", "drivers/storage/trace.h"]
    for _ in range(4):
        file = root / dice.choice(headers)
        what = dice.choice(["<<<<<<< HEAD\n", "/* tracecfg: off nothing */\n", "\n"])
        text = file.read_text()
        file.write_text(text + what if dice.random() < 0.5 else what + text)
        git(root, "commit", "--quiet", "--all", "--message=x")
    git(root, "worktree", "add", "--quiet", "--detach", root.parent / "there", "HEAD~3")
    now, then = (check(Request(tree=each)).findings for each in (root, root.parent / "there"))

    def plain(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
        return sorted((each.rule, each.file, each.message) for each in findings)

    new = plain(now)
    for each in plain(then):
        if each in new:
            new.remove(each)
    assert plain(check(Request(tree=root, since="HEAD~3")).findings) == new


# ---- repositories that mean harm, and odd ones


@pytest.mark.parametrize(
    "way",
    ["filter", "process", "textconv", "external", "fsmonitor", "hook", "include", "environment"],
)
def test_nothing_that_a_repository_names_is_run(root: Path, tmp_path: Path, way: str) -> None:
    proof = tmp_path / "ran"
    touch = f"touch {proof}; cat"
    (root / ".gitattributes").write_text("* filter=x diff=x\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=attributes")
    git(root, "mv", "kernel/task.c", "kernel/moved.c")
    replaced(GPIO, "__field(int, err)", "")(root)
    (root / "drivers/new.h").write_text("#define TRACE_SYSTEM new\n")
    values = {
        "filter": ("filter.x.clean", touch),
        "process": ("filter.x.process", touch),
        "textconv": ("diff.x.textconv", touch),
        "external": ("diff.external", touch),
        "fsmonitor": ("core.fsmonitor", f"touch {proof}; false"),
    }
    if way == "hook":
        hook = root / ".git/hooks/post-index-change"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {proof}\n")
        hook.chmod(0o755)
    elif way == "include":
        (root / "evil").write_text(f'[filter "x"]\n\tclean = "{touch}"\n\tsmudge = "{touch}"\n')
        git(root, "config", "include.path", "../evil")
    elif way in values:
        git(root, "config", *values[way])
    (root / "Makefile").touch()
    index = (root / ".git/index").read_bytes()
    program = str(proof) if way == "environment" else ""
    ran = run_there("check", root, "--since", "HEAD", "--json", GIT_EXTERNAL_DIFF=program)
    assert ran.code == 1, ran.err
    assert "TC403" in ran.out
    assert not proof.exists()
    assert (root / ".git/index").read_bytes() == index


@pytest.mark.parametrize("revision", ["-x", "--exec=x", "nope", "", "HEAD..HEAD", "\x1b[31m"])
def test_odd_revisions_are_wrong_use(root: Path, revision: str) -> None:
    ran = run_there("check", root, f"--since={revision}")
    assert (ran.code, ran.out) == (UsageError.exit_code, "")
    assert len(ran.err.splitlines()) == 2
    assert "\x1b" not in ran.err


def test_a_base_that_is_no_kernel_tree(root: Path) -> None:
    git(root, "mv", "Makefile", "elsewhere")
    git(root, "commit", "--quiet", "--message=no tree")
    git(root, "mv", "elsewhere", "Makefile")
    with pytest.raises(TracecfgError, match="--since HEAD: Makefile: cannot be read"):
        told(root)


@pytest.mark.parametrize(
    ("variable", "name"), [("GIT_DIR", ""), ("GIT_INDEX_FILE", "index"), ("GIT_CONFIG", "config")]
)
def test_the_repository_is_the_trees(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    """Whatever the environment says, that of a hook of another one."""
    replaced(GPIO, "__field(int, err)", "")(root)
    other = tmp_path / "other"
    other.mkdir()
    committed(copy_tree(other))
    repository = other / "linux/.git"
    (other / "linux" / GPIO).write_text("")
    git(other / "linux", "commit", "--quiet", "--all", "--message=other")
    proof = tmp_path / "ran"
    git(root, "config", "filter.x.clean", f"touch {proof}; cat")
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/attributes").write_text("* filter=x\n")
    call = ("check", root, "--since", "HEAD", "--json")
    plain = run_there(*call)
    monkeypatch.setenv(variable, str(repository / name))
    ran = run_there(*call)
    assert (ran.code, ran.out) == (plain.code, plain.out) == (1, ran.out)
    assert not proof.exists()


def test_a_hook_checks_the_work_tree(root: Path, tmp_path: Path) -> None:
    """git commit has an index of its own for it when it is told of a file."""
    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    said = tmp_path / "said"
    check = shlex.join(command("check", ".", "--since", "HEAD"))
    hook.write_text(f"#!/bin/sh\nenv | grep -q ^GIT_INDEX_FILE= && {check} > {said}\n")
    hook.chmod(0o755)
    replaced(GPIO, "__field(int, err)", "")(root)
    replaced(TASK, PID, "", 1)(root)
    with pytest.raises(AssertionError):
        git(root, "commit", "--quiet", "--message=x", GPIO)
    assert "gpio: gpio_direction: field err is gone" in said.read_text()
    assert "task: task_sleep, task_wake: field pid is gone" in said.read_text()


def test_without_git_it_says_so(root: Path, tmp_path: Path) -> None:
    needed("rg")
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "rg").symlink_to(str(shutil.which("rg")))
    ran = run_there("check", root, "--since", "HEAD", PATH=str(tools))
    assert ran.code == TracecfgError.exit_code
    assert "git: cannot be run" in ran.err


# ---- configurations


def test_a_configuration_is_read_as_it_was(series: Path) -> None:
    config = series / "arch/x86/configs/mine_defconfig"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("CONFIG_TRACING_ODD=y\n")
    (series / "tracecfg.toml").write_text(
        '[check]\nconfigs = ["arch/x86/configs/mine_defconfig"]\n'
    )
    assert [each[0] for each in told(series)] == ["TC503"]
    git(series, "add", "--all")
    git(series, "commit", "--quiet", "--message=one")
    assert told(series) == []
    config.write_text("CONFIG_TRACING_ODD=y\nCONFIG_TRACING_BOGUS=y\n")
    ((rule, place, _),) = told(series)
    assert (rule, place) == ("TC503", "arch/x86/configs/mine_defconfig:2")


def test_the_branch_that_adds_the_series(converted: Path, tmp_path: Path) -> None:
    root = tmp_path / "linux"
    git(tmp_path, "clone", "--quiet", str(converted), str(root))
    git(root, "rm", "--quiet", "kernel/trace/Kconfig.systems")
    git(root, "commit", "--quiet", "--message=without")
    git(root, "revert", "--no-edit", "HEAD")
    (root / ".config").write_text("CONFIG_TRACING_BOGUS=y\n")
    result = check(Request(tree=root, since="HEAD~1", configs=(root / ".config",)))
    assert "TC503" in {each.rule for each in result.findings}
