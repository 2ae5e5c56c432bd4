"""Names and globs to options, and a profile's events to subsystems."""

from __future__ import annotations

import pytest

from tracecfg.config.choice import Option, choose, subsystems_of
from tracecfg.errors import UnknownNameError, UsageError
from tracecfg.model import Place

OPTIONS = tuple(
    Option(f"TRACING_{name.upper().replace('-', '_')}", name, Place("Kconfig", line))
    for line, name in enumerate(("gpio", "irq", "irq_vectors", "xhci-hcd"), 1)
)


def test_only_sets_every_option() -> None:
    found = choose(OPTIONS, only=["irq*", "CONFIG_TRACING_XHCI_HCD"], enable=(), disable=())
    assert found.values == {
        "TRACING_GPIO": "n", "TRACING_IRQ": "y", "TRACING_IRQ_VECTORS": "y",
        "TRACING_XHCI_HCD": "y",
    }  # fmt: skip
    assert [term.is_name for term in found.terms] == [False, True]


def test_enable_and_disable_set_what_they_name() -> None:
    found = choose(OPTIONS, only=(), enable=["gpio"], disable=["irq"])
    assert found.values == {"TRACING_GPIO": "y", "TRACING_IRQ": "n"}


def test_both_on_and_off() -> None:
    with pytest.raises(UsageError, match="irq: to be on and to be off"):
        choose(OPTIONS, only=(), enable=["irq"], disable=["irq*"])


def test_unknown_names_are_shown_without_control_characters() -> None:
    with pytest.raises(UnknownNameError) as caught:
        choose(OPTIONS, only=["gp\x1b[0m"], enable=(), disable=())
    assert caught.value.message.isprintable()


def test_events_name_their_subsystems() -> None:
    events = ["irq:irq_handler_*", "gpio", "!irq:irq_handler_exit", "sched*:*wakeup*", "irq:x"]
    assert subsystems_of([*events, "!sched_ext"]) == (("irq", "gpio", "sched*"), ("sched_ext",))


def test_what_a_profile_leaves_out_is_off() -> None:
    found = choose(OPTIONS, only=["irq*", "gpio"], enable=(), disable=(), without=["irq", "gpio"])
    assert [name for name, value in found.values.items() if value == "y"] == ["TRACING_IRQ_VECTORS"]
    assert [term.text for term in found.terms] == ["irq*"]


@pytest.mark.parametrize("term", [":mod:xfs", "*:gpio_value"])
def test_events_that_do_not(term: str) -> None:
    with pytest.raises(UsageError):
        subsystems_of([term])
