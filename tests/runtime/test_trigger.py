"""What trigger files show, on real kernels of many versions, and what is written for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracecfg.runtime import trigger


@pytest.mark.parametrize(
    ("shown", "written", "removed"),
    [
        ("traceoff:unlimited", "traceoff", "!traceoff"),
        ("traceon:count=3", "traceon:3", "!traceon"),
        ("stacktrace:count=0", "stacktrace:0", "!stacktrace"),
        ("snapshot:unlimited if irq == 3", "snapshot if irq == 3", "!snapshot"),
        ("enable_event:kmem:kmalloc:unlimited", "enable_event:kmem:kmalloc", "!enable_event:kmem:kmalloc"),
        ("disable_event:a:b:count=2 if x > 1", "disable_event:a:b:2 if x > 1", "!disable_event:a:b"),
        ("enable_hist:net:netif_rx:unlimited", "enable_hist:net:netif_rx", "!enable_hist:net:netif_rx"),
        (
            "hist:keys=pid:vals=hitcount:sort=hitcount:size=2048 [active]",
            "hist:keys=pid:vals=hitcount:sort=hitcount:size=2048",
            "!hist:keys=pid:vals=hitcount:sort=hitcount:size=2048",
        ),
        (
            "hist:keys=pid:vals=hitcount:sort=hitcount:size=2048 if pid > 1 [paused]",
            "hist:keys=pid:vals=hitcount:sort=hitcount:size=2048:pause if pid > 1",
            "!hist:keys=pid:vals=hitcount:sort=hitcount:size=2048 if pid > 1",
        ),
        (
            "hist:foo:keys=pid:vals=hitcount:sort=pid.descending:size=4096:clock=mono [active]",
            "hist:name=foo:keys=pid:vals=hitcount:sort=pid.descending:size=4096:clock=mono",
            "!hist:name=foo:keys=pid:vals=hitcount:sort=pid.descending:size=4096:clock=mono",
        ),
        (
            "hist:keys=pid:vals=:sort=pid:size=2048:nohitcount [active]",
            "hist:keys=pid:sort=pid:size=2048:nohitcount",
            "!hist:keys=pid:sort=pid:size=2048:nohitcount",
        ),
    ],
)  # fmt: skip
def test_maps(shown: str, written: str, removed: str) -> None:
    found = trigger.parse(shown)
    assert found is not None
    assert (found.set, found.remove) == (written, removed)
    again = trigger.parse(found.set)
    assert again is not None
    assert (again.set, again.remove, again.identity) == (written, removed, found.identity)


@pytest.mark.parametrize(
    "line", ["", "bogus", "stacktrace:foo", "stacktracex", "enable_event", "enable_event:a", "hist:", "hist:vals=x", "traceoff:count=", "inspect:unlimited"]
)  # fmt: skip
def test_knows_what_it_does_not_know(line: str) -> None:
    assert trigger.parse(line) is None


def test_no_trigger_shows_the_kinds_that_there_are() -> None:
    assert trigger.parse_all("# Available triggers:\n# traceon traceoff\n") == {}


def test_what_is_left_of_a_count_makes_no_other_trigger() -> None:
    assert trigger.parse_all("stacktrace:count=5") is not None
    five, two = trigger.parse("stacktrace:count=5"), trigger.parse("stacktrace:count=2")
    assert five is not None
    assert two is not None
    assert five.identity == two.identity


@given(st.text(alphabet="histracekoff:=[] ,if_0123*!.$()\n", max_size=80))
def test_any_text_is_parsed_or_refused(line: str) -> None:
    found = trigger.parse(line)
    if found is not None:
        again = trigger.parse(found.set)
        assert again is not None
        assert again.set == found.set
