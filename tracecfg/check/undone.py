"""What a series would still change in a tree that has one: each change is a mistake there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from tracecfg.check.facts import Undone
from tracecfg.errors import UnsupportedTreeError
from tracecfg.kconfigtext import KconfigIndex
from tracecfg.model import Plan
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
        # a header that names another symbol does not change which one is the system's
        meant = by_prompt.get(decision.option.prompt) or decision.option.name
        option = decision.option._replace(name=meant)
        try:
            left = tuple(steps(decision, option, read, clobbering, render))
        except UnsupportedTreeError:
            # a name that no macro can paste is a rule of its own
            left = ()
        found.append(Undone(decision, option, left))
    return tuple(found)
