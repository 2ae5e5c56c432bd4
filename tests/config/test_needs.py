"""What an option needs and who forces one on, decided on small Kconfig texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_kconf import make_tree
from tracecfg.config.forced import release, selecting
from tracecfg.config.needs import Needs, needs
from tracecfg.kernel import kconf
from tracecfg.kernel.kconf import KernelConfig


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tree(tmp_path_factory.mktemp("needs") / "linux").root


def load(root: Path, text: str) -> KernelConfig:
    from tracecfg.kernel.tree import open_tree

    modules = "config MODULES\n\tbool\n\tmodules\n\tdefault y\n"
    return kconf.load(open_tree(root), arch="x86", overlay={"Kconfig": text + modules})


def of(root: Path, text: str, option: str = "X") -> Needs:
    """Of option X, whose entry is line 1."""
    return needs(option, load(root, text))


X = 'config X\n\tbool "x"\n\tdepends on '


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f'{X}A\nconfig A\n\tbool "a"\n', {"A": "y", "X": "y"}),
        (f'{X}A\nconfig A\n\ttristate "a"\n', {"A": "m", "X": "y"}),
        (f'{X}A=y\nconfig A\n\ttristate "a"\n', {"A": "y", "X": "y"}),
        (
            f'{X}A && B\nconfig A\n\tbool "a"\n\tdepends on B\nconfig B\n\tbool "b"\n',
            {"B": "y", "A": "y", "X": "y"},
        ),
        # what cannot be had here is no choice
        (f'{X}A || FOREIGN\nconfig A\n\tbool "a"\n', {"A": "y", "X": "y"}),
        # the only one that selects it
        (f'{X}A\nconfig A\n\tbool\nconfig S\n\tbool "s"\n\tselect A\n', {"S": "y", "X": "y"}),
        (
            f'{X}A\nconfig A\n\tbool\nconfig S\n\tbool "s"\n\tdefault y\n\tselect A if T\n'
            'config T\n\tbool "t"\n',
            {"T": "y", "X": "y"},
        ),
        # on by itself once something else is
        (f'{X}A\nconfig A\n\tdef_bool B\nconfig B\n\tbool "b"\n', {"B": "y", "X": "y"}),
        (
            f'{X}TRACEPOINTS\nconfig TRACEPOINTS\n\tbool\nconfig ENABLE_DEFAULT_TRACERS\n'
            '\tbool "events"\n\tdepends on FTRACE\n\tselect TRACEPOINTS\nconfig FTRACE\n\tbool "f"\n',
            {"FTRACE": "y", "ENABLE_DEFAULT_TRACERS": "y", "X": "y"},
        ),
    ],
    ids=["prompt", "tristate", "yes", "chain", "foreign", "selector", "condition", "default", "tracing"],
)  # fmt: skip
def test_what_is_plainly_needed_is_turned_on(root: Path, text: str, values: dict[str, str]) -> None:
    found = of(root, text)
    assert found.obstacles == ()
    assert found.values == values
    config = load(root, text)
    config.assign(found.values)
    assert config.value("X") == "y"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f'{X}A || B\nconfig A\n\tbool "a"\nconfig B\n\tbool "b"\n',
         "X (Kconfig:1), which needs one of A || B: turn one on"),
        (f'{X}!A\nconfig A\n\tbool "a"\n\tdefault y\n',
         "X (Kconfig:1), which needs A (Kconfig:4) to be off"),
        (f"{X}NOWHERE\n", "X (Kconfig:1), but NOWHERE is not there on this architecture"),
        (f"{X}A\nconfig A\n\tbool\n",
         "X (Kconfig:1) needs A (Kconfig:4), which cannot be on here"),
        (f'{X}A\nconfig A\n\tbool\nconfig S\n\tbool "s"\n\tselect A\nconfig T\n\tbool "t"\n'
         "\tselect A\n",
         "X (Kconfig:1) needs A (Kconfig:4), which is on when it is selected: "
         "by S (Kconfig:6), T (Kconfig:9)"),
        (f'{X}A\nchoice\n\tprompt "c"\nconfig B\n\tbool "b"\nconfig A\n\tbool "a"\nendchoice\n',
         "X (Kconfig:1) needs A (Kconfig:8), which is one of a choice: choose it"),
        (f'{X}A = "v"\nconfig A\n\tstring "a"\n',
         'X (Kconfig:1), which needs A="v"; A is n'),
        (f"{X}A >= 5\nconfig A\n\tint\n\tdefault 3\n", "X (Kconfig:1), but A >= 5 is not so"),
    ],
    ids=["either", "not", "nowhere", "never", "selectors", "choice", "string", "number"],
)  # fmt: skip
def test_what_is_in_the_way_is_told_with_its_place(root: Path, text: str, says: str) -> None:
    found = of(root, text)
    assert found.values == {}
    assert [str(each) for each in found.obstacles] == [says]


def test_what_nobody_can_mend_is_told_alone(root: Path) -> None:
    found = of(root, f'{X}(A || B) && NOWHERE\nconfig A\n\tbool "a"\nconfig B\n\tbool "b"\n')
    assert [each.is_final for each in found.obstacles] == [True]


FORCED = """\
config X
	bool "x"
config S
	bool "s"
	default y
	select X
config UPPER
	bool "upper"
	default y
	select S
config OFF
	bool "off"
	select X
"""


def test_those_that_select_now_are_named(root: Path) -> None:
    (only,) = selecting("X", load(root, FORCED))
    assert (only.name, str(only.place)) == ("S", "Kconfig:3")


def test_release_turns_off_what_selects_and_what_selects_that(root: Path) -> None:
    config = load(root, FORCED)
    found = release("X", config)
    assert found.values == {"S": "n", "UPPER": "n"}
    with config.trial(found.values):
        assert config.value("X") == "n"
    assert config.value("X") == "y"


def test_release_is_blocked_by_what_has_no_prompt(root: Path) -> None:
    found = release("X", load(root, 'config X\n\tbool "x"\nconfig S\n\tdef_bool y\n\tselect X\n'))
    assert found.values == {}
    assert found.blocked == "S (Kconfig:3) has no prompt: it is on while y"


def test_a_tree_where_nothing_brings_tracing(root: Path) -> None:
    found = of(root, f"{X}TRACEPOINTS\nconfig TRACEPOINTS\n\tbool\n", "TRACEPOINTS")
    (obstacle,) = found.obstacles
    assert obstacle.says == "but ENABLE_DEFAULT_TRACERS is not there on this architecture"
