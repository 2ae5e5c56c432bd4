"""Kconfig expressions as values: the condition under which something is built.

A gate is what Documentation/kbuild/kconfig-language.rst calls an expression, reduced to what
Makefiles can say about objects: symbols, =, !, && and ||.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Const:
    """Always built (True) or never (False)."""

    value: bool


@dataclass(frozen=True)
class Sym:
    """CONFIG_<name> is y or m."""

    name: str


@dataclass(frozen=True)
class Equals:
    """CONFIG_<name> has exactly this value: `ifeq ($(CONFIG_X),y)` is not true for m."""

    name: str
    value: str


@dataclass(frozen=True)
class Not:
    of: Gate


@dataclass(frozen=True)
class All:
    of: tuple[Gate, ...]


@dataclass(frozen=True)
class Any:
    of: tuple[Gate, ...]


Gate = Const | Sym | Equals | Not | All | Any

ALWAYS = Const(True)
NEVER = Const(False)


def all_of(gates: Iterable[Gate]) -> Gate:
    """The conjunction, flattened, without repeats, simplified by absorption and constants."""
    raise NotImplementedError


def any_of(gates: Iterable[Gate]) -> Gate:
    """The disjunction, likewise."""
    raise NotImplementedError


def negate(gate: Gate) -> Gate:
    raise NotImplementedError


def to_kconfig(gate: Gate) -> str:
    """The expression as Kconfig writes it: `GPIOLIB && (A || !B)`; deterministic."""
    raise NotImplementedError


def symbols(gate: Gate) -> frozenset[str]:
    raise NotImplementedError
