"""The events of one trace header, wrapper macros included.

Which macros make events is asked of the tree's own include/linux/tracepoint.h: every
TRACE_EVENT*, DEFINE_EVENT* and DECLARE_TRACE* that it defines with a parameter `name`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from tracecfg.kernel import ctext
from tracecfg.kernel.ctext import Directive, Lines
from tracecfg.kernel.macros import Expander, ExpansionTooLongError, parse_define
from tracecfg.model import Event, EventKind, Place

_EVENT_MACRO = re.compile(r"^(?:TRACE_EVENT|DEFINE_EVENT|DECLARE_TRACE)(?!\w*_NOP$)\w*$")
_TP_SUFFIX = re.compile(r"__DECLARE_TRACE\w*\(\s*name\s*\#\#\s*(\w+)")
_IDENTIFIER = re.compile(r"[A-Za-z_0-9]\w*$")
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class EventMacro:
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


@dataclass(frozen=True)
class Header:
    """A header, read once: its text, blanked text and directives (offsets agree in all)."""

    path: str
    text: str

    @cached_property
    def blanked(self) -> str:
        return ctext.blank(self.text)

    @cached_property
    def directives(self) -> list[Directive]:
        return ctext.directives(self.blanked)

    @cached_property
    def code(self) -> str:
        return ctext.without(self.blanked, self.directives)

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.text)

    def definition(self, name: str) -> tuple[str, Directive] | None:
        """The last `#define name value` and its value."""
        found = None
        for directive in self.directives:
            if directive.word == "define":
                head, _, value = directive.rest.partition(" ")
                if "\t" in head:
                    head, _, value = directive.rest.partition("\t")
                if head == name:
                    found = (value.strip(), directive)
        return found


@dataclass(frozen=True)
class Found:
    """events: in the order of the file; problems: (line, reason) of what could not be resolved"""

    events: tuple[Event, ...]
    classes: tuple[str, ...]
    problems: tuple[tuple[int, str], ...]


class EventReader:
    """Reads the events of trace headers of one kernel."""

    def __init__(
        self, macros: Mapping[str, EventMacro], snippet: Callable[[str, str], Header | None]
    ) -> None:
        """snippet(includer, name): the header that an #include names, when it holds events but
        no TRACE_SYSTEM of its own (kernel/trace/rv/monitors/*/*_trace.h)."""
        self._macros = macros
        self._snippet = snippet
        self._call = re.compile(rf"\b(?:{'|'.join(sorted(macros, key=len, reverse=True))})\s*\(")

    def calls(self, header: Header) -> bool:
        """Does the header's text call an event macro anywhere?"""
        return self._call.search(header.blanked) is not None

    def read(self, header: Header) -> Found:
        """All events that any configuration can make of the header, by name, without repeats."""
        expander = Expander([*self._macros, "DECLARE_EVENT_CLASS"])
        events: dict[str, Event] = {}
        classes: list[str] = []
        problems: list[tuple[int, str]] = []
        try:
            self._walk(header, expander, events, classes, problems, depth=0)
        except ExpansionTooLongError:
            problems.append((1, "its macros expand without end"))
        return Found(tuple(events.values()), tuple(classes), tuple(problems))

    def _walk(
        self,
        header: Header,
        expander: Expander,
        events: dict[str, Event],
        classes: list[str],
        problems: list[tuple[int, str]],
        depth: int,
    ) -> None:
        code = header.code
        at = 0
        behind = 0
        for directive, arms in ctext.conditionals(header.directives):
            dead = any(arm.dead for arm in arms)
            if directive.start >= behind:
                behind = self._calls(
                    header, code, max(at, behind), directive.start, expander, events, problems
                )
            at = directive.end
            if dead:
                if directive.word in ("elif", "else", "endif"):
                    behind = max(behind, directive.end)
                continue
            if directive.word == "if" and ctext.branch(directive).dead:
                behind = max(behind, _end_of_arm(header.directives, directive))
            elif directive.word == "define":
                macro = parse_define(directive)
                if macro is not None:
                    expander.define(macro)
            elif directive.word == "undef":
                expander.undefine(directive.rest)
            elif directive.word == "include" and depth < 4:
                inner = self._snippet(header.path, directive.rest)
                if inner is not None:
                    self._walk(inner, expander, events, classes, problems, depth + 1)
        self._calls(header, code, max(at, behind), len(code), expander, events, problems)

    def _calls(
        self,
        header: Header,
        code: str,
        start: int,
        stop: int,
        expander: Expander,
        events: dict[str, Event],
        problems: list[tuple[int, str]],
    ) -> int:
        """Records the events of code[start:stop]; the offset behind the last call, which may
        reach over directives (an #ifdef within TP_STRUCT__entry)."""
        behind = start
        for match in _WORD.finditer(code, start, stop):
            if match.start() < behind:
                continue
            name = match.group()
            known = name in self._macros
            if not known and name not in expander.names():
                continue
            opening = match.end()
            while opening < len(code) and code[opening].isspace():
                opening += 1
            args = ctext.arguments(code, opening) if code[opening : opening + 1] == "(" else None
            end = args[1] if args else match.end()
            text = code[match.start() : end]
            if not known and not expander.leads_to_event(text):
                continue
            line = header.lines.number(match.start())
            if known and args is None:
                problems.append((line, f"{name}: its bracket is never closed"))
                continue
            expanded = text if known else expander.expand(text)
            place = Place(header.path, line)
            if not self._record(expanded, place, expander, events):
                problems.append((line, f"{name}: makes no event whose name can be told"))
            behind = end
        return behind

    def _record(
        self, text: str, place: Place, expander: Expander, events: dict[str, Event]
    ) -> bool:
        told = True
        for match in self._call.finditer(text):
            macro = self._macros[match.group().rstrip("( \t\n\r")]
            call = ctext.arguments(text, match.end() - 1)
            args = call[0] if call else []
            if len(args) <= max(macro.name_at, macro.class_at or 0):
                told = False
                continue
            name = _plain(args[macro.name_at], expander)
            if not _IDENTIFIER.match(name):
                told = False
                continue
            name += macro.suffix
            if macro.kind is EventKind.TRACEPOINT:
                event_class = None
            elif macro.class_at is None:
                event_class = name
            else:
                event_class = _plain(args[macro.class_at], expander)
            events.setdefault(
                name, Event(name=name, kind=macro.kind, event_class=event_class, place=place)
            )
        return told


def _plain(argument: str, expander: Expander) -> str:
    return argument if _IDENTIFIER.match(argument) else expander.expand(argument).strip()


def _end_of_arm(found: list[Directive], opening: Directive) -> int:
    """Where the arm that `opening` opens ends: at its #elif, #else or #endif."""
    depth = 0
    for directive in found:
        if directive.start <= opening.start:
            continue
        if directive.word in ("if", "ifdef", "ifndef"):
            depth += 1
        elif directive.word in ("elif", "else", "endif"):
            if depth == 0:
                return directive.start
            if directive.word == "endif":
                depth -= 1
    return opening.start
