"""What follows from a gate: by truth table, where its shape does not tell."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from tracecfg.gate import (
    MAX_PARTS,
    All,
    Any,
    Const,
    Equals,
    Gate,
    Sym,
    all_of,
    any_of,
    atoms,
    holds,
    negate,
    symbols,
)

MAX_TABLE = 1 << 12
"""Rows of the truth table that implies() is ready to go through."""


@lru_cache(maxsize=1 << 12)
def implies(a: Gate, b: Gate) -> bool:
    """Whether b holds whenever a does; False also when there are too many symbols to tell."""
    if isinstance(a, Sym) and isinstance(b, Sym):
        return a == b
    counterexample = all_of((a, negate(b)))
    if isinstance(counterexample, Const):
        return not counterexample.value
    values: dict[str, list[str]] = {name: ["n"] for name in sorted(symbols(counterexample))}
    for atom in atoms(counterexample):
        if isinstance(atom, Equals) and atom.value not in values[atom.name]:
            values[atom.name].append(atom.value)
    rows = 1
    for choices in values.values():
        # a tristate is n, m or y; without = in the expression m and y do not differ
        choices += ["y", "m"] if len(choices) > 1 else ["y"]
        rows *= len(choices)
    return rows <= MAX_TABLE and not any(
        holds(counterexample, dict(zip(values, row, strict=True)))
        for row in product(*values.values())
    )


def concise(gate: Gate) -> Gate:
    """The same without operands that the others imply, which takes truth tables to find."""
    if not isinstance(gate, All | Any) or len(gate.of) > MAX_PARTS:
        return gate
    kind, join = type(gate), all_of if isinstance(gate, All) else any_of
    kept = [concise(part) for part in gate.of]
    if len(symbols(gate)) < sum(1 for _ in atoms(gate)):
        for part in reversed(gate.of[:]):
            others = [other for other in kept if other != part]
            rest = join(others)
            if others and (implies(rest, part) if kind is All else implies(part, rest)):
                kept = others
    return join(kept)
