"""What came of a choice: the frozen result that is reported and written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tracecfg.config.choice import Choice, Option, Term
from tracecfg.config.forced import Release
from tracecfg.config.needs import Obstacle, Step, is_off
from tracecfg.kernel.kconffacts import Selector


class Because(StrEnum):
    """Why a symbol is not what the base has.

    ASKED: the option of a subsystem that the call names, or that --only turns off
    NEEDED: turned on because such an option depends on it
    FOLLOWS: Kconfig makes it so of the others
    OLDDEFCONFIG: `make olddefconfig` would change it in the base as well
    """

    ASKED = "asked"
    NEEDED = "needed"
    FOLLOWS = "follows"
    OLDDEFCONFIG = "olddefconfig"


class Change(NamedTuple):
    """old, new: as behind the = in a .config, n for `is not set`, None where it is not there"""

    symbol: str
    old: str | None
    new: str | None
    because: Because


class Outcome(NamedTuple):
    """What came of one option.

    wanted: y or n; value: what it is now
    needed: what was turned on for it
    obstacles: what is in its way, when it is off and should be on
    forced_by: who selects it, when it is on and should be off
    """

    option: Option
    wanted: str
    value: str
    needed: tuple[Step, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    forced_by: tuple[Selector, ...] = ()

    @property
    def took_effect(self) -> bool:
        return is_off(self.value) == (self.wanted == "n")


class Proposal(NamedTuple):
    """What would let a forced option go.

    changes: all that would be different then; empty when it is blocked
    """

    option: Option
    release: Release
    changes: tuple[Change, ...]


class Answer(NamedTuple):
    """A symbol that the toolchain decides and no toolchain was asked for.

    from_base: the base's value stands; otherwise that of the built-in profile
    """

    symbol: str
    value: str
    from_base: bool


@dataclass(frozen=True, kw_only=True)
class Result:
    """outcomes: of every option that was to be set, by the subsystem's name
    text: the whole .config, its header included; fragment: only what was chosen
    """

    tree: str
    version: str
    arch: str
    base: str
    choice: Choice
    outcomes: tuple[Outcome, ...]
    changes: tuple[Change, ...]
    proposals: tuple[Proposal, ...]
    assumed: tuple[Answer, ...]
    notes: tuple[str, ...]
    text: str
    fragment: str

    @property
    def failed(self) -> tuple[Term, ...]:
        """What the user named and nothing of it took effect."""
        by_option = {outcome.option: outcome for outcome in self.outcomes}
        return tuple(
            term
            for term in self.choice.terms
            if not any(by_option[option].took_effect for option in term.options)
        )


def changes(
    base: Mapping[str, str],
    plain: Mapping[str, str],
    now: Mapping[str, str],
    *,
    asked: Collection[str],
    needed: Collection[str],
) -> tuple[Change, ...]:
    """From the base to what there is now.

    plain: what `make olddefconfig` makes of the base
    asked: options that were set; needed: symbols that were turned on besides
    """
    found = []
    for symbol in dict.fromkeys((*now, *base)):
        old, new = base.get(symbol), now.get(symbol)
        is_ours = _differs(plain.get(symbol), new)
        if not _differs(old, new) and not (old is None and is_ours):
            continue
        if not is_ours:
            because = Because.OLDDEFCONFIG
        elif symbol in asked:
            because = Because.ASKED
        else:
            because = Because.NEEDED if symbol in needed else Because.FOLLOWS
        found.append(Change(symbol, old, new, because))
    return tuple(found)


def _differs(a: str | None, b: str | None) -> bool:
    return a != b and not (is_off(a) and is_off(b))
