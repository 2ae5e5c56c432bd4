"""Kconfig expressions as values: the condition under which something is built.

A gate is what Documentation/kbuild/kconfig-language.rst calls an expression, reduced to what
Makefiles can say about objects: symbols, =, !, && and ||. Gates made with all_of, any_of and
negate have ! on symbols only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar


class _Once(type):
    """Of classes with one object for each value: equal is the same, which costs nothing to find
    out and makes results easy to remember, however deep a gate is."""

    _made: ClassVar[dict[tuple[object, ...], object]] = {}

    def __call__(cls, *args: object) -> object:
        key = (cls, *args)
        if key not in _Once._made:
            _Once._made[key] = super().__call__(*args)
        return _Once._made[key]


class _Gate(metaclass=_Once):
    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), tuple(vars(self).values())


@dataclass(frozen=True, eq=False)
class Const(_Gate):
    """Always built (True) or never (False)."""

    value: bool


@dataclass(frozen=True, eq=False)
class Sym(_Gate):
    """CONFIG_<name> is y or m."""

    name: str


@dataclass(frozen=True, eq=False)
class Equals(_Gate):
    """CONFIG_<name> has exactly this value: `ifeq ($(CONFIG_X),y)` is not true for m."""

    name: str
    value: str


@dataclass(frozen=True, eq=False)
class Not(_Gate):
    of: Gate


@dataclass(frozen=True, eq=False)
class All(_Gate):
    of: tuple[Gate, ...]


@dataclass(frozen=True, eq=False)
class Any(_Gate):
    of: tuple[Gate, ...]


Gate = Const | Sym | Equals | Not | All | Any

ALWAYS = Const(True)
NEVER = Const(False)

OFF = ("n", "")
"""Values of a symbol that is not set, as .config and as make see them."""

MAX_PARTS = 100
"""Operands that are still simplified: far more than a gate of a kernel has, and the work grows with
their cube."""

_Kind = type[All] | type[Any]


def all_of(gates: Iterable[Gate]) -> Gate:
    """The conjunction, flattened, without repeats, simplified by absorption and constants; what
    its parts have in common is written once."""
    return _join(All, tuple(gates))


def both(a: Gate, b: Gate) -> Gate:
    """all_of, the most frequent cases first."""
    if a is ALWAYS or a is b:
        return b
    return a if b is ALWAYS else _join(All, (a, b))


def any_of(gates: Iterable[Gate]) -> Gate:
    """The disjunction, likewise."""
    return _join(Any, tuple(gates))


@lru_cache(maxsize=1 << 14)
def negate(gate: Gate) -> Gate:
    """What holds exactly when `gate` does not."""
    match gate:
        case Const(value):
            return NEVER if value else ALWAYS
        case Not(of):
            return of
        case All(of):
            return any_of(map(negate, of))
        case Any(of):
            return all_of(map(negate, of))
        case Equals(name, value) if value in OFF:
            return Sym(name)
    return Not(gate)


def holds(gate: Gate, config: Mapping[str, str]) -> bool:
    """The gate's truth under a configuration: symbol names without CONFIG_ and their values;
    a missing symbol is n."""
    match gate:
        case Const(value):
            return value
        case Sym(name):
            return config.get(name, "n") not in OFF
        case Equals(name, value):
            have = config.get(name, "n")
            return have == value or (have in OFF and value in OFF)
        case Not(of):
            return not holds(of, config)
        case All(of):
            return all(holds(part, config) for part in of)
        case Any(of):
            return any(holds(part, config) for part in of)


def symbols(gate: Gate) -> frozenset[str]:
    """The names, without CONFIG_, that the gate depends on."""
    return frozenset(atom.name for atom in atoms(gate))


def atoms(gate: Gate) -> Iterator[Sym | Equals]:
    """Its symbols and comparisons, as often as they occur."""
    match gate:
        case Sym() | Equals():
            yield gate
        case Not(of):
            yield from atoms(of)
        case All(of) | Any(of):
            for part in of:
                yield from atoms(part)


@lru_cache(maxsize=1 << 14)
def _join(kind: _Kind, gates: tuple[Gate, ...]) -> Gate:
    """all_of and any_of are each other's mirror image: what is true here is false there."""
    zero = kind is Any  # the constant that decides the whole
    if len(gates) == 1 and _settled(kind, gates[0]):
        return gates[0]
    parts = list(gates)
    while True:
        flat = list(_flatten(kind, parts))
        constants = [part.value for part in flat if isinstance(part, Const)]
        if zero in constants:
            return ALWAYS if zero else NEVER
        if constants:
            flat = [part for part in flat if not isinstance(part, Const)]
        if _unrelated(flat):
            parts = flat
            break
        flat = list(dict.fromkeys(flat))
        if len(flat) > MAX_PARTS:
            parts = flat
            break
        parts = _propagate(kind, flat)
        if parts != flat:
            continue
        parts = _factor(kind, _absorb(parts))
        if parts == flat:
            break
    if not parts:
        return NEVER if zero else ALWAYS
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def _settled(kind: _Kind, gate: Gate) -> bool:
    """Whether a gate alone is what is made of it."""
    if isinstance(gate, All | Any):
        return type(gate) is not kind and len(gate.of) > 1 and _unrelated(gate.of)
    return isinstance(gate, Sym | Const)


