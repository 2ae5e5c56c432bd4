"""What a configuration lacks for a gate to hold."""

from __future__ import annotations

from collections.abc import Mapping

from tracecfg.gate import All, Any, Gate, Sym, holds, symbols
from tracecfg.gatetext import to_kconfig


def built_in(gate: Gate, config: Mapping[str, str]) -> bool:
    """Whether the gate holds without what is only built as a module."""
    return holds(gate, {name: value for name, value in config.items() if value != "m"})


def lacking(gate: Gate, config: Mapping[str, str]) -> tuple[str, ...]:
    """The fewest symbols that would have to be on, for a gate that does not hold; of equal
    alternatives the one that the configuration has most of.

    What no symbol alone can mend, such as X=y or !X, is the expression itself.
    """
    match gate:
        case Sym(name):
            return (name,)
        case All(of):
            parts = [lacking(part, config) for part in of if not holds(part, config)]
            return tuple(dict.fromkeys(name for part in parts for name in part))
        case Any(of):
            return min((_cost(part, config) for part in of), default=(0, 0, ()))[2]
    return (to_kconfig(gate),)


def _cost(gate: Gate, config: Mapping[str, str]) -> tuple[int, int, tuple[str, ...]]:
    missing = lacking(gate, config)
    have = sum(config.get(name, "n") != "n" for name in symbols(gate))
    return len(missing), -have, missing
