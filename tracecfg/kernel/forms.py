"""Which events the calls of a header's own macros make, found out once for each macro.

Headers make hundreds of events by a macro of their own that takes a name. Such a macro is expanded
with holes for its arguments; what comes of it is a form, into which each call's arguments are put.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tracecfg.kernel.macros import Expander

Calls = list[tuple[str, list[str]]]
"""Calls of event macros: the macro and its arguments."""

_MARK = "\N{FEMININE ORDINAL INDICATOR}"
"""A letter, so that ## can make names with a hole, and one that no C code has."""
_HOLE = re.compile(rf"{_MARK}(\d+){_MARK}")
_CALLED = re.compile(rf"{_HOLE.pattern}\w*\s*\(")


class Forms:
    """The forms of the macros that an expander knows.

    event_calls: finds the calls of event macros in a text whose macros have been expanded
    """

    def __init__(self, expander: Expander, event_calls: Callable[[str], Calls]) -> None:
        self._expander = expander
        self._event_calls = event_calls
        self._forms: dict[tuple[str, int], Calls | None] = {}
        self._as_of = 0

    def calls(self, name: str, args: list[str], text: str, words: list[str]) -> Calls:
        """What a call of a macro comes to.

        text: the whole call; words: the names among its arguments
        Raises ExpansionTooLongError.
        """
        macros = not self._expander.names().isdisjoint(words) or self._expander.leads_to(words)
        form = None if macros or _MARK in text else self._form(name, len(args))
        if form is None:
            return self._event_calls(self._expander.expand(text))
        return [(macro, [_filled(each, args) for each in given]) for macro, given in form]

    def _form(self, name: str, count: int) -> Calls | None:
        """None where a hole is part of a name that is called: which macro that is, the argument
        says."""
        if self._as_of != self._expander.changes:
            self._forms.clear()
            self._as_of = self._expander.changes
        key = (name, count)
        if key not in self._forms:
            holes = ",".join(f"{_MARK}{number}{_MARK}" for number in range(count))
            text = self._expander.expand(f"{name}({holes})")
            self._forms[key] = None if _CALLED.search(text) else self._event_calls(text)
        return self._forms[key]


def _filled(text: str, args: list[str]) -> str:
    return _HOLE.sub(lambda hole: args[int(hole[1])], text) if _MARK in text else text
