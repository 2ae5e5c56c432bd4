"""Names that macros paste together, as far as it takes to see which functions they may mean.

Where it cannot be told exactly it is told in favour: a name that may be pasted is. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from tracecfg.kernel import calls, ctext
from tracecfg.kernel.calls import Pattern
from tracecfg.kernel.macros import Macro
from tracecfg.kernel.source import Source

_CHAIN = re.compile(r"\w+(?:\#\#\w+)*")
_PASTE = re.compile(r"(?<!\s)\s*+\#\#\s*+")
_OPENING = re.compile(r"\s*+\(")
_SHORT = 4000
"""Characters, more than the arguments of any call take."""


class Pasting(NamedTuple):
    """A pattern of names that code pastes together; macro: the one that does, or None for code of
    the file itself, whose gaps are filled before it is included."""

    pattern: Pattern
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
        if any(calls.HEAD in part for part in pattern)
    ]
    # CONCATENATE(trace_event_, MONITOR_NAME)
    found += [
        Pasting((head, ""), None)
        for head, at in calls.named(source.code, heads, (calls.HEAD,))
        if calls.hands_on(source.code, at)
    ]
    return list(dict.fromkeys(found))


def chains(macro: Macro) -> list[Pattern]:
    """Patterns of what a macro's body pastes together, declarations apart."""
    params = frozenset(macro.params or ())
    text = _PASTE.sub("##", macro.body)
    found = []
    for match in _CHAIN.finditer(text):
        parts = match[0].split("##")
        if params.issuperset(parts) or not calls.hands_on(text, match.start()):
            continue
        if len(parts) > 1:
            found.append(_around_gaps(parts, params))
        elif is_head(parts[0]):
            found.append((parts[0], ""))
    return found


def _around_gaps(parts: Iterable[str], params: Collection[str]) -> Pattern:
    found = [""]
    for part in parts:
        if part in params:
            found.append("")
        else:
            found[-1] += part
    return tuple(found)


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
            directive = calls.on_directive(text, at)
            if directive and directive[1] == "define" and directive.end() == at:
                continue
            opening = _OPENING.match(text, at + len(macro))
            inside = _in_brackets(source, opening.end() - 1) if opening else None
            if inside is not None:
                found.update(calls.WORD.findall(inside))
            elif opening or not directive:
                return set(calls.WORD.findall(text))
    return found


def stood_for(words: Collection[str], sources: Iterable[Source]) -> set[str]:
    """The words, and those of the macros without arguments that some of them are."""
    aliases: dict[str, set[str]] = defaultdict(set)
    found = set(words)
    for source in sources:
        if any(word in source.text for word in words):
            for macro in source.defines.values():
                if macro.params is None:
                    aliases[macro.name] |= macro.names
    todo = list(words)
    while todo:
        new = aliases.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


def _in_brackets(source: Source, opening: int) -> str | None:
    """What stands in the brackets that open there; None where they are not closed."""
    text = source.text[opening : opening + _SHORT]
    if any(mark in text for mark in ('"', "'", "//", "/*")):
        text = source.blanked[opening : opening + _SHORT]
    call = ctext.arguments(text, 0)
    return text[: call[1]] if call else None
