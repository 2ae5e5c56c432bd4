"""What the rules of `check` look at: one tree, read once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tracecfg.kconfigtext import KconfigIndex
from tracecfg.kernel.calls import Called
from tracecfg.kernel.source import Source
from tracecfg.model import Place, Plan

if TYPE_CHECKING:
    from tracecfg.kernel.resolve import Includes


class Hit(NamedTuple):
    """A rule's finding, before its severity is known.

    rule: the id, such as TC201; hint: what to do here, "" for what the rule says in general
    """

    rule: str
    place: Place
    message: str
    hint: str = ""
    column: int | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One state of a tree.

    files: each C file that has to do with tracepoints, by path
    converted: it has the core of the series
    called: what the code calls, or None when nobody has looked
    """

    plan: Plan
    files: Mapping[str, Source]
    includes: Includes
    kconfig: KconfigIndex
    converted: bool
    called: Called | None = None
