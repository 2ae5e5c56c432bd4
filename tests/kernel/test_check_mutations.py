"""Mistakes in a clean converted tree: each is found, and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.check import mutations
from tests.check.mutations import Clean
from tests.small import run_there

pytestmark = pytest.mark.kernel

COUNT, SEED, AT_ONCE = 200, 20261123, 25


@pytest.fixture(scope="module")
def clean(converted_tree: Path) -> Clean:
    return Clean(converted_tree, json.loads(run_there("scan", converted_tree, "--json").out))


@pytest.fixture
def copy(converted_tree: Path) -> Iterator[Path]:
    """Beside it, for its files are hard links."""
    folder = tempfile.mkdtemp(prefix=f"{converted_tree.name}-mutated-", dir=converted_tree.parent)
    subprocess.run(["cp", "-alT", converted_tree, folder], check=True)
    yield Path(folder)
    shutil.rmtree(folder)


def found(tree: Path) -> mutations.Expected:
    ran = run_there("check", tree, "--json")
    assert ran.code in (0, 1), ran.err
    return Counter((each["rule"], each["file"]) for each in json.loads(ran.out)["findings"])


def test_a_clean_converted_tree_has_no_finding_of_guards_and_options(clean: Clean) -> None:
    assert [each for each in found(clean.root) if each[0].startswith("TC1")] == []


def test_each_mutation_is_found_and_nothing_else(clean: Clean, copy: Path) -> None:
    before = found(clean.root)
    chosen = mutations.choose(clean, COUNT, SEED, {path for _, path in before})
    assert len(chosen) == COUNT
    assert {each.kind for each in chosen} == set(mutations.KINDS)
    for start in range(0, COUNT, AT_ONCE):
        batch = chosen[start : start + AT_ONCE]
        mutations.apply(copy, clean, batch)
        expected = sum((each.expected for each in batch), Counter())
        now = found(copy)
        new, gone = now - before, before - now
        assert (new - expected, expected - new, gone) == (Counter(), Counter(), Counter()), [
            (each.kind, *each.texts) for each in batch
        ]
        for path in {path for each in batch for path in each.texts}:
            (copy / path).unlink()
            (copy / path).hardlink_to(clean.root / path)
