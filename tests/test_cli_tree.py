"""scan, show and generate as a user calls them: output, exit codes, one line for each error."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.small import (
    AUTHOR,
    FIXTURES,
    OPTIONS,
    SYSTEMS,
    Ran,
    apply,
    committed,
    contents,
    copy_tree,
    edit,
    git,
    golden,
    needed,
    run_there,
)

Cli = Callable[..., Ran]
TREE = FIXTURES / "tree"
BY = ("--author", AUTHOR)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_tree(tmp_path)


@pytest.fixture
def fixed_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767323045")


def failed(ran: Ran, code: int, message: str, hint: str = "") -> None:
    """One line that says what is wrong, one with the next step, and nothing else."""
    assert ran.code == code, ran.err
    assert ran.out == ""
    first, *rest = ran.err.splitlines()
    assert re.search(message, first), first
    assert first.startswith("tracecfg: ")
    assert len(rest) <= 1
    assert re.search(hint, rest[0] if rest else ""), rest
    assert "Traceback" not in ran.err


def generate(cli: Cli, root: Path, out: Path, *more: object) -> Ran:
    ran = cli("generate", root, *more, "-o", out, *BY)
    assert ran.code == 0, ran.err
    return ran


def patch(root: Path, file: Path) -> None:
    """`patch -p1`, as quilt does it: no fuzz, no offset."""
    needed("patch")
    done = subprocess.run(["patch", "-p1", "--fuzz=0", "--no-backup-if-mismatch", "-i", file],
                          cwd=root, capture_output=True, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stdout.decode()
    assert b"offset" not in done.stdout


# ---- scan and show


def test_scan_prints_a_row_for_each_system(cli: Cli) -> None:
    ran = cli("scan", TREE)
    assert (ran.code, ran.err) == (0, "")
    rows = {line.split()[0]: line for line in ran.out.splitlines() if line}
    assert all(OPTIONS[name] in rows[name] for name in SYSTEMS)
    assert "RADIO_TRACING" in rows["radio"]
    assert "Linux 6.12.0-fixture" in ran.out


SCAN_KEYS = {"name", "option", "own_option", "headers", "events", "creators", "consumers",
             "exports", "gate", "decision", "skipped"}  # fmt: skip


def subsystems(ran: Ran, schema: str = "tracecfg.scan/1") -> dict[str, dict[str, Any]]:
    shown = json.loads(ran.out)
    assert shown["schema"] == schema
    assert {"tree", "version", "subsystems"} <= set(shown)
    return {each["name"]: each for each in shown["subsystems"]}


def test_scan_json_has_what_is_promised(cli: Cli) -> None:
    found = subsystems(cli("scan", TREE, "--json"))
    assert tuple(found) == SYSTEMS
    for each in found.values():
        assert set(each) >= SCAN_KEYS
        assert set(each["decision"]) >= {"depends", "select", "default", "rules"}
        for event in each["events"]:
            assert set(event) >= {"name", "kind", "class", "file", "line"}
            assert event["kind"] in ("event", "tracepoint", "syscall")
    (consumer,) = found["queue"]["consumers"]
    assert set(consumer) >= {"file", "line", "config"}
    assert consumer["config"] == "QUEUE_TRACER"


def test_scan_json_names_the_place_of_an_unknown_gate(cli: Cli, root: Path) -> None:
    edit(root, "mm/Makefile", lambda text: text.replace("cache.o", "other.o"))
    cache = subsystems(cli("scan", root, "--json"))["cache"]
    assert cache["gate"] is None
    unknown = cache["gate_unknown"]
    assert (unknown["file"], unknown["line"]) == ("mm/Makefile", 1)


def test_show_tells_all_about_one_system(cli: Cli) -> None:
    ran = cli("show", TREE, "queue")
    assert ran.code == 0
    for words in ("queue_insert", "include/trace/events/queue.h:29", "block/queue.c:6",
                  "QUEUE_TRACER", "select TRACING_QUEUE if BLOCK", "consumer-selects"):  # fmt: skip
        assert words in ran.out
    assert tuple(subsystems(cli("show", TREE, "gpio", "u*", "--json"))) == ("gpio", "usb-hub")


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (["scan", "/nowhere/at/all"], 2, "not a kernel tree", "first argument"),
        (["scan", FIXTURES], 2, "not a kernel tree", "first argument"),
        (["show", TREE], 2, "which subsystem", "gpio"),
        (["show", TREE, "gpoi"], 1, "gpoi: no such subsystem", "did you mean .*gpio"),
        (["show", "gpio"], 2, "not a kernel tree|which subsystem", ""),
        (["generate", TREE, "gpio", *BY], 2, "where to", "--in-place"),
        (["generate", TREE, "nope", "-o", "x", *BY], 1, "nope: no such subsystem", ""),
        (["generate", TREE, "-o", "x", "--format", "zip", *BY], 2, "--format zip", "quilt"),
        (["generate", TREE, "-o", "x", "--author", "Ann"], 2, "--author Ann", ""),
        (["scan", TREE, "--rules", "gone.toml"], 2, r"gone\.toml", ""),
        (["scan", TREE, "--prefix", "low_"], 2, "--prefix low_", "TRACING_EVENTS_"),
    ],
)
def test_wrong_use(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[object], code: int,
    message: str, hint: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    failed(cli(*arguments), code, message, hint)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["scan", "--nope"], ["nope"], ["generate", "--format"]])
def test_wrong_syntax_ends_with_2(cli: Cli, arguments: list[str]) -> None:
    ran = cli(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_a_process_of_its_own_behaves_the_same(tmp_path: Path) -> None:
    ran = run_there("show", TREE, "gpoi")
    failed(ran, 1, "gpoi", "gpio")
    assert run_there("--version").out.startswith("tracecfg ")
    assert run_there("scan", cwd=copy_tree(tmp_path)).code == 0


def test_a_broken_rules_file_is_named_with_its_line(cli: Cli, tmp_path: Path) -> None:
    rules = tmp_path / "mine.toml"
    rules.write_text("[[rule]]\nname = 'a'\ncolour = 'red'\n")
    failed(cli("scan", TREE, "--rules", rules), 2, r"mine\.toml:1: .*colour")


# ---- generate


def test_the_series_of_one_system_in_goldens(cli: Cli, tmp_path: Path, fixed_date: None) -> None:
    generate(cli, TREE, tmp_path, "gpio")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name[:4] for name in names] == ["0000", "0001", "0002"]
    for name, stored in zip(names, ("cover-letter", "core", "gpio"), strict=True):
        golden(f"{stored}.patch", (tmp_path / name).read_text())


def test_a_later_series_does_not_claim_the_core(cli: Cli, tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    assert cli("generate", root, "gpio", "--in-place", "--author", AUTHOR).code == 0
    generate(cli, root, tmp_path / "out", "queue")
    cover = (tmp_path / "out/0000-cover-letter.patch").read_text()
    assert "The core has a switch for each trace header already." in cover
    assert "The core gets" not in cover


def test_show_names_the_rule_that_skips(cli: Cli, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nname = "no-gpio"\nwhy = "w"\nmatch = { system = "gpio" }\nskip = "not wanted"\n'
    )
    ran = cli("show", TREE, "gpio", "--rules", rules)
    assert "  skipped: not wanted\n" in ran.out
    assert "  no-gpio: skip not wanted\n" in ran.out
    ran = cli("show", TREE, "gpio", "--rules", rules, "--json")
    (shown,) = json.loads(ran.out)["subsystems"]
    assert {"rule": "no-gpio", "says": "skip not wanted"} in shown["rules"]


def test_the_quilt_series_in_goldens(cli: Cli, tmp_path: Path, fixed_date: None) -> None:
    generate(cli, TREE, tmp_path, "queue", "--format", "quilt", "--signoff")
    names = [line for line in (tmp_path / "series").read_text().splitlines() if line[0] != "#"]
    assert len(names) == 2
    golden("quilt-series", (tmp_path / "series").read_text())
    golden("quilt-queue.patch", (tmp_path / names[1]).read_text())


def test_show_in_a_golden(cli: Cli) -> None:
    golden("show-task.txt", cli("show", TREE, "task").out)


def test_git_am_takes_all_and_then_nothing_is_left_to_do(
    cli: Cli, root: Path, tmp_path: Path
) -> None:
    out = tmp_path / "series"
    ran = generate(cli, committed(root), out)
    assert "9 subsystems" in ran.out
    apply(root, out)
    subjects = git(root, "log", "--format=%an <%ae> %s", "--reverse").splitlines()[1:]
    assert len(subjects) == len(SYSTEMS) + 1
    assert all(subject.startswith(AUTHOR) for subject in subjects)
    again = cli("generate", root, "-o", tmp_path / "again", *BY)
    assert (again.code, again.err) == (0, "")
    assert "nothing to do" in again.out
    assert not (tmp_path / "again").exists()
    shown = json.loads(cli("generate", root, "-o", tmp_path / "again", *BY, "--json").out)
    assert (shown["schema"], shown["files"], shown["converted"]) == ("tracecfg.generate/1", [], [])


def test_all_three_ways_give_the_same_tree(cli: Cli, tmp_path: Path) -> None:
    trees = [copy_tree(tmp_path / name) for name in ("mbox", "quilt", "place")]
    generate(cli, committed(trees[0]), tmp_path / "m")
    apply(trees[0], tmp_path / "m")
    generate(cli, trees[1], tmp_path / "q", "--format", "quilt")
    names = [line for line in (tmp_path / "q/series").read_text().splitlines() if line[0] != "#"]
    for name in names:
        patch(trees[1], tmp_path / "q" / name)
    assert cli("generate", trees[2], "--in-place", *BY).code == 0
    assert contents(trees[0]) == contents(trees[1]) == contents(trees[2])
    assert contents(trees[2]) != contents(TREE)


def test_two_runs_give_the_same_bytes(cli: Cli, root: Path, tmp_path: Path) -> None:
    generate(cli, committed(root), tmp_path / "one")
    assert run_there("generate", root, "-o", tmp_path / "two", *BY, PYTHONHASHSEED="7").code == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_one_system_after_the_other_and_then_the_rest(cli: Cli, root: Path, tmp_path: Path) -> None:
    """A partly converted tree: the core is there, so are some options."""
    whole = copy_tree(tmp_path / "whole")
    assert cli("generate", whole, "--in-place", *BY).code == 0
    for wanted in (["usb-hub"], ["gpio", "queue"], []):
        assert cli("generate", root, *wanted, "--in-place", *BY).code == 0
    assert contents(root) == contents(whole)
    edit(whole, "include/trace/events/gpio.h",
         lambda text: re.sub(r"#define TRACE_OPTION.*\n", "", text))  # fmt: skip
    ran = generate(cli, whole, tmp_path / "again")
    assert "already converted: cache, portio" in ran.out


def test_author_and_signoff(cli: Cli, root: Path, tmp_path: Path) -> None:
    generate(cli, root, tmp_path / "plain")
    generate(cli, root, tmp_path / "signed", "--signoff")
    for name, signed in (("plain", False), ("signed", True)):
        for path in sorted((tmp_path / name).glob("*.patch"))[1:]:
            text = path.read_text()
            assert f"\nFrom: {AUTHOR}\n" in text
            assert (f"\nSigned-off-by: {AUTHOR}\n" in text) == signed


def test_git_knows_the_author(cli: Cli, root: Path, tmp_path: Path) -> None:
    failed(cli("generate", root, "gpio", "-o", tmp_path / "a"), 2, "no author", "--author")
    committed(root)
    git(root, "config", "user.name", "Gil Git")
    git(root, "config", "user.email", "gil@example.org")
    assert cli("generate", root, "gpio", "-o", tmp_path / "a").code == 0
    assert "From: Gil Git <gil@example.org>" in next((tmp_path / "a").glob("0002*")).read_text()


def test_the_tree_that_one_stands_in(
    cli: Cli, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    assert cli("scan").code == 0
    assert cli("generate", "-o", tmp_path / "out", *BY).code == 0
    assert (tmp_path / "out/0000-cover-letter.patch").is_file()
    failed(
        cli("generate", "gpio", "-o", tmp_path / "more", *BY), 2, "gpio: not a kernel tree", "'.'"
    )


def test_dry_run_writes_nothing(cli: Cli, root: Path, tmp_path: Path) -> None:
    before = contents(root)
    for how in (["-o", tmp_path / "out"], ["--in-place"]):
        ran = cli("generate", root, *how, "--dry-run", *BY)
        assert (ran.code, "would write" in ran.out) == (0, True)
    assert not (tmp_path / "out").exists()
    assert contents(root) == before


def test_a_folder_with_files_is_refused_and_forced(cli: Cli, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    generate(cli, root, out, "gpio", "queue")
    (out / "notes.txt").write_text("mine")
    before = contents(out)
    failed(cli("generate", root, "task", "-o", out, *BY), 2, "not empty", "--force")
    assert contents(out) == before
    generate(cli, root, out, "task", "--force")
    assert [name[:4] for name in contents(out)] == ["0000", "0001", "0002", "note"]


def test_prefix_and_rules(cli: Cli, root: Path, tmp_path: Path) -> None:
    rules = tmp_path / "mine.toml"
    rules.write_text('[[rule]]\nname = "n"\nmatch = { system = "gpio" }\nskip = "I keep it"\n')
    ran = generate(cli, root, tmp_path / "out", "gpio", "queue", "--rules", rules,
                   "--prefix", "TRACING_EVENTS_")  # fmt: skip
    assert "skipped gpio: I keep it" in ran.out
    text = "".join(path.read_text() for path in (tmp_path / "out").iterdir())
    assert "config TRACING_EVENTS_QUEUE" in text
    assert "  gpio: I keep it" in text
