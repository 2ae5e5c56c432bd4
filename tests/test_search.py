"""rg, git grep and our own reader find the same files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.small import committed, copy_tree
from tracecfg.kernel.search import NOT_KERNEL, Searcher, candidates
from tracecfg.kernel.tree import open_tree

ODD = {
    "drivers/odd/no-newline.c": b"register_trace_x",
    "drivers/odd/nul.h": b"\0\0TRACE_SYSTEM\0",
    "drivers/odd/latin1.h": b"/* \xe9 */ TRACE_EVENT(",
    "drivers/odd/.hidden.c": b"EXPORT_TRACEPOINT_SYMBOL(x)",
    "drivers/odd/sp ace.c": b"CREATE_TRACE_POINTS",
    "drivers/odd/entry.S": b"call __tracepoint_x",
    "drivers/odd/ignored.c": b"CREATE_TRACE_POINTS",
    "drivers/tools/deep.c": b"CREATE_TRACE_POINTS",
}
NOT_FOUND = {
    "drivers/odd/words.c": b"nothing of interest",
    "drivers/odd/notes.txt": b"TRACE_SYSTEM",
    "drivers/odd/data.dts": b"TRACE_EVENT",
    **{f"{top}/x.c": b"TRACE_SYSTEM" for top in NOT_KERNEL if top != ".git"},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = committed(copy_tree(tmp_path))
    (root / ".gitignore").write_text("ignored.c\n*.order\n")
    for path, data in {**ODD, **NOT_FOUND}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


@pytest.mark.parametrize("searcher", Searcher)
def test_every_searcher_finds_the_same(root: Path, searcher: Searcher) -> None:
    if searcher is not Searcher.OWN and shutil.which(searcher.value) is None:
        pytest.skip(f"{searcher.value} is not installed")
    found = candidates(open_tree(root), searcher)
    assert found == candidates(open_tree(root), Searcher.OWN)
    assert found == sorted(found)
    assert set(ODD) <= set(found)
    assert not set(NOT_FOUND) & set(found)
    assert "include/trace/events/gpio.h" in found
    assert "kernel/trace/queuetrace.c" in found


@pytest.mark.parametrize("searcher", Searcher)
def test_a_tree_without_any_is_no_error(tmp_path: Path, searcher: Searcher) -> None:
    if searcher is not Searcher.OWN and shutil.which(searcher.value) is None:
        pytest.skip(f"{searcher.value} is not installed")
    root = copy_tree(tmp_path)
    for path in [*root.rglob("*.c"), *root.rglob("*.h")]:
        path.unlink()
    committed(root)
    assert candidates(open_tree(root), searcher) == []


def test_a_folder_that_is_a_symlink_is_not_entered(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.c").write_text("TRACE_SYSTEM")
    (root / "drivers/away").symlink_to(outside)
    (root / "drivers/loop").symlink_to(root / "drivers")
    for searcher in (Searcher.OWN, Searcher.RIPGREP):
        if searcher is Searcher.OWN or shutil.which("rg"):
            found = candidates(open_tree(root), searcher)
            assert not [path for path in found if "away" in path or "loop" in path]
