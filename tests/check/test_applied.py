"""check --series: a folder of patches against the tree that they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.small import AUTHOR, copy_tree, edit, run_here
from tracecfg.check import run
from tracecfg.errors import UsageError


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
    assert found(tree, series) == [("TC604", series.name)]


def test_the_tree_has_moved_on(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = made(tree, capsys)
    edit(tree, "include/trace/events/gpio.h", lambda text: text.replace("gpio", "gpios", 1))
    rules = {rule for rule, _ in found(tree, series)}
    assert "TC601" in rules


def test_a_patch_is_missing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = made(tree, capsys)
    (last,) = series.glob("*-virt-*")
    last.unlink()
    assert found(tree, series) == [("TC602", series.name)]


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


def test_wrong_use(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UsageError, match="no patches"):
        found(tree, empty)
    series = made(tree, capsys)
    assert run_here(capsys, ["generate", tree, "--in-place", "--author", AUTHOR]).code == 0
    with pytest.raises(UsageError, match="has a series already"):
        found(tree, series)
