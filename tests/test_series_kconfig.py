"""The menu's entries and the consumers' selects: text in, text out."""

from __future__ import annotations

import random

import pytest

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kconfigtext import parse_entry
from tracecfg.model import Option, Place, Select
from tracecfg.series.kconfig import add_entry, add_select
from tracecfg.templating import Templates

MENU = Templates().render("menu.kconfig")


def option(name: str, depends: str = "") -> Option:
    return Option(name=name, prompt=name.lower(), depends=depends, default="y",
                  explained=("One.", "Two."), selects=())  # fmt: skip


def with_entries(names: list[str], depends: str = "A && B") -> str:
    menu = MENU
    for name in names:
        menu = add_entry(menu, option(name, depends), Templates().render)
    return menu


def test_an_entry() -> None:
    assert with_entries(["TRACING_X"]) == MENU.replace(
        "endmenu",
        'config TRACING_X\n\tbool "tracing_x"\n\tdefault y\n\tdepends on A && B\n\thelp\n'
        "\t  One.\n\n\t  Two.\n\nendmenu",
    )


def test_a_long_dependency_is_continued_and_read_as_one() -> None:
    depends = " || ".join(f"(SYMBOL_{number} && OTHER)" for number in range(9))
    menu = with_entries(["TRACING_X"], depends)
    lines = menu.splitlines()
    assert max(len(line.expandtabs()) for line in lines) <= 80
    assert not any(line.strip().startswith(("||", "&&")) for line in lines)
    entry = parse_entry(menu, "Kconfig", menu.index("config TRACING_X"))
    assert ("depends", f"on {depends}") in [(word, rest) for word, rest, _ in entry.attributes]


def test_the_order_in_which_entries_come_does_not_matter() -> None:
    names = ["TRACING_A", "TRACING_AB", "TRACING_B_C", "TRACING_9P", "TRACING_Z"]
    shuffled = random.Random(1).sample(names, len(names))
    assert with_entries(shuffled) == with_entries(sorted(names)) == with_entries(names * 2)


def test_a_menu_that_is_not_ours_is_refused() -> None:
    with pytest.raises(UnsupportedTreeError, match="no endmenu"):
        add_entry("config A\n\tbool\n", option("B"), Templates().render)


def selected(text: str, condition: str = "") -> str:
    select = Select(config="USER", condition=condition, place=Place("a/Kconfig", 1))
    return add_select(text, "a/Kconfig", select, "TRACING_X")


PLACES = {
    "behind the type": ('config USER\n\tbool "U"\n', 'config USER\n\tbool "U"\n\tselect TRACING_X\n'),
    "behind the dependencies": (
        'config USER\n\tbool "U"\n\tdepends on A\n\tdepends on B\n\tdefault y\n',
        'config USER\n\tbool "U"\n\tdepends on A\n\tdepends on B\n\tselect TRACING_X\n\tdefault y\n',
    ),
    "behind the selects": (
        'config USER\n\tbool "U"\n\tselect A\n\tselect B if \\\n\t\tC\n\thelp\n\t  Text.\n',
        'config USER\n\tbool "U"\n\tselect A\n\tselect B if \\\n\t\tC\n\tselect TRACING_X\n'
        "\thelp\n\t  Text.\n",
    ),
    "not in another's entry": (
        'config USER\n\tbool "U"\n\nconfig OTHER\n\tbool\n\tselect A\n',
        'config USER\n\tbool "U"\n\tselect TRACING_X\n\nconfig OTHER\n\tbool\n\tselect A\n',
    ),
    "not in a help text": (
        'config USER\n\tbool "U"\n\thelp\n\t  config USER\n\t  select nothing\n',
        'config USER\n\tbool "U"\n\tselect TRACING_X\n\thelp\n\t  config USER\n\t  select nothing\n',
    ),
    "the entry with the prompt": (
        'config USER\n\tbool\n\tdefault y\n\nconfig USER\n\tbool "U"\n',
        'config USER\n\tbool\n\tdefault y\n\nconfig USER\n\tbool "U"\n\tselect TRACING_X\n',
    ),
    "a menuconfig": ('menuconfig USER\n\tbool "U"\n', 'menuconfig USER\n\tbool "U"\n\tselect TRACING_X\n'),
    "indented by blanks": (
        'config USER\n    tristate "U"\n', 'config USER\n    tristate "U"\n    select TRACING_X\n'
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PLACES)
def test_select(case: str) -> None:
    before, after = PLACES[case]
    assert selected(before) == after
    assert selected(after) == after


def test_a_condition() -> None:
    assert selected('config USER\n\tbool "U"\n', "A && B").endswith(
        "\tselect TRACING_X if A && B\n"
    )


@pytest.mark.parametrize("text", ["config OTHER\n\tbool\n", "config USER\n\thelp\n\t  Text.\n"])
def test_an_entry_that_cannot_select_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedTreeError) as caught:
        selected(text)
    assert caught.value.message.startswith("a/Kconfig")
