"""A gate as Kconfig writes it."""

from __future__ import annotations

from tracecfg.gate import All, Any, Const, Equals, Gate, Not, Sym


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
