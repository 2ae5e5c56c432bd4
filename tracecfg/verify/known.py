"""Which option belongs to which subsystem: as the tree's Kconfig says, or by its name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tracecfg.explain.hints import Hints
from tracecfg.explain.kconfig import KernelConfig
from tracecfg.rules.engine import PREFIX, default_option

_UPSTREAM = frozenset({"TRACING_BRANCHES", "TRACING_MAP", "TRACING_SUPPORT"})
"""Symbols of kernel/trace/Kconfig that are no trace system's."""


class Known(NamedTuple):
    """name: the option, subsystem: whose tracepoints it turns on and off"""

    name: str
    subsystem: str


def known(
    hints: Hints,
    config: KernelConfig | None,
    held: Iterable[str],
    given: Mapping[str, str] | None,
) -> tuple[Known, ...]:
    """Every subsystem that may be meant, by name, each with its option.

    held: those that are there
    given: subsystem -> option as a tree's Kconfig has them, None when there is no tree
    """
    if given is None:
        options = {
            name: system.option or system.own_option for name, system in hints.systems.items()
        }
        taken = set(options.values()) | _UPSTREAM
        for symbol in config.values if config else ():
            if symbol.startswith(PREFIX) and symbol not in taken:
                options[symbol.removeprefix(PREFIX).lower()] = symbol
    else:
        options = dict(given)
    for name in held:
        options.setdefault(name, default_option(name))
    return tuple(Known(option, name) for name, option in sorted(options.items()))
