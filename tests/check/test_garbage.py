"""Files that are no C, no Kconfig or no files: each is named, and the rest is checked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.headers import event
from tests.small import AUTHOR, Ran, command, committed, copy_tree, edit, needed
from tracecfg.kernel.search import Searcher
from tracecfg.kernel.tree import Tree

Cli = Callable[..., Ran]
Found = list[tuple[str, str, int, str]]

GPIO = "include/trace/events/gpio.h"
HUB = "drivers/usb/hub_trace.h"
MADE = "include/trace/events/made.h"
HEAD = (
    "#undef TRACE_SYSTEM\n#define TRACE_SYSTEM made\n"
    "#if !defined(_MADE_H) || defined(TRACE_HEADER_MULTI_READ)\n#define _MADE_H\n"
)
TAIL = "#endif\n#include <trace/define_trace.h>\n"
REST = ("TC201", GPIO, 5)
"""The mistake that must be found all the same."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """With one mistake."""
    tree = copy_tree(tmp_path)
    edit(tree, GPIO, lambda text: text.replace(" || defined(TRACE_HEADER_MULTI_READ)", ""))
    return tree


def told(ran: Ran) -> Found:
    """Everything but the mistake, which must be there too."""
    assert ran.code == 1, ran.err
    assert "Traceback" not in ran.err
    found = [
        (each["rule"], each["file"], each["line"], each["message"])
        for each in json.loads(ran.out)["findings"]
    ]
    (rest,) = (each for each in found if each[1] == GPIO)
    assert rest[:3] == REST
    return [each for each in found if each != rest]


def check(cli: Cli, root: Path) -> Found:
    return told(cli("check", root, "--json"))


def made(root: Path, text: str) -> None:
    """A further trace header, created by task.c, which calls its events."""
    (root / MADE).write_text(text)
    include = "#include <trace/events/task.h>\n"
    calls = "void made(void) { trace_made_one(); trace_one(); }\n"
    edit(
        root,
        "kernel/task.c",
        lambda text: text.replace(include, f"{include}#include <trace/events/made.h>\n") + calls,
    )


def replaced(root: Path, path: str, data: bytes) -> None:
    (root / path).write_bytes(data)


# ---- contents


def test_a_binary_file(cli: Cli, root: Path) -> None:
    (root / "drivers/usb/firmware.h").write_bytes(bytes(range(256)) * 999 + b"TRACE_SYSTEM\n")
    ((rule, file, _, message),) = check(cli, root)
    assert (rule, file) == ("TC901", "drivers/usb/firmware.h")
    assert "NUL byte" in message


def test_a_nul_byte_in_a_trace_header(cli: Cli, root: Path) -> None:
    lines = (root / HUB).read_text().count("\n")
    (root / HUB).write_bytes((root / HUB).read_bytes() + b"/* \0 */\n")
    ((rule, file, line, _),) = check(cli, root)
    assert (rule, file, line) == ("TC901", HUB, lines + 1)


def test_200000_lines(cli: Cli, root: Path) -> None:
    registers = "".join(f"#define REGISTER_{at} {at:#x} /* TRACE */\n" for at in range(200_000))
    made(root, f"{HEAD}{event('made_one')}{registers}{TAIL}")
    assert check(cli, root) == []


def test_macros_without_end(cli: Cli, root: Path) -> None:
    doubling = "".join(f"#define M{at}(x) M{at + 1}(x) M{at + 1}(x)\n" for at in range(60))
    events = "#define M60(x) TRACE_EVENT(x, a, b, c, d, e)\nM0(made_one)\n"
    made(root, HEAD + doubling + events + TAIL)
    assert check(cli, root) == [("TC901", MADE, 1, "its macros expand without end")]


def test_a_macro_of_itself(cli: Cli, root: Path) -> None:
    made(root, f"{HEAD}#define M(x) M(x) N(x)\n#define N(x) M(x)\nM(1)\n{event('one')}{TAIL}")
    assert check(cli, root) == []


def test_includes_without_end(cli: Cli, root: Path) -> None:
    again = '#include "more.h"\n' * 200
    made(root, HEAD + again + TAIL)
    (root / "include/trace/events/more.h").write_text(event("made_one") + again)
    ((rule, _, _, message),) = check(cli, root)
    assert (rule, message) == ("TC901", "its #include lines have no end")


def test_blocks_within_blocks(cli: Cli, root: Path) -> None:
    depth = 100_000
    made(root, HEAD + "#if A\n" * depth + event("made_one") + "#endif\n" * depth + TAIL)
    assert check(cli, root) == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [(HEAD + "#ifdef CONFIG_SMP\n" + event("one") + TAIL, 3, "#if without #endif"),
     (HEAD + event("one") + "#endif\n" + TAIL, 12, "#endif without #if"),
     ("#else\n" + HEAD + event("one") + TAIL, 1, "#else without #if")],
)  # fmt: skip
def test_blocks_that_do_not_close(cli: Cli, root: Path, text: str, line: int, message: str) -> None:
    made(root, text)
    assert [each for each in check(cli, root) if each[0] == "TC901"] == [
        ("TC901", MADE, line, message)
    ]


def test_merge_conflict_markers(cli: Cli, root: Path) -> None:
    marks = "<<<<<<< HEAD\n=======\n>>>>>>> topic\n"
    for path in (HUB, "drivers/usb/hub_trace.c", "mm/Kconfig"):
        edit(root, path, lambda text: marks + text)
    assert check(cli, root) == [
        ("TC901", path, 1, "merge conflict markers")
        for path in ("drivers/usb/hub_trace.c", HUB, "mm/Kconfig")
    ]


def test_bytes_that_are_no_utf8(cli: Cli, root: Path) -> None:
    (root / HUB).write_bytes(b"/* caf\xe9 \xff\xfe */\n" + (root / HUB).read_bytes())
    assert check(cli, root) == []
    (root / HUB).write_bytes((root / HUB).read_bytes().replace(b"_VAR usb_hub", b"_VAR usb\xe9"))
    assert check(cli, root) == []


def test_a_line_of_10_mb(cli: Cli, root: Path) -> None:
    made(root, f"{HEAD}/* {'x' * 10_000_000} */ {event('made_one')}{TAIL}")
    assert check(cli, root) == []


@pytest.mark.parametrize("text", ["(" * 1_000_000, "TRACE_EVENT(" * 100_000, '"' * 999_999])
def test_a_line_of_nothing_but_beginnings(cli: Cli, root: Path, text: str) -> None:
    made(root, f"{HEAD}{event('made_one')}{text}\n{TAIL}")
    assert {(rule, file) for rule, file, _, _ in check(cli, root)} <= {("TC901", MADE)}


def test_a_file_that_is_too_long(cli: Cli, root: Path) -> None:
    (root / "drivers/usb/registers.h").write_bytes(b"/* TRACE_SYSTEM */\n" * 1_000_000)
    assert check(cli, root) == [("TC901", "drivers/usb/registers.h", 1, "longer than 16 MB")]


def test_thousands_of_creators(cli: Cli, root: Path) -> None:
    creates = '#define CREATE_TRACE_POINTS\n#include "hub_trace.h"\n'
    (root / "drivers/usb/hub_trace.c").write_text(creates * 5_000)
    found = check(cli, root)
    assert found
    assert {(rule, file) for rule, file, _, _ in found} == {("TC207", "drivers/usb/hub_trace.c")}


# ---- Kconfig


def test_a_kconfig_that_sources_itself(cli: Cli, root: Path) -> None:
    (root / "mm/Kconfig.more").write_text('source "mm/Kconfig"\n')
    edit(root, "mm/Kconfig", lambda text: f'{text}source "mm/Kconfig.more"\n')
    message = "sources a file that leads back here"
    assert check(cli, root) == [("TC901", "mm/Kconfig.more", 1, message)]


def test_a_kconfig_that_two_source_is_no_circle(cli: Cli, root: Path) -> None:
    (root / "mm/Kconfig.more").write_text("config MORE\n\tbool\n")
    for path in ("mm/Kconfig", "block/Kconfig"):
        edit(root, path, lambda text: f'{text}source "mm/Kconfig.more"\n')
    assert check(cli, root) == []


def test_a_kconfig_that_is_not_there(cli: Cli, root: Path) -> None:
    (root / "mm/Kconfig").unlink()
    ((rule, file, _, message),) = check(cli, root)
    assert (rule, file, message) == ("TC901", "Kconfig", "sources mm/Kconfig, which is not there")


def test_a_kconfig_with_a_nul_in_a_path(cli: Cli, root: Path) -> None:
    edit(root, "mm/Kconfig", lambda text: f'{text}source "foo\0bar"\n')
    ((rule, file, _, message),) = check(cli, root)
    assert (rule, file, message) == ("TC901", "mm/Kconfig", "sources foo\0bar, which is not there")


def test_a_kconfig_that_leads_out_of_the_tree(cli: Cli, root: Path, tmp_path: Path) -> None:
    (tmp_path / "Kconfig").write_text("config X\n")
    (root / "mm/Kconfig").unlink()
    (root / "mm/Kconfig").symlink_to(tmp_path / "Kconfig")
    ((rule, file, _, message),) = check(cli, root)
    assert (rule, file) == ("TC901", "mm/Kconfig")
    assert "leads out of the tree" in message


# ---- no files


@pytest.mark.parametrize("searcher", Searcher)
@pytest.mark.parametrize(
    ("kind", "message"),
    [("folder", "a folder"), ("FIFO", "a FIFO"), ("loop", "a symlink that leads to no file"),
     ("dangling", "a symlink that leads to no file")],
)  # fmt: skip
def test_what_is_no_file(
    cli: Cli,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    searcher: Searcher,
    kind: str,
    message: str,
) -> None:
    """In the place of a header that a creator includes, and once more where nobody does."""
    if searcher is not Searcher.OWN:
        needed(searcher)
        committed(root)
    for path in (root / HUB, root / "drivers/usb/foo.h"):
        path.unlink(missing_ok=True)
        if kind == "folder":
            path.mkdir()
        elif kind == "FIFO":
            os.mkfifo(path)
        else:
            path.symlink_to(path.name if kind == "loop" else "nowhere.h")
    monkeypatch.setattr("tracecfg.check.run.best_searcher", lambda _: searcher)
    assert check(cli, root) == [("TC901", HUB, 1, f"cannot be read: it is {message}")]


def test_folders_that_lead_in_a_circle(cli: Cli, root: Path) -> None:
    (root / "drivers/usb/again").symlink_to("..")
    assert check(cli, root) == []


@pytest.mark.parametrize("path", [HUB, "drivers/usb/hub_trace.c", "mm/Makefile"])
def test_a_file_that_vanishes_during_the_run(
    cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    read = Tree.read_bytes

    def vanishing(tree: Tree, asked: str) -> bytes:
        if asked == path:
            (tree.root / path).unlink(missing_ok=True)
        return read(tree, asked)

    monkeypatch.setattr(Tree, "read_bytes", vanishing)
    found = check(cli, root)
    message = "cannot be read: No such file or directory"
    assert ("TC901", path, 1, message) in found


def test_a_kconfig_that_vanishes_during_the_run(
    cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Tree.read_bytes

    def vanishing(tree: Tree, asked: str) -> bytes:
        if asked == "mm/Kconfig":
            (tree.root / asked).unlink(missing_ok=True)
        return read(tree, asked)

    monkeypatch.setattr(Tree, "read_bytes", vanishing)
    assert [each[:2] for each in check(cli, root)] == [("TC901", "Kconfig")]


# ---- permissions


def unprivileged(*arguments: object, **env: str) -> Ran:
    """The command, without what lets root read everything."""
    argv = command(*arguments)
    if os.geteuid() == 0:
        needed("setpriv")
        setpriv = shutil.which("setpriv") or ""
        argv = [setpriv, "--bounding-set=-all", "--inh-caps=-all", "--", *argv]
    done = subprocess.run(argv, env={**os.environ, **env}, capture_output=True, timeout=120)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("searcher", Searcher)
@pytest.mark.parametrize(
    "path", [HUB, "drivers/usb/hub_trace.c", "drivers/usb", "mm/Kconfig", "mm/Makefile"]
)
def test_what_may_not_be_read(root: Path, tmp_path: Path, searcher: Searcher, path: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    if searcher is not Searcher.OWN:
        needed(searcher)
        committed(root)
        (programs / searcher).symlink_to(shutil.which(searcher) or "")
    (root / path).chmod(0)
    try:
        found = told(unprivileged("check", root, "--json", PATH=str(programs)))
    finally:
        (root / path).chmod(0o755)
    message = "cannot be read: Permission denied"
    assert ("TC901", path, 1, message) in found
    assert {(rule, text) for rule, _, _, text in found if rule == "TC901"} == {("TC901", message)}


def test_scan_and_generate_refuse_as_they_did(root: Path) -> None:
    needed("rg")
    (root / HUB).chmod(0)
    try:
        for arguments in (
            ("scan", root, "--no-cache"),
            ("generate", root, "-o", root.parent / "out", "--author", AUTHOR),
        ):
            ran = unprivileged(*arguments)
            assert (ran.code, ran.out) == (3, "")
            assert HUB in ran.err.splitlines()[0]
    finally:
        (root / HUB).chmod(0o644)
