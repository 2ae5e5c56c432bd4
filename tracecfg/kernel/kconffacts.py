"""What is known of a symbol when somebody wants to turn it on or off."""

from __future__ import annotations

from typing import NamedTuple

from tracecfg.gate import Gate
from tracecfg.model import Place


class Selector(NamedTuple):
    """A symbol whose entry at `place` says `select ... if condition`.

    value: n, m or y: how strongly it selects now
    """

    name: str
    condition: Gate
    place: Place
    value: str


class Facts(NamedTuple):
    """All that decides one bool or tristate symbol.

    value: n, m or y; place: its first entry
    prompt_if: the condition under which a person may set it; None when it has no prompt
    default_if: the condition under which it is on without anybody's doing
    in_choice: it is one of several of which one is y
    selectors: those whose condition can hold on this architecture
    """

    name: str
    is_tristate: bool
    value: str
    place: Place
    prompt_if: Gate | None
    default_if: Gate
    in_choice: bool
    selectors: tuple[Selector, ...]
