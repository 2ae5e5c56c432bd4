"""A tree, a repository, a template or an environment that means harm, or just is odd."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.small import AUTHOR, Ran, committed, copy_tree, edit, git, run_there


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_tree(tmp_path)


def generate(root: Path, *arguments: object, **env: str) -> Ran:
    out = root.parent / "series"
    return run_there("generate", root, "-o", out, "--author", AUTHOR, *arguments, cwd=None, **env)


def one_line(ran: Ran, code: int, words: str) -> None:
    assert (ran.code, "Traceback" in ran.err) == (code, False), ran.err
    assert words in ran.err.splitlines()[0]


@pytest.mark.parametrize("way", ["hook", "monitor", "filter", "worktree filter", "include"])
def test_nothing_that_a_repository_names_is_run(root: Path, tmp_path: Path, way: str) -> None:
    committed(root)
    proof = tmp_path / "ran"
    if way == "hook":
        hook = root / ".git/hooks/post-index-change"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {proof}\n")
        hook.chmod(0o755)
    elif way == "monitor":
        git(root, "config", "core.fsmonitor", f"touch {proof}; false")
    else:
        (root / ".git/info").mkdir(exist_ok=True)
        (root / ".git/info/attributes").write_text("* filter=x\n")
        if way == "include":
            (tmp_path / "own").write_text(f'[filter "x"]\nclean = "touch {proof}; cat"\n')
            git(root, "config", "include.path", tmp_path / "own")
        elif way == "filter":
            git(root, "config", "filter.x.clean", f"touch {proof}; cat")
        else:
            git(root, "config", "extensions.worktreeConfig", "true")
            git(root, "config", "--worktree", "filter.x.clean", f"touch {proof}; cat")
    proof.unlink(missing_ok=True)
    edit(root, "Makefile", lambda text: f"{text}\n# changed\n")
    ran = generate(root)
    assert ran.code == 0, ran.err
    assert not proof.exists()
    assert "the tree has local changes in 1 file" in ran.err


def test_a_filter_that_cannot_be_turned_off_is_told(root: Path, tmp_path: Path) -> None:
    committed(root)
    git(root, "config", "filter.a=b.clean", f"touch {tmp_path}/ran; cat")
    ran = generate(root)
    assert (ran.code, len(ran.err.splitlines())) == (0, 1)
    assert "not checked for local changes: git's configuration has a filter a=b" in ran.err


def test_dry_run_leaves_the_index_alone(root: Path) -> None:
    committed(root)
    os.utime(root / "Makefile")
    before = (root / ".git/index").read_bytes()
    assert generate(root, "--dry-run").code == 0
    assert (root / ".git/index").read_bytes() == before


def test_a_fifo_and_an_endless_device_are_no_sources(root: Path) -> None:
    os.mkfifo(root / "drivers/pipe.h")
    (root / "drivers/zero.h").symlink_to("/dev/zero")
    ran = run_there("scan", root, "--no-cache", PATH="/nowhere")
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_literal_that_never_ends_takes_no_time(root: Path, quote: str) -> None:
    edit(
        root, "include/trace/events/gpio.h", lambda text: f"{text}\n{quote}" + f"\\{quote}" * 60_000
    )
    assert run_there("scan", root, "--no-cache").code == 0


@pytest.mark.parametrize("epoch", ["99999999999999999999", "²", "soon"])
def test_a_bad_epoch_is_wrong_use(root: Path, epoch: str) -> None:
    one_line(generate(root, SOURCE_DATE_EPOCH=epoch), 2, "SOURCE_DATE_EPOCH")


def test_an_author_that_is_no_text_is_wrong_use(root: Path) -> None:
    done = subprocess.run(
        [
            *_python(),
            "generate",
            str(root),
            "-o",
            str(root.parent / "s"),
            "--author",
            b"A\xff <a@b.c>",
        ],
        capture_output=True,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (2, False)


@pytest.mark.parametrize("text", ["{{ 1 / 0 }}", '{{ "a" + 1 }}', "{% if %}"])
def test_a_broken_template_is_named(root: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/menu.kconfig").write_text(text)
    one_line(generate(root, "--templates", tmp_path / "own"), 2, "template menu.kconfig")


def test_a_full_output_is_one_line(root: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*_python(), "show", str(root), "gpio"], stdout=full, stderr=subprocess.PIPE
        )
    assert (done.returncode, b"Traceback" in done.stderr) == (3, False)


def test_show_without_a_tree_says_so(tmp_path: Path) -> None:
    one_line(run_there("show", "gpio", cwd=tmp_path), 2, "gpio: not a kernel tree")


def test_another_prefix_does_not_rename_what_a_series_named(root: Path) -> None:
    assert run_there("generate", root, "--in-place", "--author", AUTHOR).code == 0
    ran = generate(root, "--prefix", "TRACING_EVENTS_")
    assert (ran.code, "nothing to do" in ran.out) == (0, True), ran.out


def _python() -> list[str]:
    return [sys.executable, "-m", "tracecfg"]
