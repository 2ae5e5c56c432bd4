"""Who keeps an option on, and what to turn off so that it can go. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tracecfg.config.needs import Symbols
from tracecfg.gatetext import to_kconfig
from tracecfg.kernel.kconffacts import Facts, Selector


class Release(NamedTuple):
    """values: what to turn off; blocked: why that cannot be had, "" when it can"""

    values: Mapping[str, str]
    blocked: str = ""


def selecting(name: str, config: Symbols) -> tuple[Selector, ...]:
    """Those that select a symbol now."""
    facts = config.facts(name)
    return tuple(each for each in facts.selectors if each.value != "n") if facts else ()


def release(name: str, config: Symbols) -> Release:
    """What to turn off so that nothing selects a symbol any more."""
    values: dict[str, str] = {}
    blocked = _release(name, config, values, (name,))
    return Release({}, blocked) if blocked else Release(values)


def _release(name: str, config: Symbols, values: dict[str, str], above: tuple[str, ...]) -> str:
    for selector in selecting(name, config):
        facts = config.facts(selector.name)
        if facts is None or selector.name in above:
            continue
        if why := _fixed(facts, config):
            return f"{selector.name} ({selector.place}) {why}"
        if facts.prompt_if is not None:
            values[selector.name] = "n"
        if why := _release(selector.name, config, values, (*above, selector.name)):
            return why
    return ""


def _fixed(facts: Facts, config: Symbols) -> str:
    """Why a symbol that is on cannot be turned off; "" when it, or what selects it, can."""
    if facts.in_choice:
        return "is the one of a choice: choose another"
    if facts.prompt_if is None and not selecting(facts.name, config):
        return f"has no prompt: it is on while {to_kconfig(facts.default_if)}"
    return ""
