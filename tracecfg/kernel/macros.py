"""Macro expansion, as far as it takes to see which events a header's own macros make.

Only function-like and object-like macros that lead to an event are expanded; everything else
stays as it is. The rules are those of the C standard (6.10.3): arguments are expanded before
they are put in, except next to # and ##; a macro is not expanded within itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, KeysView
from dataclasses import dataclass
from functools import cached_property

from tracecfg.kernel.ctext import Directive, arguments

MAX_EXPANSION = 4 * 1024 * 1024
"""Characters one header may expand to: ten times what the largest real one needs."""

_DEFINE = re.compile(r"(?P<name>\w+)(?:\((?P<params>[^)]*)\))?(?P<body>.*)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_ENDS_IN_NAME = re.compile(r"[A-Za-z_]\w*$")
_TOKEN = re.compile(r"\#\#?|[A-Za-z_]\w*|\"[^\"]*\"|\s+|[^\s\w]|\w+")
_PASTE = re.compile(r"\s*\#\#\s*")


class ExpansionTooLongError(Exception):
    """A header's macros grow without end."""


@dataclass(frozen=True)
class Macro:
    """params is None for an object-like macro; the last one may be variadic."""

    name: str
    params: tuple[str, ...] | None
    variadic: bool
    body: str

    @cached_property
    def names(self) -> frozenset[str]:
        """The words of the body."""
        return frozenset(_NAME.findall(self.body))

    @cached_property
    def tokens(self) -> list[str]:
        return _TOKEN.findall(self.body)

    @cached_property
    def slots(self) -> list[tuple[int, bool]]:
        """Which tokens are parameters, and whether each is pasted as it is given."""
        params = self.params or ()
        return [
            (index, _pasted(self.tokens, index))
            for index, token in enumerate(self.tokens)
            if token in params
        ]


def parse_define(directive: Directive) -> Macro | None:
    match = _DEFINE.match(directive.rest)
    if match is None:
        return None
    if match["params"] is None:
        return Macro(match["name"], None, False, match["body"].strip())
    params = [param.strip() for param in match["params"].split(",")]
    variadic = params[-1].endswith("...")
    if variadic:
        params[-1] = params[-1].removesuffix("...").strip() or "__VA_ARGS__"
    if params == [""]:
        params = []
    return Macro(match["name"], tuple(params), variadic, match["body"].strip())


class Expander:
    """Expands the macros of one header; several definitions of one name (in the arms of an #if)
    are all tried, one after the other."""

    def __init__(self, roots: Collection[str]) -> None:
        self._macros: dict[str, list[Macro]] = {}
        self._eventful: set[str] = set(roots)
        self._roots = frozenset(roots)
        self._spent = 0
        self.changes = 0
        """How often a macro was defined or undefined."""

    def define(self, macro: Macro, *, leads: bool) -> None:
        """leads: whether it leads to an event, by what is defined so far"""
        if macro.name in self._roots:
            return
        known = self._macros.setdefault(macro.name, [])
        if macro not in known:
            known.append(macro)
            self.changes += 1
        if leads:
            self._mark(macro.name)

    def _mark(self, name: str) -> None:
        """The macro leads to an event; so do those that call it, wherever they were defined."""
        todo = [name]
        while todo:
            new = todo.pop()
            if new in self._eventful:
                continue
            self._eventful.add(new)
            todo += [
                other
                for other, known in self._macros.items()
                if other not in self._eventful and any(new in macro.names for macro in known)
            ]

    def undefine(self, name: str) -> None:
        if name not in self._roots:
            self._macros.pop(name, None)
            self.changes += 1
            self._eventful.discard(name)

    def leads_to(self, names: Iterable[str]) -> bool:
        return not self._eventful.isdisjoint(names)

    def may_be_named_in(self, text: str) -> bool:
        """Can any macro that leads to an event be named there? Quick, and sure only of a no."""
        return any(name in text for name in self._eventful)

    def has_eventful(self) -> bool:
        """Does any macro lead to an event, besides those that the kernel has?"""
        return len(self._eventful) > len(self._roots)

    def names(self) -> KeysView[str]:
        return self._macros.keys()

    def expand(self, text: str, hidden: frozenset[str] = frozenset()) -> str:
        """The text with its macros expanded.

        Raises ExpansionTooLongError.
        """
        if self._macros.keys().isdisjoint(_NAME.findall(text)):
            return text
        out: list[str] = []
        at = 0
        for match in _NAME.finditer(text):
            if match.start() < at:
                continue
            name = match.group()
            if name in hidden or name not in self._macros:
                continue
            call = _call(text, match.end())
            after = match.end()
            pieces: list[str] = []
            for macro in self._macros[name]:
                if macro.params is not None:
                    if call is None:
                        continue
                    body = self._substitute(macro, call[0], hidden)
                    after = call[1]
                elif call is not None and _ENDS_IN_NAME.search(macro.body):
                    # `#define A B`: the brackets behind A are B's, in every definition of A
                    body = macro.body + text[match.end() : call[1]]
                    after = call[1]
                else:
                    body = macro.body
                pieces.append(self.expand(self._spend(body), hidden | {name}))
            if not pieces:
                continue
            out.append(text[at : match.start()])
            out.append("\n".join(pieces))
            at = after
        out.append(text[at:])
        return "".join(out)

    def _spend(self, body: str) -> str:
        self._spent += len(body)
        if self._spent > MAX_EXPANSION:
            raise ExpansionTooLongError
        return body

    def _substitute(self, macro: Macro, args: list[str], hidden: frozenset[str]) -> str:
        params = macro.params or ()
        if macro.variadic and len(args) >= len(params):
            fixed = len(params) - 1
            args = [*args[:fixed], ", ".join(args[fixed:])]
        values = dict(zip(params, [*args, *[""] * (len(params) - len(args))], strict=False))
        out = macro.tokens.copy()
        for index, pasted in macro.slots:
            value = values[out[index]]
            if not pasted and not self._macros.keys().isdisjoint(_NAME.findall(value)):
                value = self.expand(self._spend(value), hidden)
            out[index] = value
        return _PASTE.sub("", "".join(out))


def _call(text: str, at: int) -> tuple[list[str], int] | None:
    """The arguments in the brackets that follow, blanks apart, and the offset behind them."""
    while at < len(text) and text[at].isspace():
        at += 1
    return arguments(text, at) if text[at : at + 1] == "(" else None


def _pasted(tokens: list[str], index: int) -> bool:
    """Does the token stand next to # or ##, blanks apart?"""
    before = index - 1
    while before >= 0 and tokens[before].isspace():
        before -= 1
    behind = index + 1
    while behind < len(tokens) and tokens[behind].isspace():
        behind += 1
    return (before >= 0 and tokens[before] in ("#", "##")) or (
        behind < len(tokens) and tokens[behind] == "##"
    )
