"""What a selection would keep of a cost, without a second image. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracecfg.config.choice import meant
from tracecfg.cost.summary import Comparison, Cost, SubsystemCost
from tracecfg.errors import UnknownNameError, escaped, shortened
from tracecfg.nearest import nearest

NOTE = "what a feature selects stays as well: `tracecfg config TREE --only` tells"


@dataclass(frozen=True)
class Selection:
    """only: names and globs as they were given
    kept, saved: subsystems, the largest first; what is unattributed is in neither
    """

    only: tuple[str, ...]
    kept: tuple[SubsystemCost, ...]
    saved: tuple[SubsystemCost, ...]

    @property
    def kept_bytes(self) -> int:
        return sum(each.size for each in self.kept)

    @property
    def saved_bytes(self) -> int:
        return sum(each.size for each in self.saved)


@dataclass(frozen=True)
class Answer:
    """What is reported. options: of each subsystem, what the series or the tree itself calls its
    switch, "" for none"""

    cost: Cost
    options: Mapping[str, str]
    comparison: Comparison | None = None
    selection: Selection | None = None


class _Switch(NamedTuple):
    name: str
    subsystem: str


def select(cost: Cost, only: Sequence[str], options: Mapping[str, str]) -> Selection:
    """options: of each subsystem, its option's name

    Raises UnknownNameError, with the nearest names, for one that means nothing here.
    """
    switches = [_Switch(options[each.name], each.name) for each in cost.subsystems]
    names: set[str] = set()
    for text in only:
        found, _ = meant(text, switches)
        if not found:
            near = nearest(text, [each.subsystem for each in switches])
            raise UnknownNameError(
                f"{shortened(escaped(text))}: no such subsystem has tracepoints here",
                f"did you mean {', '.join(near)}?" if near else f"`tracecfg cost {cost.path}`",
            )
        names.update(each.subsystem for each in found)
    return Selection(
        tuple(only),
        tuple(each for each in cost.subsystems if each.name in names),
        tuple(each for each in cost.subsystems if each.name not in names),
    )
