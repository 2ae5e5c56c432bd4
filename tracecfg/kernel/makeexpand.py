"""Expanding make's $(...), after the GNU make manual, "How to Use Variables"."""

from __future__ import annotations

import re
from collections.abc import Callable

from tracecfg.gate import ALWAYS, both
from tracecfg.kernel.makefunc import FUNCTIONS, choice
from tracecfg.kernel.maketext import CLOSING, matching, split_arguments
from tracecfg.kernel.makevalue import (
    Marks,
    TooMuchError,
    Value,
    alternatives,
    is_opaque,
    words,
)
from tracecfg.model import Place

MAX_STEPS = 200_000
MAX_DEPTH = 50

_SIMPLE = re.compile(r"\$(?:\(([\w.-]+)\)|\{([\w.-]+)\})")
_FUNCTION = re.compile(r"([a-z][a-z-]*)[ \t\n]+(.*)", re.DOTALL)
_SUBSTITUTION = re.compile(r"(.*):([^:=]*)=(.*)", re.DOTALL)

_NOT_EVALUATED = frozenset(
    ("shell", "wildcard", "eval", "file", "origin", "flavor", "value", "join", "let", "intcmp")
)
"""They run something, or look at what a build makes or at make itself."""

Lookup = Callable[[str, int, Place], Value]


class Expander:
    """Expands texts of one Makefile.

    lookup: gives a variable's value as of a statement
    is_set: whether the Makefile sets a variable at all
    """

    def __init__(self, lookup: Lookup, is_set: Callable[[str], bool], marks: Marks) -> None:
        self._lookup = lookup
        self._is_set = is_set
        self._marks = marks
        self._steps = 0
        self._depth = 0
        self.locals: dict[str, Value] = {}
        """What $(foreach ...) and $(call ...) set for the text inside them."""

    def expand(self, text: str, at: int, place: Place) -> Value:
        """The text's value as of statement number `at`.

        Raises TooMuchError for what no honest Makefile does.
        """
        if "$" not in text:
            return [(ALWAYS, text)]
        self._steps += 1
        self._depth += 1
        try:
            if self._steps > MAX_STEPS or self._depth > MAX_DEPTH:
                raise TooMuchError("expands too far")
            return self._pieces(text, at, place)
        finally:
            self._depth -= 1

    def variable(self, name: str, at: int, place: Place) -> Value:
        return self.locals[name] if name in self.locals else self._lookup(name, at, place)

    def _pieces(self, text: str, at: int, place: Place) -> Value:
        value: Value = []
        position = 0
        while (dollar := text.find("$", position)) >= 0:
            if dollar > position:
                value.append((ALWAYS, text[position:dollar]))
            opening = text[dollar + 1 : dollar + 2]
            if simple := _SIMPLE.match(text, dollar):
                value += self.variable(simple[1] or simple[2], at, place)
                position = simple.end()
            elif opening in CLOSING:
                end = matching(text, dollar + 1)
                if end < 0:
                    raise TooMuchError("bracket that is not closed")
                value += self._reference(text[dollar + 2 : end], at, place)
                position = end + 1
            else:
                value += [(ALWAYS, "$")] if opening == "$" else self.variable(opening, at, place)
                position = dollar + 2
            self._steps += len(value)
            if self._steps > MAX_STEPS:
                raise TooMuchError("expands too far")
        if position < len(text):
            value.append((ALWAYS, text[position:]))
        return value

    def _reference(self, text: str, at: int, place: Place) -> Value:
        """What stands between the brackets: a function, a substitution or a computed name."""
        if function := _FUNCTION.fullmatch(text):
            name = function[1]
            if name in FUNCTIONS or name in _SPECIAL:
                return self._function(name, split_arguments(function[2]), at, place)
            if name in _NOT_EVALUATED:
                return self._mark(place, name)
        if substitution := _SUBSTITUTION.fullmatch(text):
            old, new = substitution[2], substitution[3]
            if "%" not in old:
                old, new = "%" + old, "%" + new
            arguments = [self.expand(part, at, place) for part in (old, new)]
            inner = self._named(substitution[1], at, place)
            return self._applied("patsubst", [*arguments, inner], place)
        return self._named(text, at, place)

    def _named(self, text: str, at: int, place: Place) -> Value:
        value: Value = []
        for gate, name in alternatives(self.expand(text, at, place)):
            if is_opaque(name):
                value.append((gate, name))
            elif name:
                inner = self.variable(name, at, place)
                value += [(both(gate, guard), part) for guard, part in inner]
        return value

    def _function(self, name: str, parts: list[str], at: int, place: Place) -> Value:
        if name in _SPECIAL:
            return _SPECIAL[name](self, parts, at, place)
        count = FUNCTIONS[name][0]
        if len(parts) < count:
            return self._mark(place, name)
        parts[count - 1 :] = [",".join(parts[count - 1 :])]
        # make keeps blanks after a comma, no Makefile of the kernel means them
        return self._applied(name, [self.expand(part.strip(), at, place) for part in parts], place)

    def _applied(self, name: str, arguments: list[Value], place: Place) -> Value:
        value = FUNCTIONS[name][1](arguments)
        return self._mark(place, name) if value is None else value

    def _mark(self, place: Place, what: str) -> Value:
        return [(ALWAYS, self._marks.text(place, f"$({what} ...) is not evaluated"))]

    def _if(self, parts: list[str], at: int, place: Place) -> Value:
        condition, yes, no = parts[0], "".join(parts[1:2]), ",".join(parts[2:])
        return choice(*(self.expand(part.strip(), at, place) for part in (condition, yes, no)))

    def _or(self, parts: list[str], at: int, place: Place) -> Value:
        value: Value = []
        for part in reversed(parts):
            first = self.expand(part.strip(), at, place)
            value = choice(first, first, value)
        return value

    def _and(self, parts: list[str], at: int, place: Place) -> Value:
        value = self.expand(parts[-1].strip(), at, place)
        for part in reversed(parts[:-1]):
            value = choice(self.expand(part.strip(), at, place), value, [])
        return value

    def _foreach(self, parts: list[str], at: int, place: Place) -> Value:
        if len(parts) < 3:
            return self._mark(place, "foreach")
        value: Value = []
        for gate, word in words(self.expand(parts[1], at, place)):
            bound: dict[str, Value] = {parts[0].strip(): [(ALWAYS, word)]}
            inner = self._with(bound, ",".join(parts[2:]), at, place)
            value += [*((both(gate, guard), text) for guard, text in inner), (ALWAYS, " ")]
        return value

    def _call(self, parts: list[str], at: int, place: Place) -> Value:
        name = parts[0].strip()
        if not self._is_set(name):
            return self._mark(place, f"call {name}")
        bound: dict[str, Value] = {
            str(number): self.expand(part.strip(), at, place)
            for number, part in enumerate(parts[1:], 1)
        }
        return self._with(bound, f"$({name})", at, place)

    def _with(self, bound: dict[str, Value], text: str, at: int, place: Place) -> Value:
        before = self.locals
        self.locals = before | bound
        try:
            return self.expand(text, at, place)
        finally:
            self.locals = before


_SPECIAL: dict[str, Callable[[Expander, list[str], int, Place], Value]] = {
    "if": Expander._if,
    "or": Expander._or,
    "and": Expander._and,
    "foreach": Expander._foreach,
    "call": Expander._call,
}
"""Functions that do not expand all their arguments, or more than once."""
