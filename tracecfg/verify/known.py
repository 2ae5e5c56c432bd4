"""Which option belongs to which subsystem: as the tree's Kconfig says, or by its name. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from tracecfg.explain.hints import WITHOUT_TRACEPOINTS, Hints, System
from tracecfg.explain.kconfig import KernelConfig
from tracecfg.gate import ALWAYS
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
    begin = PREFIX
    if given is not None:
        core = {name: hints.systems[name].own_option for name in WITHOUT_TRACEPOINTS}
        options = core | dict(given)
    else:
        values = config.values if config else {}
        begin = prefix(hints, values)
        options = {name: _option(each, begin, values) for name, each in hints.systems.items()}
        taken = {*options.values(), *_UPSTREAM}
        for symbol in values if begin == PREFIX else ():
            if symbol.startswith(PREFIX) and symbol not in taken:
                options[symbol.removeprefix(PREFIX).lower()] = symbol
    for name in held:
        options.setdefault(name, default_option(name, begin))
    return tuple(Known(option, name) for name, option in sorted(options.items()))


def _option(system: System, begin: str, values: Collection[str]) -> str:
    """The one of the series, unless the configuration has only one that the system has upstream."""
    option = begin + system.option.removeprefix(PREFIX)
    is_upstream = option not in values and system.own_option in values
    return system.own_option if is_upstream or not system.option else option


def prefix(hints: Hints, values: Iterable[str]) -> str:
    """What the series' options begin with, as --prefix of `generate` had it.

    A kernel with a series has an option of every subsystem that is always built. Another prefix
    than the usual one is taken for theirs when half of these have one that begins so: other
    releases have fewer.
    values: all symbols of a configuration
    """
    ends = tuple(
        default_option(name, "_")
        for name, each in hints.systems.items()
        if each.option and each.gate(None) is ALWAYS
    )
    found = Counter(
        symbol.removesuffix(end.removeprefix("_"))
        for symbol in values
        if symbol.endswith(ends)
        for end in ends
        if symbol.endswith(end)
    )
    ((best, count),) = found.most_common(1) or [(PREFIX, 0)]
    return best if count > found[PREFIX] and count * 2 >= len(ends) else PREFIX


def has_series(hints: Hints, values: Collection[str]) -> bool:
    """Whether a configuration has options that a series made."""
    begin = prefix(hints, values)
    return any(each.startswith(begin) for each in set(values) - _UPSTREAM)
