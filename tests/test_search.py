"""rg, git grep and our own reader find the same files."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernel.lab.cache import missing
from tests.small import candidates, committed, copy_tree, git, needed
from tracecfg.kernel.grep import matches
from tracecfg.kernel.search import NOT_KERNEL, Searcher, files_with, search
from tracecfg.kernel.signs import BESIDES, PARTS
from tracecfg.kernel.tree import open_tree
from tracecfg.kernel.users import USERS, words_of_users

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
        missing(f"{searcher.value}: it is not installed")
    found = candidates(open_tree(root), searcher)
    assert found == candidates(open_tree(root), Searcher.OWN)
    assert found == sorted(found)
    assert set(ODD) <= set(found)
    assert not set(NOT_FOUND) & set(found)
    assert "include/trace/events/gpio.h" in found
    assert "kernel/trace/queuetrace.c" in found


def test_git_searches_whatever_is_configured(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed("git")
    git(root, "config", "submodule.recurse", "true")
    git(root, "config", "color.grep", "always")
    git(root, "config", "grep.column", "true")
    git(root, "config", "grep.patternType", "perl")
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    tree = open_tree(root)
    assert candidates(tree, Searcher.GIT) == candidates(tree, Searcher.OWN)
    found, own = (
        sorted(matches(tree, searcher, "TRACE_[A-Z]+|trace_[a-z]*"))
        for searcher in (Searcher.GIT, Searcher.OWN)
    )
    assert found == own != []
    words = (files_with(tree, searcher, "TRACE_S") for searcher in (Searcher.GIT, Searcher.OWN))
    assert len({tuple(paths) for paths in words}) == 1


def test_git_complains_in_the_language_that_is_read(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program in its place: its own messages are translated where a catalog is installed."""
    programs = tmp_path / "bin"
    programs.mkdir()
    said = "error: 'drivers/odd/x.c': Permission denied"
    other = "Fehler: drivers/odd/x.c: Keine Berechtigung"
    text = f'#!/bin/sh\n[ "$LC_ALL" = C ] && echo "{said}" >&2 || echo "{other}" >&2\n'
    (programs / "git").write_text(text)
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    found = search(open_tree(root), Searcher.GIT, tolerant=True)
    assert [path for path, _ in found] == ["drivers/odd/x.c"]


@pytest.mark.parametrize("searcher", Searcher)
def test_a_tree_without_any_is_no_error(tmp_path: Path, searcher: Searcher) -> None:
    if searcher is not Searcher.OWN and shutil.which(searcher.value) is None:
        missing(f"{searcher.value}: it is not installed")
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


EVERY = (*PARTS, *BESIDES)
HALVES = sorted({word[at:] for word in (*EVERY, *USERS) for at in range(len(word))})


@given(st.lists(st.sampled_from((*EVERY, *USERS, *HALVES, "\n")), max_size=8))
def test_what_is_told_of_a_file_is_enough_to_know_its_words(texts: list[str]) -> None:
    """Of parts that overlap only the first is told."""
    text = "".join(texts)
    told = frozenset(re.findall("|".join(map(re.escape, EVERY)), text))
    assert (words_of_users(text, told) or []) == words_of_users(text, frozenset(EVERY))


@pytest.mark.parametrize("searcher", Searcher)
def test_every_searcher_tells_the_parts(tmp_path: Path, searcher: Searcher) -> None:
    root = committed(copy_tree(tmp_path))
    odd = "two\ntwo\nlines.c"
    (root / odd).write_text(
        "CREATE_TRACE_POINTS\n\0set_clr_event\nTRACE_EVENT &event_x TRACE_EVENT"
    )
    (root / "drivers/not.c").write_text("&event_x")
    found = dict(search(open_tree(root), searcher))
    assert found[odd] == {"TRACE_POINTS", "clr_event", "TRACE_EVENT", "&event_"}
    assert "drivers/not.c" not in found
