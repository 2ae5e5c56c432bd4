"""Gates: simplification keeps the truth value and makes the text short."""

from __future__ import annotations

import pickle
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracecfg.gate import (
    ALWAYS,
    NEVER,
    All,
    Any,
    Const,
    Equals,
    Gate,
    Not,
    Sym,
    all_of,
    any_of,
    holds,
    negate,
    symbols,
)
from tracecfg.gatelogic import concise, implies
from tracecfg.gatetext import to_kconfig

A, B, C, D = (Sym(name) for name in "ABCD")

NAMES = "ABCD"
CONFIGS = [dict(zip(NAMES, row, strict=True)) for row in product("nmy", repeat=len(NAMES))]

atoms = st.one_of(
    st.builds(Const, st.booleans()),
    st.builds(Sym, st.sampled_from(NAMES)),
    st.builds(Equals, st.sampled_from(NAMES), st.sampled_from(["y", "m", "n", ""])),
)
gates: st.SearchStrategy[Gate] = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, max_size=4).map(tuple)),
        st.builds(Any, st.lists(inner, max_size=4).map(tuple)),
    ),
    max_leaves=12,
)


def literals(gate: Gate) -> int:
    match gate:
        case All(of) | Any(of):
            return sum(map(literals, of))
        case Not(of):
            return literals(of)
    return 1


@given(st.lists(gates, max_size=4))
def test_simplification_keeps_the_truth_value(parts: list[Gate]) -> None:
    both, either = all_of(parts), any_of(parts)
    for config in CONFIGS:
        values = [holds(part, config) for part in parts]
        assert holds(both, config) == all(values)
        assert holds(either, config) == any(values)


@given(gates)
def test_negation_is_the_opposite(gate: Gate) -> None:
    opposite = negate(gate)
    assert all(holds(opposite, config) != holds(gate, config) for config in CONFIGS)


@given(st.lists(gates, max_size=4))
def test_simplification_is_final_and_never_longer(parts: list[Gate]) -> None:
    for join in (all_of, any_of):
        once = join(parts)
        assert join([once]) == once
        assert literals(once) <= max(1, sum(map(literals, parts)))


@given(gates)
def test_concise_says_the_same_in_no_more_words(gate: Gate) -> None:
    short = concise(all_of([gate]))
    assert all(holds(short, config) == holds(gate, config) for config in CONFIGS)
    assert literals(short) <= literals(all_of([gate]))


def test_concise_drops_what_is_implied() -> None:
    either = any_of([Equals("A", "y"), all_of([Not(A), Equals("B", "y")])])
    redundant = any_of([A, Not(Equals("B", "m"))])
    assert concise(all_of([either, redundant])) == either


@given(gates, gates)
def test_implies_agrees_with_the_truth_table(a: Gate, b: Gate) -> None:
    expected = all(holds(b, config) for config in CONFIGS if holds(a, config))
    assert implies(a, b) == expected


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        (all_of([]), "y"),
        (any_of([]), "n"),
        (all_of([A, ALWAYS, A]), "A"),
        (all_of([A, NEVER]), "n"),
        (any_of([A, ALWAYS]), "y"),
        (any_of([A, all_of([A, B])]), "A"),
        (all_of([A, any_of([A, B])]), "A"),
        (any_of([A, Not(A)]), "y"),
        (all_of([A, Not(A)]), "n"),
        (any_of([A, all_of([Not(A), B])]), "A || B"),
        (all_of([A, any_of([Not(A), B])]), "A && B"),
        (any_of([all_of([A, B]), all_of([A, Not(B)])]), "A"),
        (any_of([all_of([A, B]), all_of([A, C])]), "A && (B || C)"),
        (any_of([all_of([A, B]), D, all_of([A, C])]), "(A && (B || C)) || D"),
        (all_of([any_of([A, B]), any_of([A, C])]), "A || (B && C)"),
        (any_of([all_of([B, A]), all_of([A, B])]), "B && A"),
        (negate(all_of([A, any_of([B, Not(C)])])), "!A || (!B && C)"),
        (any_of([Equals("A", "y"), Equals("A", "m")]), "A"),
        (all_of([A, Equals("A", "y")]), "A=y"),
        (any_of([A, Equals("A", "y")]), "A"),
        (all_of([Equals("A", "y"), Equals("A", "m")]), "n"),
        (Not(Equals("A", "m")), "A!=m"),
        (all_of([Equals("A", "n"), B]), "!A && B"),
        (Equals("LOCALVERSION", "-x"), 'LOCALVERSION="-x"'),
    ],
)
def test_text(gate: Gate, text: str) -> None:
    assert to_kconfig(gate) == text


def test_symbols_are_those_that_matter() -> None:
    assert symbols(any_of([A, all_of([A, B]), Not(Equals("C", "m"))])) == {"A", "C"}


@given(gates)
def test_equal_gates_are_one_object(gate: Gate) -> None:
    assert type(gate)(*vars(gate).values()) is gate
    assert pickle.loads(pickle.dumps(gate)) is gate


def test_implies_gives_up_on_large_tables() -> None:
    many = [any_of([Sym(f"S{at}"), Sym(f"T{at}")]) for at in range(12)]
    assert implies(all_of(many), many[3])
    assert not implies(all_of(many), any_of([all_of([Sym("S0"), Sym("T1")]), D]))


def test_a_missing_symbol_is_off() -> None:
    assert not holds(A, {})
    assert holds(Equals("A", "n"), {})


def test_thousands_of_conditions_end() -> None:
    # a Makefile with as many lines for one object: simplified, this would take hours
    gate: Gate = NEVER
    for number in range(1000):
        gate = any_of([gate, all_of([Sym(f"A{number}"), Sym(f"B{number % 7}")])])
    assert holds(concise(gate), {"A999": "y", "B5": "y"})
    assert not holds(concise(gate), {"A999": "y", "B4": "y"})
