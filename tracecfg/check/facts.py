"""What the rules of `check` look at: one tree, read once; only what an #include line names is read
when a rule first asks `includes` for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tracecfg.kconfigtext import KconfigIndex
from tracecfg.kernel.calls import Called
from tracecfg.kernel.source import Source
from tracecfg.model import Decision, Option, Place, Plan
from tracecfg.series.steps import Step

if TYPE_CHECKING:
    from tracecfg.kernel.compilerflags import Flags
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


class Undone(NamedTuple):
    """What the series would still change for one system of a converted tree.

    option: with the symbol that is meant for it, whatever its headers name
    """

    decision: Decision
    option: Option
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One state of a tree.

    files: each C file that has to do with tracepoints, by path
    includes: finds what they include, and keeps what could not be read of it as a problem
    guarded: those that name a symbol with the options' prefix, of a tree with the series
    undone: of each system, None for a tree without the core of the series
    problems: what could not be read, besides the plan's
    flags: what the Makefiles of some folders may give the compiler, by folder
    called: what the code calls
    """

    plan: Plan
    prefix: str
    files: Mapping[str, Source]
    includes: Includes
    guarded: tuple[Source, ...]
    kconfig: KconfigIndex
    undone: tuple[Undone, ...] | None
    problems: tuple[tuple[Place, str], ...]
    flags: Mapping[str, Flags]
    called: Called
