"""[check] in tracecfg.toml."""

from __future__ import annotations

import pytest

from tracecfg.check.rule import matching, named, rules
from tracecfg.check.settings import Settings, parse
from tracecfg.errors import UnknownNameError, UsageError
from tracecfg.model import Severity
from tracecfg.profile import parse as parse_profiles

GOOD = """\
[profile.gpio]
events = ["gpio"]
[check]
baseline = "Documentation/known.json"
configs = ["arch/x86/configs/mine_defconfig"]
[check.rules]
TC301 = "error"
class-never-used = "off"
tc201 = "note"
"""


def test_what_a_tree_can_say() -> None:
    settings = parse(GOOD, "f")
    assert settings.baseline == "Documentation/known.json"
    assert settings.configs == ("arch/x86/configs/mine_defconfig",)
    in_force = settings.in_force(rules())
    assert in_force["TC301"].severity is Severity.ERROR
    assert in_force["TC201"].severity is Severity.NOTE
    assert in_force["TC202"] == rules()["TC202"]
    assert set(rules()) - set(in_force) == {"TC302"}
    assert parse("", "f") == Settings()


def test_each_reader_leaves_the_others_table_alone() -> None:
    assert set(parse_profiles(GOOD, "f")) == {"gpio"}
    assert parse("[profile.x]\nnothing = 3\n", "f") == Settings()
    assert parse_profiles("[check]\nnothing = 3\n", "f") == {}
    for read in (parse, parse_profiles):
        with pytest.raises(UsageError, match="f:1: unknown key 'chekc', did you mean check"):
            read("[chekc]\n", "f")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("check = 3", 1, "settings stand in [check]"),
        ("[check]\nbaselin = 'x'", 2, "'baselin', did you mean baseline?"),
        ("[check]\nbaseline = 3", 2, "3 is no path of a file in the tree"),
        ("[check]\nbaseline = '/etc/passwd'", 2, "no path of a file in the tree"),
        ("[check]\nbaseline = '../x'", 2, "no path of a file in the tree"),
        ("[check]\nbaseline = 'a/../../x'", 2, "no path of a file in the tree"),
        ('[check]\nbaseline = "a\\u001b"', 2, "no path of a file in the tree"),
        ("[check]\nbaseline = ''", 2, "no path of a file in the tree"),
        ("[check]\nconfigs = 'x'", 2, "must be a list"),
        ("[check]\nconfigs = [\n'x',\n'/y']", 4, "'/y' is no path"),
        ("[check]\nrules = 'x'", 2, "must be a table"),
        ("[check.rules]\nTC3O1 = 'off'", 2, "did you mean TC"),
        ("[check.rules]\nTC301 = 'of'", 2, "'of' is none of off, error, warning, note"),
        ("[check.rules]\nTC301 = ['off']", 2, "is none of off"),
        ("[check.rules]\nTC301 = 'off'\nevent-never-called = 'off'", 3, "TC301 stands here twice"),
        ("[check.rules\n", 1, "no valid TOML"),
    ],
)
def test_a_mistake_has_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, "f")
    assert caught.value.message.startswith(f"f:{line}: ")
    assert says in caught.value.message


def test_all_mistakes_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        parse("x = 1\n[check]\ny = 1\nbaseline = 2\n[check.rules]\nTC999 = 'off'\n", "f")
    lines = [line.split(":")[1] for line in caught.value.message.splitlines()]
    assert lines == ["1", "3", "4", "6"]


def test_rules_by_id_name_and_glob() -> None:
    assert matching([]) == frozenset(rules())
    assert matching(["tc301", "class-never-used"]) == {"TC301", "TC302"}
    assert matching(["TC2*"]) == {name for name in rules() if name.startswith("TC2")}
    assert "TC301" in matching(["*-never-*"])
    assert named("EVENT-NEVER-CALLED") is rules()["TC301"]
    for wanted in ("TC9*9", "never-caled"):
        with pytest.raises(UnknownNameError):
            matching([wanted])
