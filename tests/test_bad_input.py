"""Trees and disks that are not as they should be: a clear word, and nothing is lost."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.small import (
    AUTHOR,
    SYSTEMS,
    Ran,
    apply,
    command,
    committed,
    contents,
    copy_tree,
    edit,
    git,
    needed,
    run_there,
)

Cli = Callable[..., Ran]
BY = ("--author", AUTHOR)
GPIO = "include/trace/events/gpio.h"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_tree(tmp_path)


def names(ran: Ran) -> list[str]:
    assert ran.code == 0, ran.err
    return [each["name"] for each in json.loads(ran.out)["subsystems"]]


def one_line(ran: Ran, code: int, *words: str) -> None:
    assert ran.code == code, ran.err
    assert ran.out == ""
    assert "Traceback" not in ran.err
    first = ran.err.splitlines()[0]
    assert all(word in first for word in words), first


# ---- headers


def test_a_generated_header_of_50_mb_is_named_and_the_rest_is_found(cli: Cli, root: Path) -> None:
    line = b"#define REGISTER_%08d 0x%08x /* TRACE_SYSTEM */\n" % (0, 0)
    (root / "drivers/usb/registers.h").write_bytes(line * (50 * 1024 * 1024 // len(line)))
    ran = cli("scan", root, "--json")
    assert names(ran) == list(SYSTEMS)
    assert "drivers/usb/registers.h" in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("kind", ["dangling", "folder", "out of the tree", "loop"])
def test_a_header_that_cannot_be_read_does_not_stop_the_others(
    cli: Cli, root: Path, tmp_path: Path, kind: str
) -> None:
    path = root / "drivers/usb/strange_trace.h"
    outside = tmp_path / "outside.h"
    outside.write_text((root / GPIO).read_text().replace("gpio", "outside"))
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to({"dangling": Path("nowhere.h"), "out of the tree": outside}.get(kind, path))
    ran = cli("scan", root, "--json")
    assert names(ran) == list(SYSTEMS)
    assert "Traceback" not in ran.err


def test_a_header_that_does_not_parse_is_named(cli: Cli, root: Path, tmp_path: Path) -> None:
    edit(root, GPIO, lambda text: text[: text.index("TP_ARGS(pin, get")])
    (root / GPIO).write_text((root / GPIO).read_text() + "\n#include <trace/define_trace.h>\n")
    ran = cli("scan", root)
    assert ran.code == 0
    assert f"{GPIO}:" in ran.err
    assert "never closed" in ran.err


def test_merge_conflict_markers_in_a_header_skip_that_system(
    cli: Cli, root: Path, tmp_path: Path
) -> None:
    marks = "<<<<<<< HEAD\n#define A 1\n=======\n#define A 2\n>>>>>>> topic\n"
    edit(root, GPIO, lambda text: text.replace("#include <linux", f"{marks}#include <linux", 1))
    ran = cli("generate", root, "-o", tmp_path / "out", *BY)
    assert ran.code == 0
    assert f"skipped gpio: {GPIO}:8: merge conflict markers" in ran.out
    assert "8 subsystems" in ran.out
    assert "  gpio: " in next((tmp_path / "out").glob("0000*")).read_text()
    assert not list((tmp_path / "out").glob("*gpio*"))


def test_merge_conflict_markers_in_kconfig_are_refused(
    cli: Cli, root: Path, tmp_path: Path
) -> None:
    edit(root, "mm/Kconfig", lambda text: text.replace("endmenu", "<<<<<<< HEAD\nendmenu"))
    ran = cli("generate", root, "-o", tmp_path / "out", *BY)
    one_line(ran, 3, "mm/Kconfig:8: merge conflict markers")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "path", ["include/linux/tracepoint.h", "kernel/trace/Kconfig", "drivers/gpio/gpiolib.c"]
)
def test_merge_conflict_markers_in_what_is_edited_are_refused(
    cli: Cli, root: Path, tmp_path: Path, path: str
) -> None:
    if path.endswith(".c"):
        edit(root, path, lambda text: text + "EXPORT_TRACEPOINT_SYMBOL_GPL(gpio_value);\n")
    edit(root, path, lambda text: text + ">>>>>>> theirs\n")
    out = tmp_path / "out"
    line = (root / path).read_text().count("\n")
    one_line(cli("generate", root, "-o", out, *BY), 3, f"{path}:{line}: merge conflict markers")
    assert not out.exists()


@pytest.mark.parametrize("path", ["include/linux/tracepoint.h", "kernel/trace/Kconfig.systems"])
def test_half_of_an_earlier_series_is_refused(
    cli: Cli, root: Path, tmp_path: Path, path: str
) -> None:
    before = root / "include/linux/tracepoint.h"
    plain = before.read_text()
    assert cli("generate", root, "gpio", "--in-place", *BY).code == 0
    if path == str(before.relative_to(root)):
        (root / "kernel/trace/Kconfig.systems").unlink()
        edit(
            root, "Kconfig", lambda text: text.replace('source "kernel/trace/Kconfig.systems"', "")
        )
    else:
        before.write_text(plain)
    one_line(cli("generate", root, "-o", tmp_path / "out", *BY), 3, path, "half of an earlier")


def test_a_new_file_that_git_ignores_is_named(cli: Cli, root: Path) -> None:
    """Debian's kernel packages ignore everything that is not known already."""
    committed(root)
    (root / ".git/info/exclude").write_text("/*\n")
    ran = cli("generate", root, "gpio", "--in-place", *BY)
    assert ran.code == 0, ran.err
    assert "git add --force kernel/trace/Kconfig.systems" in ran.err


