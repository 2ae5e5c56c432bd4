"""Facts in, decisions out: the built-in rules, a user's own, and rules files that are broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small import FIXTURES, OPTIONS, SYSTEMS, copy_tree, edit
from tracecfg import planning
from tracecfg.errors import TracecfgError, UnknownNameError, UsageError
from tracecfg.kernel.tree import open_tree
from tracecfg.model import Decision, Option, Plan
from tracecfg.rules.load import load_rules, parse_rules

TREE = FIXTURES / "tree"


def planned(root: Path = TREE, rules: Path | None = None, prefix: str = "TRACING_") -> Plan:
    return planning.plan(open_tree(root), rules=rules, prefix=prefix)


def decisions(plan: Plan) -> dict[str, Decision]:
    return {decision.system.name: decision for decision in plan.decisions}


def option(decision: Decision) -> Option:
    assert decision.option is not None, decision.skipped
    return decision.option


@pytest.fixture(scope="module")
def builtin() -> dict[str, Decision]:
    return decisions(planned())


def user(tmp_path: Path, text: str) -> dict[str, Decision]:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    return decisions(planned(rules=file))


def test_one_option_each_on_by_default(builtin: dict[str, Decision]) -> None:
    assert {name: option(each).name for name, each in builtin.items()} == OPTIONS
    assert {option(each).default for each in builtin.values()} == {"y"}


@pytest.mark.parametrize(
    ("system", "depends"),
    [("cache", ""), ("gpio", "GPIOLIB"), ("portio", "TRACE_PORTIO"), ("radio", "RADIO_TRACING"),
     ("virt", "VIRT")],
)  # fmt: skip
def test_depends(builtin: dict[str, Decision], system: str, depends: str) -> None:
    assert option(builtin[system]).depends == depends


def test_selects_are_of_consumers_and_features(builtin: dict[str, Decision]) -> None:
    found = {
        (name, select.config, select.condition)
        for name, decision in builtin.items()
        for select in option(decision).selects
    }
    assert found == {
        ("portio", "TRACE_PORTIO", ""),
        ("queue", "QUEUE_TRACER", "BLOCK"),
        ("task", "WATCH_WAKE", "TRACEPOINTS"),
    }


def test_help_names_the_header_and_the_events(builtin: dict[str, Decision]) -> None:
    for decision in builtin.values():
        lines = option(decision).help_text.split("\n")
        text = " ".join(lines)
        assert len(lines) >= 4
        assert all(len(line) <= 70 for line in lines)
        assert all(header in text for header in decision.system.headers)
        assert decision.system.events[0].name in text


def test_every_decision_has_its_rules(builtin: dict[str, Decision]) -> None:
    rules = {rule.name for rule in load_rules(None)}
    for decision in builtin.values():
        assert {reason.rule for reason in decision.reasons} <= rules
        assert decision.reasons[0].rule == "option-name"
    assert [reason.rule for reason in builtin["radio"].reasons][-1] == "own-option"


def test_a_gate_that_is_unknown_gives_no_dependency(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    edit(root, "drivers/gpio/Makefile", lambda text: text.replace("gpiolib.o", "other.o"))
    gpio = decisions(planned(root))["gpio"]
    assert option(gpio).depends == ""
    assert any("drivers/gpio/Makefile:1" in reason.says for reason in gpio.reasons)


# ---- names


def test_a_name_that_kconfig_has_is_not_taken(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    for path in ("include/trace/events/gpio.h",):
        edit(root, path, lambda text: text.replace("TRACE_SYSTEM gpio", "TRACE_SYSTEM support"))
    support = decisions(planned(root))["support"]
    assert option(support).name == "TRACING_SYSTEM_SUPPORT"
    assert "name-taken" in {reason.rule for reason in support.reasons}


def test_two_systems_do_not_share_a_name(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    text = (root / "drivers/usb/hub_trace.h").read_text()
    (root / "drivers/usb/hub2_trace.h").write_text(
        text.replace("usb-hub", "usb_hub").replace("hub_port_reset", "hub_port_off")
    )
    found = decisions(planned(root))
    names = [option(each).name for each in found.values()]
    assert len(names) == len(set(names)) == len(SYSTEMS) + 1
    assert option(found["usb-hub"]).name == "TRACING_USB_HUB"


@pytest.mark.parametrize("prefix", ["TRACING_EVENTS_", "T_", "EVENTS"])
def test_prefix(prefix: str) -> None:
    names = {option(each).name for each in planned(prefix=prefix).decisions}
    assert names == {name.replace("TRACING_", prefix, 1) for name in OPTIONS.values()}


@pytest.mark.parametrize("prefix", ["", "tracing_", "A-", "1A", "A B", "CONFIG$"])
def test_a_prefix_that_is_none(prefix: str) -> None:
    with pytest.raises(UsageError) as caught:
        planned(prefix=prefix)
    assert "--prefix" in caught.value.message
    assert caught.value.hint


def test_the_prefix_of_2015_on_the_tree_of_2015() -> None:
    """The symbol exists there and is the system's own switch: it keeps its meaning."""
    (gpio,) = planned(FIXTURES / "gpio-2015", prefix="TRACING_EVENTS_").decisions
    assert gpio.system.own_option == "TRACING_EVENTS_GPIO"
    assert option(gpio).name != "TRACING_EVENTS_GPIO"
    assert option(gpio).depends == "TRACING_EVENTS_GPIO"


# ---- a user's own rules


