"""Names that macros paste together, as far as it takes to see which functions they may mean.

Where it cannot be told exactly it is told in favour: a name that may be pasted is. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from tracecfg.kernel import calls, ctext
from tracecfg.kernel.macros import Macro
from tracecfg.kernel.source import Source

_CHAIN = re.compile(r"\w+(?:\#\#\w+)*")
_PASTE = re.compile(r"(?<!\s)\s*+\#\#\s*+")
_OPENING = re.compile(r"\s*+\(")
_GAP = r"(\w+)"
_GAPS = 4
"""In a name that is pasted; one with more may be any name that begins so."""
_SHORT = 4000
"""Characters, more than the arguments of any call take."""


class Pasting(NamedTuple):
    """A pattern of names that code pastes together; macro: the one that does, or None for code of
    the file itself, whose gaps are filled before it is included."""

    pattern: str
    macro: str | None


def pasting(source: Source, heads: Collection[str]) -> list[Pasting]:
    """What a file pastes that has trace_ in it, and does not declare.

    heads: its words that begin with trace_ and end with _
    """
    found = [
        Pasting(pattern, macro.name)
        for macro in source.defines.values()
        if calls.HEAD in macro.body
        for pattern in chains(macro)
        if calls.HEAD in pattern
    ]
    # CONCATENATE(trace_event_, MONITOR_NAME)
    found += [
        Pasting(head + _GAP, None)
        for head, at in calls.named(source.code, heads, (calls.HEAD,))
        if calls.hands_on(source.code, at)
    ]
    return list(dict.fromkeys(found))


def chains(macro: Macro) -> list[str]:
    """Patterns of what a macro's body pastes together, declarations apart."""
    params = frozenset(macro.params or ())
    text = _PASTE.sub("##", macro.body)
    found = []
    for match in _CHAIN.finditer(text):
        parts = match[0].split("##")
        gaps = sum(part in params for part in parts)
        if gaps == len(parts) or not calls.hands_on(text, match.start()):
            continue
        if len(parts) > 1:
            gap = _GAP if gaps <= _GAPS else r"\w+"
            found.append("".join(gap if part in params else part for part in parts))
        elif is_head(parts[0]):
            found.append(parts[0] + _GAP)
    return found


def is_head(word: str) -> bool:
    """May something be pasted behind it to make the name of a function that calls a tracepoint?"""
    return word.endswith("_") and calls.HEAD in word


Mentions = Mapping[str, Collection[Macro]]
"""The macros of a file by the words of their bodies."""


def mentions(source: Source) -> Mentions:
    found: dict[str, list[Macro]] = defaultdict(list)
    for macro in source.defines.values():
        # what <trace/define_trace.h> includes, no call
        if not macro.name.startswith("TRACE_INCLUDE_"):
            for word in macro.names:
                found[word].append(macro)
    return found


def closure(names: Collection[str], mentioned: Mentions) -> set[str]:
    """The macros of these names, and those whose bodies name them, by and by."""
    found = set(names)
    todo = list(names)
    while todo:
        new = {macro.name for macro in mentioned.get(todo.pop(), ())} - found
        found |= new
        todo += new
    return found


def given(source: Source, macros: Collection[str]) -> set[str]:
    """The words that a file gives to macros; all its words where it names one without a call."""
    text = source.text
    found: set[str] = set()
    for macro in sorted(macros):
        places = list(calls.uses(text, macro))
        if len(places) > calls.MANY:
            _ = source.blanked
        for at in places:
            if not calls.is_code(source, at):
                continue
            opening = _OPENING.match(text, at + len(macro))
            inside = _in_brackets(source, opening.end() - 1) if opening else None
            if inside is not None:
                found.update(calls.WORD.findall(inside))
            elif opening or not calls.on_directive(text, at):
                return set(calls.WORD.findall(text))
    return found


def _in_brackets(source: Source, opening: int) -> str | None:
    """What stands in the brackets that open there; None where they are not closed."""
    text = source.text[opening : opening + _SHORT]
    if any(mark in text for mark in ('"', "'", "//", "/*")):
        text = source.blanked[opening : opening + _SHORT]
    call = ctext.arguments(text, 0)
    return text[: call[1]] if call else None