def test_an_earlier_series_that_stays_is_named(cli: Cli, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cli("generate", root, "gpio", "-o", out, *BY).code == 0
    assert cli("generate", root, "gpio", "--in-place", *BY).code == 0
    ran = cli("generate", root, "gpio", "-o", out, "--force", *BY)
    assert ran.code == 0, ran.err
    assert f"{out}: holds an earlier series" in ran.err


def test_carriage_returns_and_bytes_that_are_no_utf8_go_through_git_am(
    cli: Cli, root: Path, tmp_path: Path
) -> None:
    hub, queue, exits = (root / path for path in (
        "drivers/usb/hub_trace.h", "block/queue.c", "arch/x86/virt/exits.c"))  # fmt: skip
    hub.write_bytes(hub.read_bytes().replace(b"\n", b"\r\n"))
    queue.write_bytes(queue.read_bytes().replace(b"static u32", b"/* caf\xe9 \x0c */\nstatic u32"))
    exits.write_bytes(exits.read_bytes().rstrip(b"\n"))
    out = tmp_path / "out"
    assert cli("generate", committed(root), "-o", out, *BY).code == 0
    apply(root, out)
    assert (
        b"#define TRACE_OPTION_usb_hub IS_ENABLED(CONFIG_TRACING_USB_HUB)\r\n" in hub.read_bytes()
    )
    assert b"\n" not in hub.read_bytes().replace(b"\r\n", b"")
    assert b"caf\xe9 \x0c" in queue.read_bytes()
    other = copy_tree(tmp_path / "other")
    for path in (hub, queue, exits):
        relative = str(path.relative_to(root))
        (other / relative).write_bytes(subprocess.run(
            ["git", "show", f"HEAD~10:{relative}"], cwd=root, capture_output=True, check=True
        ).stdout)  # fmt: skip
    assert cli("generate", other, "--in-place", *BY).code == 0
    assert contents(other) == contents(root)


# ---- trees


@pytest.mark.parametrize(
    ("path", "words"),
    [("Makefile", "not a kernel tree"), ("Kconfig", "not a kernel tree"),
     ("include/linux/tracepoint.h", "include/linux/tracepoint.h: cannot be read"),
     ("include/trace/define_trace.h", "include/trace/define_trace.h"),
     ("kernel/trace/Kconfig", "Kconfig:14: sources kernel/trace/Kconfig")],
)  # fmt: skip
def test_a_tree_with_a_missing_file(
    cli: Cli, root: Path, tmp_path: Path, path: str, words: str
) -> None:
    (root / path).unlink()
    ran = cli("generate", root, "-o", tmp_path / "out", *BY)
    one_line(ran, 2 if "not a kernel" in words else 3, words)
    assert not (tmp_path / "out").exists()


def test_a_kconfig_that_leads_out_of_the_tree_is_refused(
    cli: Cli, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "Kconfig").write_text("config X\n")
    (root / "mm/Kconfig").unlink()
    (root / "mm/Kconfig").symlink_to(tmp_path / "Kconfig")
    one_line(cli("scan", root), 3, "mm/Kconfig: leads out of the tree")


def test_a_makefile_that_cannot_be_read_leaves_the_gate_unknown(cli: Cli, root: Path) -> None:
    (root / "mm/Makefile").unlink()
    (root / "mm/Makefile").symlink_to("mm/Makefile")
    ran = cli("scan", root, "--json")
    found = {each["name"]: each for each in json.loads(ran.out)["subsystems"]}
    assert found["cache"]["gate"] is None
    assert found["gpio"]["gate"] == "GPIOLIB"


def test_local_changes_are_mentioned_and_taken(cli: Cli, root: Path, tmp_path: Path) -> None:
    committed(root)
    assert cli("generate", root, "gpio", "-o", tmp_path / "clean", *BY).err == ""
    edit(root, GPIO, lambda text: text.replace("TRACE_SYSTEM gpio", "TRACE_SYSTEM gpio /* new */"))
    ran = cli("generate", root, "gpio", "-o", tmp_path / "out", *BY)
    assert ran.code == 0
    assert len(ran.err.splitlines()) == 1
    assert "local changes in 1 file" in ran.err
    assert "gpio /* new */" in next((tmp_path / "out").glob("0002*")).read_text()
    git(root, "add", "--all", ".")
    git(root, "commit", "--quiet", "--message=new")
    apply(root, tmp_path / "out")


def test_a_git_tree_without_a_commit(cli: Cli, root: Path, tmp_path: Path) -> None:
    git(root, "init", "--quiet", ".")
    assert cli("generate", root, "gpio", "-o", tmp_path / "out", *BY).code == 0


def test_a_menu_that_somebody_edited_is_refused(cli: Cli, root: Path, tmp_path: Path) -> None:
    assert cli("generate", root, "gpio", "--in-place", *BY).code == 0
    edit(root, "kernel/trace/Kconfig.systems", lambda text: text.replace("endmenu", ""))
    one_line(cli("generate", root, "-o", tmp_path / "out", *BY), 3, "endmenu")
    assert not (tmp_path / "out").exists()


# ---- disks and signals


def limited() -> None:
    """No file of the process may grow beyond 2 KB: what a full disk does, without one."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))


def test_a_full_disk_leaves_no_half_series(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "kept").mkdir(parents=True)
    arguments = command("generate", root, "-o", out, "--force", *BY)
    done = subprocess.run(arguments, capture_output=True, timeout=60, preexec_fn=limited)
    one_line(Ran(done.returncode, done.stdout.decode(), done.stderr.decode()), 4, str(out))
    assert [path.name for path in out.iterdir()] == ["kept"]


def test_a_full_disk_leaves_the_tree_as_it_was(root: Path) -> None:
    before = contents(root)
    arguments = command("generate", root, "--in-place", *BY)
    done = subprocess.run(arguments, capture_output=True, timeout=60, preexec_fn=limited)
    one_line(Ran(done.returncode, done.stdout.decode(), done.stderr.decode()), 4, str(root))
    assert contents(root) == before


def test_a_folder_that_cannot_be_made(cli: Cli, root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = cli("generate", root, "gpio", "-o", tmp_path / "file/out", *BY)
    assert ran.code in (2, 4)
    assert len(ran.err.splitlines()) <= 2
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_nothing(root: Path, tmp_path: Path, ending: signal.Signals) -> None:
    """get_maintainer.pl stands in the way until the signal comes."""
    needed("perl")
    started = tmp_path / "started"
    script = root / "scripts/get_maintainer.pl"
    script.parent.mkdir()
    script.write_text(f"open(F, '>', '{started}'); close(F); sleep 60;\n")
    out = tmp_path / "out"
    process = subprocess.Popen(
        command("generate", root, "-o", out, "--cc", *BY), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    for _ in range(600):
        if started.exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    assert process.poll() is None, process.communicate()
    os.killpg(process.pid, ending)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert said.decode().splitlines() == ["tracecfg: interrupted; nothing was left half done"]
    assert not out.exists()


def test_output_into_a_closed_pipe_is_no_crash(root: Path) -> None:
    process = subprocess.Popen(
        command("scan", root, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)
    assert b"Traceback" not in said


def test_a_tree_under_a_path_with_blanks_and_strange_letters(tmp_path: Path) -> None:
    folder = tmp_path / "a tree, ünd more"
    root = committed(copy_tree(folder))
    ran = run_there("generate", root, "-o", folder / "the patches", *BY)
    assert ran.code == 0, ran.err
    apply(root, folder / "the patches")
