"""The events of one trace header, wrapper macros included.

Which macros make events is asked of the tree's own include/linux/tracepoint.h: every
TRACE_EVENT*, DEFINE_EVENT* and DECLARE_TRACE* that it defines with a parameter `name`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tracecfg.kernel import ctext
from tracecfg.kernel.ctext import Directive
from tracecfg.kernel.forms import Calls, Forms
from tracecfg.kernel.macros import Expander, ExpansionTooLongError, parse_define
from tracecfg.kernel.source import Source
from tracecfg.model import Event, EventKind, Place

_EVENT_MACRO = re.compile(r"^(?:TRACE_EVENT|DEFINE_EVENT|DECLARE_TRACE)(?!\w*_NOP$)\w*$")
_TP_SUFFIX = re.compile(r"__DECLARE_TRACE\w*\(\s*name\s*\#\#\s*(\w+)")
_IDENTIFIER = re.compile(r"[A-Za-z_0-9]\w*$")
_WORD = re.compile(r"[A-Za-z_]\w*")
_OPENING = re.compile(r"\s*\(")
_PLAIN_NAMES = re.compile(r"\s*\(\s*(\w++)\s*(?:,\s*(\w++)\s*)?[,)]")
_UNCLOSED = 10
"""Brackets left open in one header, behind which it is not read on."""


_SNIPPETS = 200
"""Snippets that one header includes, those that they include in turn among them."""


class EventMacro(NamedTuple):
    """Where an event macro of this kernel takes its names.

    name_at, class_at: index of the argument; class_at None for a TRACE_EVENT
    suffix: what the kernel appends to a bare tracepoint's name (`_tp` since 6.16)
    """

    kind: EventKind
    name_at: int
    class_at: int | None
    suffix: str = ""


def event_macros(tracepoint_h: str) -> dict[str, EventMacro]:
    """The event macros that a kernel's include/linux/tracepoint.h defines."""
    found: dict[str, EventMacro] = {}
    for directive in ctext.directives(ctext.blank(tracepoint_h)):
        if directive.word != "define":
            continue
        macro = parse_define(directive)
        if macro is None or not _EVENT_MACRO.match(macro.name) or not macro.params:
            continue
        if "name" not in macro.params:
            continue
        if not macro.name.startswith("DECLARE_TRACE"):
            kind = EventKind.SYSCALL if macro.name.endswith("_SYSCALL") else EventKind.EVENT
        else:
            kind = EventKind.TRACEPOINT
        suffix = _TP_SUFFIX.search(macro.body)
        found[macro.name] = EventMacro(
            kind=kind,
            name_at=macro.params.index("name"),
            class_at=macro.params.index("template") if "template" in macro.params else None,
            suffix=suffix[1] if suffix else "",
        )
    return found


class Found(NamedTuple):
    """events: in the order of the file; problems: what could not be resolved, and why"""

    events: tuple[Event, ...]
    problems: tuple[tuple[Place, str], ...]


class EventReader:
    """Reads the events of trace headers of one kernel."""

    def __init__(
        self, macros: Mapping[str, EventMacro], snippet: Callable[[str, str], Source | None]
    ) -> None:
        """snippet(includer, name): the header that an #include names, when it holds events but
        no TRACE_SYSTEM of its own (kernel/trace/rv/monitors/*/*_trace.h)."""
        self.macros = macros
        self.snippet = snippet
        names = "|".join(sorted(macros, key=len, reverse=True))
        self.name = re.compile(rf"\b(?:{names})\b")
        # how the others begin: plain text is found several times faster than a pattern
        self.stems = [
            name
            for name in macros
            if not any(name.startswith(other) for other in macros if other != name)
        ]
        self.call = re.compile(rf"\b({names})\s*\(")

    def calls(self, source: Source) -> bool:
        """Does a file call an event macro, its own macros' bodies apart?"""
        named = any(stem in source.text for stem in self.stems)
        return named and self.call.search(source.code) is not None

    def names_in(self, code: str, start: int, stop: int) -> list[re.Match[str]]:
        """Where an event macro is named, in order."""
        found = []
        for stem in self.stems:
            at = code.find(stem, start, stop)
            while at >= 0:
                if match := self.name.match(code, at, stop):
                    found.append(match)
                at = code.find(stem, at + 1, stop)
        return sorted(found, key=re.Match.start)

    def event_calls(self, text: str) -> Calls:
        """The calls of event macros in a text whose macros have been expanded."""
        calls = []
        at = 0
        while match := self.call.search(text, at):
            args, at = ctext.arguments(text, match.end() - 1) or ([], len(text))
            calls.append((match[1], args))
        return calls

    def read(self, header: Source) -> Found:
        """All events that any configuration can make of the header, by name, without repeats."""
        reading = Reading(self)
        try:
            reading.walk(header)
        except (ExpansionTooLongError, RecursionError):
            reading.problems.append((Place(header.path, 1), "its macros expand without end"))
        return Found(tuple(reading.events.values()), tuple(reading.problems))


