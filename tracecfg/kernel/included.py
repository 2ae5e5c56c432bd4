"""C sources that are compiled as part of another: `#include "ext.c"`, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracecfg.gate import ALWAYS, Equals, Gate, Not, Sym, all_of, any_of, negate

_DIRECTIVE = re.compile(
    r"^[ \t]*#[ \t]*(ifdef|ifndef|if|elif|else|endif|include)\b((?:[^\n\\]|\\.|\\\n)*)",
    re.MULTILINE,
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)|//.*|\\\n", re.DOTALL)
_TOKEN = re.compile(
    r"[ \t]*(?:(&&|\|\||!)|(defined|IS_ENABLED|IS_BUILTIN|IS_MODULE)?[ \t]*(?:"
    r"\([ \t]*CONFIG_(\w+)[ \t]*\)|CONFIG_(\w+)))"
)


def inclusions(text: str, name: str) -> Iterator[tuple[int, Gate | None]]:
    """The lines (from 1) that #include the file and the condition they are under.

    The condition is None when it is made of more than CONFIG_ symbols.
    """
    if name not in text:
        return
    branches: list[list[Gate | None]] = []
    for match in _DIRECTIVE.finditer(text):
        word, rest = match[1], _COMMENT.sub(" ", match[2]).strip()
        if word == "include":
            if rest in (f'"{name}"', f'"./{name}"'):
                line = text.count("\n", 0, match.start()) + 1
                gates = [gate for branch in branches for gate in branch]
                known = [gate for gate in gates if gate is not None]
                yield line, all_of(known) if len(known) == len(gates) else None
        elif word in ("if", "ifdef", "ifndef"):
            branches.append([_condition(word, rest)])
        elif branches and word == "endif":
            branches.pop()
        elif branches:
            last = branches[-1].pop()
            branches[-1].append(None if last is None else negate(last))
            branches[-1].append(_condition("if", rest) if word == "elif" else ALWAYS)


def _condition(word: str, rest: str) -> Gate | None:
    if word != "if":
        symbol = re.fullmatch(r"CONFIG_(\w+)", rest)
        if not symbol:
            return None
        gate = _defined(symbol[1])
        return gate if word == "ifdef" else negate(gate)
    alternatives: list[list[Gate]] = [[]]
    wanted = True  # an operand comes next, not an operator
    inverted = False
    position = 0
    while position < len(rest):
        token = _TOKEN.match(rest, position)
        if not token or (token[1] in ("&&", "||")) == wanted or (token[1] == "!" and not wanted):
            return None
        position = token.end()
        if token[1] == "!":
            inverted = not inverted
        elif token[1]:
            wanted = True
            if token[1] == "||":
                alternatives.append([])
        else:
            operand = _operand(token[2], token[3] or token[4])
            if operand is None:
                return None
            alternatives[-1].append(Not(operand) if inverted else operand)
            wanted = inverted = False
    return None if wanted else any_of(map(all_of, alternatives))


def _operand(function: str | None, name: str) -> Gate | None:
    if function == "defined":
        return _defined(name)
    values: dict[str | None, Gate] = {
        "IS_ENABLED": Sym(name),
        "IS_BUILTIN": Equals(name, "y"),
        "IS_MODULE": Equals(name, "m"),
    }
    return values.get(function)


def _defined(name: str) -> Gate:
    """include/generated/autoconf.h defines CONFIG_X for y and CONFIG_X_MODULE for m."""
    if name.endswith("_MODULE"):
        return Equals(name.removesuffix("_MODULE"), "m")
    return Equals(name, "y")