def test_a_user_skips_and_overrides(tmp_path: Path) -> None:
    found = user(
        tmp_path,
        """
[[rule]]
name = "mine"
why = "I say so"
match = { system = ["gpio", "usb-*"] }
skip = "not for {system}"

[[rule]]
name = "off"
match = { header = "include/trace/events/*" }
default = "n"
prompt = "Events of {system}"
depends = "EXPERT && {gate}"
help = "Ask Ann."

[[rule]]
name = "no-select"
match = { consumer = "QUEUE_*" }
select = false
""",
    )
    assert found["gpio"].skipped == "not for gpio"
    assert found["gpio"].option is None
    assert found["usb-hub"].skipped == "not for usb-hub"
    queue = option(found["queue"])
    assert (queue.default, queue.prompt, queue.depends, queue.selects) == (
        "n", "Events of queue", "EXPERT && BLOCK", ()
    )  # fmt: skip
    assert "Ask Ann." in queue.help_text
    assert option(found["storage"]).default == "y"


def test_a_user_names_an_option(tmp_path: Path) -> None:
    found = user(tmp_path, '[[rule]]\nname = "n"\nmatch = {system = "gpio"}\noption = "PINS"\n')
    assert option(found["gpio"]).name == "PINS"


def test_rules_that_give_two_systems_one_option(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the option PINS, which another system has"):
        user(tmp_path, '[[rule]]\nname = "n"\noption = "PINS"\n')


def test_a_default_of_n_is_what_the_help_recommends(tmp_path: Path) -> None:
    found = user(tmp_path, '[[rule]]\nname = "n"\nmatch = {system = "gpio"}\ndefault = "n"\n')
    assert option(found["gpio"]).help_text.endswith("If unsure, say N.")


def test_a_later_rule_overrides_a_skip_only_by_saying_so(tmp_path: Path) -> None:
    rules = '[[rule]]\nname = "{0}"\nmatch = {{ system = "gpio" }}\n{1}\n'
    text = rules.format("a", 'skip = "no"') + rules.format("b", 'prompt = "Pins"')
    assert user(tmp_path, text)["gpio"].skipped == "no"


BROKEN = {
    "no TOML": ("[[rule]]\nname = \n", 2, "TOML"),
    "unknown table": ("[rules]\nx = 1\n", 1, "'rules'"),
    "not a list": ("[rule]\nname = 'x'\n", 1, "[[rule]]"),
    "no name": ("\n\n[[rule]]\nwhy = 'x'\n", 3, "name"),
    "unknown key": ("[[rule]]\nname = 'a'\n[[rule]]\nname = 'b'\ncolour = 'x'\n", 3, "'colour'"),
    "unknown match": ("[[rule]]\nname = 'a'\nmatch = { colour = 'x' }\n", 1, "'colour'"),
    "kind of a match": ("[[rule]]\nname = 'a'\nmatch = { system = 1 }\n", 1, "match.system"),
    "kind of a flag": ("[[rule]]\nname = 'a'\nmatch = { feature = 'y' }\n", 1, "match.feature"),
    "kind of gate": ("[[rule]]\nname = 'a'\nmatch = { gate = 'open' }\n", 1, "match.gate"),
    "kind of a decision": ("[[rule]]\nname = 'a'\nskip = true\n", 1, "skip"),
    "kind of select": ("[[rule]]\nname = 'a'\nselect = 'y'\n", 1, "select"),
    "an option in small letters": (
        "[[rule]]\nname = 'a'\noption = 'tracing {SYSTEM}'\n",
        1,
        "option",
    ),
    "a default that is none": ("[[rule]]\nname = 'a'\ndefault = 'm'\n", 1, "default"),
    "a prompt with quotes": ("[[rule]]\nname = 'a'\nprompt = 'a \"b\"'\n", 1, "prompt"),
    "two lines in an expression": ("[[rule]]\nname = 'a'\ndepends = \"A\\nB\"\n", 1, "depends"),
    "match is no table": ("[[rule]]\nname = 'a'\nmatch = 'x'\n", 1, "match"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rules_file_is_named_with_its_line(tmp_path: Path, case: str) -> None:
    text, line, word = BROKEN[case]
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_rules(file)
    assert caught.value.message.startswith(f"{file}:{line}: ")
    assert word in caught.value.message


@pytest.mark.parametrize("make", [lambda path: None, Path.mkdir,
                                  lambda path: path.write_bytes(b"\xff")])  # fmt: skip
def test_a_rules_file_that_cannot_be_read(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "mine.toml")
    with pytest.raises(UsageError, match=r"mine\.toml: cannot be read"):
        load_rules(tmp_path / "mine.toml")


@given(st.lists(st.sampled_from(["[[rule]]\n", "[rule]\n", "name = 'a'\n", "match = ", "{ ", "}\n",
                                 "system = ", "'*'", "['a', 1]", "skip = ", "select = ", "true\n",
                                 "1\n", "gate = 'x'\n", "=\n", "\n", "'", "x"]),
                max_size=30).map("".join))  # fmt: skip
def test_any_text_gives_rules_or_a_place(text: str) -> None:
    said = "mine.toml:"
    try:
        parse_rules(text, "mine.toml")
    except TracecfgError as error:
        said = error.message
    assert said.startswith("mine.toml:")


# ---- what is meant by names


def test_choose() -> None:
    plan = planned()
    assert planning.choose(plan, []) == set(SYSTEMS)
    assert planning.choose(plan, ["gpio", "*o"]) == {"gpio", "portio", "radio"}


@pytest.mark.parametrize(("wanted", "near"), [("gpoi", "gpio"), ("usb_hub", "usb-hub")])
def test_an_unknown_name_gets_the_nearest(wanted: str, near: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        planning.choose(planned(), [wanted])
    assert wanted in caught.value.message
    assert near in caught.value.hint


def test_an_unknown_name_that_is_like_none_gets_the_list() -> None:
    with pytest.raises(UnknownNameError) as caught:
        planning.choose(planned(), ["zzzzzz"])
    assert "scan" in caught.value.hint