def _unrelated(parts: Collection[Gate]) -> bool:
    """Whether these are single symbols, no two of them the same: nothing to simplify."""
    names = set()
    for part in parts:
        atom = part.of if isinstance(part, Not) else part
        if not isinstance(atom, Sym | Equals):
            return False
        names.add(atom.name)
    return len(names) == len(parts)


def _flatten(kind: _Kind, gates: Iterable[Gate]) -> Iterator[Gate]:
    for gate in gates:
        match gate:
            case Equals(name, value) if value in OFF:
                yield Not(Sym(name))
            case Not(of) if not isinstance(of, Sym) and not (
                isinstance(of, Equals) and of.value not in OFF
            ):
                yield from _flatten(kind, (negate(of),))
            case All(()) | Any(()):
                yield Const(isinstance(gate, All))
            case All(of) | Any(of) if type(gate) is kind or len(of) == 1:
                yield from _flatten(kind, of)
            case _:
                yield gate


def _propagate(kind: _Kind, parts: list[Gate]) -> list[Gate]:
    """In A && x, x matters only where A is true; in A || x only where A is false."""
    facts: dict[str, dict[Sym | Equals, bool]] = {}
    for part in parts:
        atom = part.of if isinstance(part, Not) else part
        if isinstance(atom, Sym | Equals):
            truth = (kind is All) == (atom is part)
            if facts.setdefault(atom.name, {}).setdefault(atom, truth) != truth:
                return [Const(kind is Any)]
    for name, about in facts.items():
        # a tristate that is neither y nor m is n
        off = Equals(name, "y"), Equals(name, "m")
        if all(about.get(atom) is False for atom in off) and Sym(name) not in about:
            unset: Gate = Not(Sym(name))
            return [*parts, unset if kind is All else Sym(name)]
    if not facts:
        return parts
    return [_assume(part, facts, top=True) for part in parts]


def _assume(gate: Gate, facts: dict[str, dict[Sym | Equals, bool]], *, top: bool = False) -> Gate:
    """The gate where the facts hold; at the top a fact does not explain itself away."""
    match gate:
        case Equals(name, value) if value in OFF:
            return negate(_assume(Sym(name), facts))
        case Sym(name) | Equals(name, _):
            for atom, truth in facts.get(name, {}).items():
                known = truth if atom == gate and not top else _follows(gate, atom, truth)
                if known is not None:
                    return Const(known)
            return gate
        case Not(of):
            return negate(_assume(of, facts, top=top))
        case All(of) | Any(of):
            parts = [_assume(part, facts) for part in of]
            if all(new is old for new, old in zip(parts, of, strict=True)):
                return gate
            return _join(type(gate), tuple(parts))
    return gate


def _follows(gate: Sym | Equals, atom: Sym | Equals, truth: bool) -> bool | None:
    """What one statement about a symbol says about another about the same symbol."""
    if gate == atom:
        return None
    if truth and isinstance(atom, Equals):
        return isinstance(gate, Sym)
    return False if not truth and isinstance(atom, Sym) else None


def _operands(gate: Gate) -> tuple[Gate, ...]:
    return gate.of if isinstance(gate, All | Any) else (gate,)


def _absorb(parts: list[Gate]) -> list[Gate]:
    """A whole A && B || A && B && C; single symbols have been propagated."""
    sets = {at: frozenset(part.of) for at, part in enumerate(parts) if isinstance(part, All | Any)}
    return [
        part
        for at, part in enumerate(parts)
        if at not in sets
        or not any(
            other < sets[at] or (other == sets[at] and before < at)
            for before, other in sets.items()
        )
    ]


def _factor(kind: _Kind, parts: list[Gate]) -> list[Gate]:
    """A && B || A && C is A && (B || C)."""
    dual: _Kind = Any if kind is All else All
    count = Counter(operand for part in parts for operand in _operands(part))
    if not count or max(count.values()) < 2:
        return parts
    common = max(count, key=lambda operand: count[operand])
    sharing = [part for part in parts if common in _operands(part)]
    rests = [
        _join(dual, tuple(operand for operand in _operands(part) if operand != common))
        for part in sharing
    ]
    merged = _join(dual, (common, _join(kind, tuple(rests))))
    kept = [part for part in parts if part is sharing[0] or part not in sharing]
    return [merged if part is sharing[0] else part for part in kept]
