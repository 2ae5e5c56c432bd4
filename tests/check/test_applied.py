"""check --series: a folder of patches against the tree that they are for."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from tests.small import AUTHOR, copy_tree, edit, git, run_here, run_there
from tracecfg.check import run
from tracecfg.errors import TracecfgError, UsageError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return copy_tree(tmp_path)


def made(tree: Path, capsys: pytest.CaptureFixture[str], *names: str, style: str = "mbox") -> Path:
    folder = tree.parent / f"series-{style}"
    call = ["generate", tree, *names, "-o", folder, "--author", AUTHOR, "--format", style]
    assert run_here(capsys, call).code == 0
    return folder


def found(tree: Path, series: Path) -> list[tuple[str, str]]:
    request = run.Request(tree=tree, rules=None, prefix="TRACING_", series=series)
    findings = run.check(request).findings
    return [(x.rule, Path(x.file).name) for x in findings if x.rule.startswith("TC6")]


@pytest.mark.parametrize("style", ["mbox", "quilt"])
def test_what_tracecfg_wrote(tree: Path, style: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(tree, made(tree, capsys, style=style)) == []


def test_a_series_of_one_subsystem(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = made(tree, capsys, "gpio")
    *_, last = sorted(series.glob("*.patch"))
    assert found(tree, series) == [("TC604", last.name)]


def test_the_tree_has_moved_on(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = made(tree, capsys)
    edit(tree, "include/trace/events/gpio.h", lambda text: text.replace("gpio", "gpios", 1))
    rules = {rule for rule, _ in found(tree, series)}
    assert "TC601" in rules


def test_a_patch_is_missing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = made(tree, capsys)
    (last,) = series.glob("*-virt-*")
    last.unlink()
    *_, before = sorted(series.glob("*.patch"))
    assert found(tree, series) == [("TC602", before.name)]


def test_a_patch_that_is_none(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = made(tree, capsys)
    (series / "0001-x.patch").write_text("garbage\n")
    assert found(tree, series) == [("TC601", "0001-x.patch")]


def test_where_the_series_is(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the tree the path is the tree's; outside of it, whole."""
    outside = made(tree, capsys, "gpio")
    inside = tree / "patches"
    shutil.copytree(outside, inside)
    with contextlib.chdir(tree.parent):
        for series, start in ((outside.name, f"{outside}/"), (inside, "patches/")):
            request = run.Request(tree=tree, series=Path(series))
            (only,) = (x for x in run.check(request).findings if x.rule == "TC604")
            assert only.file.startswith(start)


