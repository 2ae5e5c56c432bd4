"""check --since on the real tree and its history."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel import since
from tests.kernel.lab import trees
from tests.kernel.proofs import SEED

pytestmark = pytest.mark.kernel

PATCHES, CHANGES = 5, 60


@pytest.fixture(scope="module")
def work(linux_tree: Path) -> Iterator[Path]:
    with since.clone(linux_tree) as tree:
        yield tree


def test_patches_of_the_series_bring_nothing_new(converted_tree: Path) -> None:
    assert since.prove_since(converted_tree, PATCHES).problems == []


def test_nothing_changed_nothing_found(work: Path) -> None:
    assert since.new(work, "HEAD") == []


def test_each_change_of_an_event_is_found_and_nothing_else(work: Path) -> None:
    """Every sixth of them is of one kind."""
    made = since.broken(work, CHANGES, SEED)
    assert len(made) == CHANGES
    for each in made:
        (work / each.path).write_text(each.text, errors="surrogateescape")
    found = since.new(work, "HEAD")
    trees.git(work, "checkout", "--quiet", ".")
    expected = sorted((rule, each.path) for each in made for rule in each.rules)
    assert sorted(each[:2] for each in found) == expected
    said = {path: message for rule, path, message in found if rule != "TC301"}
    wrong = [(each.says, said[each.path]) for each in made if each.says not in said[each.path]]
    assert wrong == []
