"""Words to systems and events, without a kernel."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracecfg import selection
from tracecfg.errors import UnknownNameError, UsageError
from tracecfg.selection import Selection

KERNEL = {
    "gpio": ("gpio_direction", "gpio_value"),
    "irq": ("irq_handler_entry", "irq_handler_exit", "softirq_entry"),
    "irq_vectors": ("local_timer_entry",),
    "sched": ("sched_switch", "sched_wakeup", "sched_waking"),
}


class Kernel:
    def systems(self) -> Sequence[str]:
        return tuple(KERNEL)

    def events(self, system: str) -> Sequence[str]:
        return KERNEL.get(system, ())

    def has(self, system: str, event: str | None) -> bool:
        return system in KERNEL and (event is None or event in KERNEL[system])


def resolve(*words: str, ignore_missing: bool = False) -> Selection:
    return selection.resolve(selection.parse(words), Kernel(), ignore_missing=ignore_missing)


@pytest.mark.parametrize(
    ("words", "whole", "events"),
    [
        (["gpio"], ["gpio"], []),
        (["gpio:*"], ["gpio"], []),
        (["irq*"], ["irq", "irq_vectors"], []),
        (["gpio:gpio_value"], [], ["gpio:gpio_value"]),
        (["gpio", "gpio:gpio_value"], ["gpio"], []),
        (["gpio:gpio_value", "gpio"], ["gpio"], []),
        (["sched:*wak*"], [], ["sched:sched_wakeup", "sched:sched_waking"]),
        (["*:*_entry"], [], ["irq:irq_handler_entry", "irq:softirq_entry", "irq_vectors:local_timer_entry"]),
        (["irq", "!irq:irq_handler_exit"], [], ["irq:irq_handler_entry", "irq:softirq_entry"]),
        (["!irq:softirq_*", "irq:irq_handler_*", "gpio"], ["gpio"], ["irq:irq_handler_entry", "irq:irq_handler_exit"]),
        (["*", "!sched", "!irq*"], ["gpio"], []),
        (["gpio", "!gpio"], [], []),
    ],
)  # fmt: skip
def test_selects(words: list[str], whole: list[str], events: list[str]) -> None:
    found = resolve(*words)
    assert list(found.whole) == whole
    assert [":".join(event) for event in found.events] == events


def test_module_is_left_to_the_kernel() -> None:
    assert resolve("gpio", ":mod:gpio-sim").modules == ("gpio-sim",)


@pytest.mark.parametrize(
    ("word", "near"),
    [("gpoi", "gpio"), ("sched:sched_swich", "sched:sched_switch"), ("sched_switch", "sched:sched_switch")],
)  # fmt: skip
def test_unknown_name_shows_the_nearest(word: str, near: str) -> None:
    with pytest.raises(UnknownNameError, match=word) as caught:
        resolve("gpio", word)
    assert near in caught.value.hint


def test_an_exclusion_that_matches_nothing_is_unknown_too() -> None:
    with pytest.raises(UnknownNameError, match="!irq:nothing"):
        resolve("irq", "!irq:nothing")


def test_missing_names_are_told_when_they_are_let_be() -> None:
    found = resolve("gpio", "gpoi", "sched:x*", ignore_missing=True)
    assert (found.whole, found.missing) == (("gpio",), ("gpoi", "sched:x*"))


@pytest.mark.parametrize(
    "word", ["", "a b", "a:b:c", "../x", "..", "a/b", ":event", "sys:", "!", ":mod:", ":mod:a/b", "é\n"]
)  # fmt: skip
def test_what_is_no_term_is_wrong_use(word: str) -> None:
    with pytest.raises(UsageError, match="no subsystem"):
        selection.parse(["gpio", word])


def test_exclusions_alone_select_nothing() -> None:
    with pytest.raises(UsageError, match="only exclusions"):
        selection.parse(["!gpio"])


@given(
    st.lists(
        st.sampled_from(
            [
                "gpio",
                "irq",
                "irq*",
                "*",
                "sched:*",
                "irq:*_e*",
                "!irq",
                "!*:*_exit",
                "gpio:gpio_value",
            ]
        ),
        min_size=1,
    )
)
def test_order_does_not_matter(words: list[str]) -> None:
    words = [*words, "gpio"]
    assert resolve(*words) == resolve(*reversed(words))


def test_a_hostile_glob_takes_no_time() -> None:
    with pytest.raises(UnknownNameError):
        resolve("*a" * 200 + "!")
