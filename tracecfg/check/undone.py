"""What a series would still change in a tree that has one: each change is a mistake there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from tracecfg.check.facts import Undone
from tracecfg.errors import UnsupportedTreeError
from tracecfg.kconfigtext import KconfigIndex
from tracecfg.model import Decision, Option, Plan
from tracecfg.series.core import MENU_KCONFIG, Render
from tracecfg.series.steps import steps


def undone(
    plan: Plan,
    kconfig: KconfigIndex,
    read: Callable[[str], str],
    clobbering: Mapping[str, Collection[str]],
    render: Render,
) -> tuple[Undone, ...]:
    """Of each system that can have an option. read, clobbering, render: as steps() takes them"""
    by_prompt = {entry.prompt: entry.name for entry in kconfig.of_file(MENU_KCONFIG)}
    found = []
    for decision in plan.decisions:
        if decision.option is None:
            continue
        # where the header and the menu name two symbols, the one that the other files name too
        names = dict.fromkeys((by_prompt.get(decision.option.prompt), decision.option.name))
        ways = [
            _undone(decision, decision.option._replace(name=name), read, clobbering, render)
            for name in names
            if name
        ]
        found.append(min(ways, key=lambda way: len(way.steps)))
    return tuple(found)


def _undone(
    decision: Decision,
    option: Option,
    read: Callable[[str], str],
    clobbering: Mapping[str, Collection[str]],
    render: Render,
) -> Undone:
    try:
        left = tuple(steps(decision, option, read, clobbering, render))
    except UnsupportedTreeError:
        # a name that no macro can paste has a rule of its own
        left = ()
    return Undone(decision, option, left)
