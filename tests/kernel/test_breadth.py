"""A sample of the proofs; tests/kernel/full runs the whole of them.

The sample is drawn anew each time: TRACECFG_SEED, printed with the totals, repeats one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel import proofs
from tests.kernel.lab.trees import git

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def lab(linux_tree: Path, converted_tree: Path) -> proofs.Lab:
    return proofs.Lab.of(linux_tree, converted_tree)


def check(totals: proofs.Totals) -> None:
    print(totals)
    assert not totals.problems, str(totals)


def test_with_every_option_off_nothing_refers_to_a_tracepoint(lab: proofs.Lab) -> None:
    check(proofs.prove_off(lab, 60))


def test_two_halves_of_the_options_make_up_the_whole(lab: proofs.Lab) -> None:
    check(proofs.prove_halves(lab, 20))


def test_kconfig_takes_random_choices_silently(lab: proofs.Lab) -> None:
    check(proofs.prove_choices(lab, 10))


def test_each_patch_builds_without_the_ones_after_it(lab: proofs.Lab) -> None:
    check(proofs.prove_alone(lab, 5))


def test_every_system_of_the_tree_is_converted_or_says_why_not(lab: proofs.Lab) -> None:
    menu = git(lab.converted, "grep", "-h", "-E", "^config ", "--", "*Kconfig*").split()
    assert not lab.systems.options.keys() - set(menu)


def test_the_series_leaves_makefiles_alone(lab: proofs.Lab) -> None:
    """The proofs above compile the converted tree with the commands of the original one."""
    base = git(lab.base, "rev-parse", "HEAD").strip()
    changed = git(lab.converted, "diff", "--name-only", base).split()
    assert [path for path in changed if Path(path).name in ("Makefile", "Kbuild")] == []
