"""The rules of this group."""

from __future__ import annotations

from collections.abc import Iterator

from tracecfg.check.facts import Facts, Hit


def hits(facts: Facts) -> Iterator[Hit]:
    """The rules of this group."""
    yield from ()