def test_a_patch_was_changed_by_hand(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = made(tree, capsys)
    (patch,) = series.glob("*-gpio-*")
    text = patch.read_text()
    assert "+\\tdefault y" in text.replace("\t", "\\t")
    patch.write_text(text.replace("+\tdefault y", "+\tdefault n"))
    assert found(tree, series) == [("TC603", patch.name)]


def test_a_patch_that_leads_out_of_the_tree(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = made(tree, capsys)
    (patch,) = series.glob("*-gpio-*")
    outside = tree.parent / "outside"
    outside.write_text("one\n")
    hostile = "diff --git a/../outside b/../outside\n--- a/../outside\n+++ b/../outside\n"
    patch.write_text(
        f"{patch.read_text().split('diff --git')[0]}{hostile}@@ -1 +1 @@\n-one\n+two\n"
    )
    assert ("TC601", patch.name) in found(tree, series)
    assert outside.read_text() == "one\n"


def changing(path: str, text: str) -> str:
    """A diff that adds a line to a file of one line."""
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
    return f"{head}@@ -1 +1,2 @@\n {text}\n+# more\n"


@pytest.mark.parametrize("folder", ["", ".git/", ".GIT/"])
def test_a_series_starts_nothing(tree: Path, tmp_path: Path, folder: str) -> None:
    """Its files make a repository with a filter of the place where they are put."""
    proof = tmp_path / "ran"
    (tmp_path / "own").write_text(
        "[core]\nbare = false\nworktree = .\n"
        f'[filter "x"]\nclean = "touch {proof}; cat"\nsmudge = cat\n'
    )
    files = {
        ".gitattributes": "* filter=x",
        f"{folder}HEAD": "ref: refs/heads/x",
        f"{folder}config": f"[include]path={tmp_path}/own",
        f"{folder}objects/x": "x",
        f"{folder}refs/x": "x",
    }
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(f"{text}\n")
    diffs = [changing(path, text) for path, text in files.items()]
    series = tmp_path / "series"
    series.mkdir()
    (series / "1.patch").write_text(f"Subject: x\n\n{''.join(diffs)}")
    assert (("TC601", "1.patch") in found(tree, series)) == bool(folder)
    assert not proof.exists()


@pytest.mark.parametrize("inside", [False, True])
def test_a_place_in_a_work_tree_is_as_good(
    tree: Path,
    tmp_path: Path,
    inside: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """git apply passes over the files of a folder that is below the top of a repository."""
    series = made(tree, capsys)
    edit(tree, "include/trace/events/gpio.h", lambda text: text.replace("gpio", "gpios", 1))
    if inside:
        git(tmp_path, "init", "--quiet", ".")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert "TC601" in {rule for rule, _ in found(tree, series)}


ODD = {
    "no such charset": b"Subject: =?nosuch?q?x?=\n",
    "no base64": b"Subject: =?utf-8?b?x?=\n",
    "no UTF-8": b"Subject: =?utf-8?q?=ED=A0=80?=\n",
    "no name": b"Subject: =?a\0b?q?x?=\n",
    "eight bits": b"Subject: \xff =?\xff?q?x?=\n",
    "never ends": b"Subject: " + b"=?a?q?" * 100_000 + b"\n",
    "parts in parts": b"Content-Type: message/rfc822\n\n" * 5000,
    "none": b"",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_mail_is_no_failure(tree: Path, tmp_path: Path, name: str) -> None:
    series = tmp_path / "series"
    series.mkdir()
    diff = changing("Kcon\0fig", "x").encode()
    head = b"From 0 Mon Sep 17 00:00:00 2001\n"
    (series / "1.patch").write_bytes(head + ODD[name] + b"\n" + diff)
    assert ("TC601", "1.patch") in found(tree, series)


def test_a_series_without_patches_is_wrong_use(tree: Path, tmp_path: Path) -> None:
    series = tmp_path / "series"
    series.mkdir()
    (series / "series").write_text("a\0b\n../1.patch\n1.patch\n")
    head = "From 0 Mon Sep 17 00:00:00 2001\nContent-Transfer-Encoding: x-uuencode\n\n"
    (series / "1.patch").write_text(f"{head}begin 644 x\n!\x7f\x7f\x7f\nend\n")
    with pytest.raises(UsageError, match="no patches"):
        found(tree, series)


def test_without_git_nothing_is_said_of_the_series(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run_there("check", tree, "--series", made(tree, capsys), PATH=str(tmp_path))
    assert (ran.code, ran.out) == (TracecfgError.exit_code, "")
    assert ran.err == "tracecfg: git: cannot be run: No such file or directory\n"


def test_a_long_line_is_shown_in_part(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = made(tree, capsys)
    (patch,) = series.glob("*-gpio-*")
    edit(series, patch.name, lambda text: text.replace("+\tdefault y", f"+\t# {'x' * 10**6}"))
    name = "x" * 5000
    (series / "9999.patch").write_text(f"Subject: x\n\n{changing(name, 'x')}")
    request = run.Request(tree=tree, rules=None, prefix="TRACING_", series=series)
    messages = [each.message for each in run.check(request).findings]
    assert [text for text in messages if "xxx" in text]
    assert max(map(len, messages)) < 300


def test_wrong_use(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UsageError, match="no patches"):
        found(tree, empty)
    series = made(tree, capsys)
    assert run_here(capsys, ["generate", tree, "--in-place", "--author", AUTHOR]).code == 0
    with pytest.raises(UsageError, match="has a series already"):
        found(tree, series)
