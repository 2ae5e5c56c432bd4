"""A gate as Kconfig writes it, written and read."""

from __future__ import annotations

import re

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
    negate,
)

_TOKEN = re.compile(r"\s*(&&|\|\||!=|=|!|[()]|\"[^\"]*\"|'[^']*'|\w+)")
_CONSTANTS = {"y": ALWAYS, "n": NEVER}
_MAX_DEPTH = 100
"""Brackets and ! within each other; people write three."""


def to_kconfig(gate: Gate) -> str:
    """The expression as Kconfig writes it: `GPIOLIB && (A || !B)`; deterministic."""
    match gate:
        case Const(value):
            return "y" if value else "n"
        case Sym(name):
            return name
        case Equals(name, value):
            return f"{name}={_constant(value)}"
        case Not(Equals(name, value)):
            return f"{name}!={_constant(value)}"
        case Not(of):
            return "!" + _nested(of)
        case All(of):
            return " && ".join(map(_nested, of))
        case Any(of):
            return " || ".join(map(_nested, of))


def _nested(gate: Gate) -> str:
    text = to_kconfig(gate)
    return f"({text})" if isinstance(gate, All | Any) else text


def _constant(value: str) -> str:
    return value if value in ("y", "m", "n") else '"' + value.replace('"', '\\"') + '"'


def from_kconfig(text: str) -> Gate | None:
    """The gate that a `depends on` or an `if` of a Kconfig file says; None for what a gate cannot
    say: a macro, a comparison by size or of two symbols, a mistake.

    `depends on m` is taken for MODULES.
    """
    tokens: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        tokens.append(match[1])
        at = match.end()
    try:
        gate = _any(tokens, 0)
    except _NoGateError:
        return None
    return None if tokens else gate


class _NoGateError(Exception):
    pass


def _any(tokens: list[str], depth: int) -> Gate:
    parts = [_all(tokens, depth)]
    while tokens[:1] == ["||"]:
        del tokens[0]
        parts.append(_all(tokens, depth))
    return any_of(parts)


def _all(tokens: list[str], depth: int) -> Gate:
    parts = [_one(tokens, depth)]
    while tokens[:1] == ["&&"]:
        del tokens[0]
        parts.append(_one(tokens, depth))
    return all_of(parts)


def _one(tokens: list[str], depth: int) -> Gate:
    if not tokens or depth > _MAX_DEPTH:
        raise _NoGateError
    word = tokens.pop(0)
    if word == "!":
        return negate(_one(tokens, depth + 1))
    if word == "(":
        inner = _any(tokens, depth + 1)
        if tokens[:1] != [")"]:
            raise _NoGateError
        del tokens[0]
        return inner
    if tokens[:1] in (["="], ["!="]):
        return _compared(word, *(tokens.pop(0) for _ in range(min(2, len(tokens)))))
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if not word.isidentifier() and not word.replace("_", "a").isalnum():
        raise _NoGateError
    return Sym("MODULES" if word == "m" else word)


def _compared(symbol: str, operator: str, value: str = "") -> Gate:
    constant = value.strip("\"'")
    if symbol[:1] in "\"'" or not value or (value == constant and value not in ("y", "m", "n")):
        raise _NoGateError
    same = Equals(symbol, constant)
    return same if operator == "=" else negate(same)