class Reading:
    """One header being read, with the snippets it includes."""

    def __init__(self, reader: EventReader) -> None:
        self.reader = reader
        self.expander = Expander([*reader.macros, "DECLARE_EVENT_CLASS"])
        self.events: dict[str, Event] = {}
        self.problems: list[tuple[Place, str]] = []
        self.forms = Forms(self.expander, reader.event_calls)
        self.unclosed = 0
        self.walked = 0

    def walk(self, source: Source, depth: int = 0) -> None:
        """Read a file from top to bottom, with the snippets it includes. Macros that lead to no
        event hold for all of it; those that do are defined and undefined where that stands."""
        eventful = _eventful(source, self.expander)
        for macro in source.defines.values():
            if macro.name not in eventful:
                self.expander.define(macro, leads=False)
        at = 0
        for directive, arms in ctext.conditionals(source.directives):
            if directive.start < at and directive.word not in ("define", "undef"):
                continue
            if any(arm.dead for arm in arms):
                continue
            if directive.word == "define":
                defined = source.defines.get(directive)
                if defined and defined.name in eventful:
                    at = self._calls(source, at, directive.start)
                    leads = self.expander.leads_to(defined.names)
                    self.expander.define(defined, leads=leads)
            elif directive.word == "undef" and directive.rest in eventful:
                at = self._calls(source, at, directive.start)
                self.expander.undefine(directive.rest)
            elif directive.word == "if" and ctext.branch(directive).dead:
                self._calls(source, at, directive.start)
                at = _end_of_arm(source.directives, directive)
            elif directive.word == "include" and depth < 4:
                inner = self.reader.snippet(source.path, directive.rest)
                if inner is not None:
                    self.walked += 1
                    if self.walked == _SNIPPETS:
                        place = source.place(directive.start)
                        self.problems.append((place, "its #include lines have no end"))
                    if self.walked >= _SNIPPETS:
                        return
                    at = self._calls(source, at, directive.start)
                    self.walk(inner, depth + 1)
        self._calls(source, at, len(source.code))

    def _calls(self, source: Source, start: int, stop: int) -> int:
        """Records the events of code[start:stop]. The offset behind the last call: it may reach
        over directives (an #ifdef within TP_STRUCT__entry)."""
        code = source.code
        at = self.plain_calls(source, start, stop)
        while match := self._next_macro(code, at, stop):
            name = match.group()
            at = match.end()
            known = name in self.reader.macros
            opening = _OPENING.match(code, at)
            call = None
            if opening:
                call = ctext.arguments(code, opening.end() - 1)
                self.unclosed += call is None
                if self.unclosed > _UNCLOSED:
                    # each costs a look at all that follows
                    self.problems.append((source.place(match.start()), "brackets never closed"))
                    return len(code)
            end = call[1] if call else at
            text = code[match.start() : end]
            words = [] if known else _WORD.findall(text)
            if not known and not self.expander.leads_to(words):
                continue
            place = source.place(match.start())
            if known and call is None:
                self.problems.append((place, f"{name}: its bracket is never closed"))
                continue
            if known and call:
                calls = [(name, call[0])]
            elif call:
                calls = self.forms.calls(name, call[0], text, words[1:])
            else:
                calls = self.reader.event_calls(self.expander.expand(text))
            told = [self.record(macro, args, place) for macro, args in calls]
            if not all(told):
                self.problems.append((place, f"{name}: makes no event whose name can be told"))
            at = end
        return max(at, stop)

    def plain_calls(self, source: Source, start: int, stop: int) -> int:
        """Records the events that take no more than a look, as most do: calls of the kernel's own
        macros with plain names, all brackets closed before the next one. The offset up to which
        it went."""
        if self.expander.has_eventful():
            return start
        code = source.code
        calls = self.reader.names_in(code, start, stop)
        starts = [match.start() for match in calls]
        if not _closed(code, start, starts[0] if starts else stop):
            return start
        for match, end in zip(calls, [*starts[1:], stop], strict=False):
            given = _PLAIN_NAMES.match(code, match.end())
            if not given or not _closed(code, match.start(), end):
                return match.start()
            told = [name for name in given.groups() if name]
            if not self.record(match[0], told, source.place(match.start())):
                return match.start()
        return stop

    def _next_macro(self, code: str, start: int, stop: int) -> re.Match[str] | None:
        events, macros = self.reader.macros, self.expander.names()
        for match in _WORD.finditer(code, start, stop):
            name = match[0]
            if name in macros or name in events:
                return match
        return None

    def record(self, macro_name: str, args: list[str], place: Place) -> bool:
        """Whether the call's names can be told."""
        macro = self.reader.macros[macro_name]
        if len(args) <= max(macro.name_at, macro.class_at or 0):
            return False
        name = self.plain(args[macro.name_at])
        if not _IDENTIFIER.match(name):
            return False
        name += macro.suffix
        if macro.kind is EventKind.TRACEPOINT:
            event_class = None
        elif macro.class_at is None:
            event_class = name
        else:
            event_class = self.plain(args[macro.class_at])
        self.events.setdefault(
            name, Event(name=name, kind=macro.kind, event_class=event_class, place=place)
        )
        return True

    def plain(self, argument: str) -> str:
        if _IDENTIFIER.match(argument) and argument not in self.expander.names():
            return argument
        return self.expander.expand(argument).strip()


def _closed(code: str, start: int, stop: int) -> bool:
    return code.count("(", start, stop) == code.count(")", start, stop)


def _eventful(source: Source, expander: Expander) -> set[str]:
    """The names of a file's own macros that lead to an event, by body, in turn."""
    found: set[str] = set()
    if not expander.may_be_named_in("\n".join(each.body for each in source.defines.values())):
        return found
    left = [(macro.name, macro.names) for macro in source.defines.values()]
    grown = True
    while grown:
        grown = False
        for name, words in left:
            if name not in found and (words & found or expander.leads_to(words)):
                found.add(name)
                grown = True
    return found


def _end_of_arm(found: list[Directive], opening: Directive) -> int:
    """Where the arm that `opening` opens ends: at its #elif, #else or #endif."""
    depth = 0
    behind = bisect_right(found, opening.start, key=lambda directive: directive.start)
    for directive in map(found.__getitem__, range(behind, len(found))):
        if directive.word in ctext.OPENING:
            depth += 1
        elif directive.word in (*ctext.ELIF, "else", "endif"):
            if depth == 0:
                return directive.start
            if directive.word == "endif":
                depth -= 1
    return opening.start
