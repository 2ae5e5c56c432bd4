"""The fields of each event: what TP_STRUCT__entry makes of events/<system>/<event>/format.

Which macros make fields, and how they spell a type, is asked of the tree: the stage of its
include/trace/trace_events.h that defines trace_event_fields or calls trace_define_field(), or
else the struct of stage 1. What a type or a length is called is compared, not what a constant or a
typedef of another header stands for.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from tracecfg.kernel import ctext
from tracecfg.kernel.ctext import Directive
from tracecfg.kernel.events import EventMacro, EventReader, Reading
from tracecfg.kernel.fieldlines import field_places
from tracecfg.kernel.fieldmacros import FieldMacro, fields_of
from tracecfg.kernel.macros import ExpansionTooLongError, Macro
from tracecfg.kernel.source import Source
from tracecfg.model import EventKind, Place

ENTRY = "TP_STRUCT__entry"
_ENTRY_CALL = re.compile(rf"\b{ENTRY}\w*\s*\(")
_MARK = "\N{MASCULINE ORDINAL INDICATOR}"
"""Begins the word that stands for a directive: a letter that no C code has."""
_TOKEN = re.compile(rf"{_MARK}(\d+)|([A-Za-z_]\w*)")
_OPENING = re.compile(r"\s*\(")
_NAME = re.compile(r"[A-Za-z_0-9]\w*")
_CONDITION_NEAR = re.compile(r"\n[ \t]*+\#[ \t]*+if")
_CONDITIONAL = frozenset(("if", "ifdef", "ifndef", "elif", "else", "endif"))
_ROUNDS = 4
"""Macros of other headers that lead to each other."""

CLASS = "DECLARE_EVENT_CLASS"


class Field(NamedTuple):
    """type: as the format file has it, blanks apart; needs: the conditions of the #ifdefs within
    the struct around it, "" for none"""

    type: str
    name: str
    needs: str = ""


Fields = tuple[Field, ...]


class EventShape(NamedTuple):
    """place: where its name stands; classes: several where #ifdef chooses
    needs: the symbols that all of its definitions ask for
    """

    place: Place
    classes: tuple[str, ...]
    needs: frozenset[str]


class Shape(NamedTuple):
    """What a trace header says of the events that it makes in tracefs.

    classes: the fields of each, several where #ifdef chooses; a TRACE_EVENT is one of its own name
    places: of the classes; fields: of what is in them, by class and name, as far as it is in the
    header itself
    unknown: classes some of whose fields could not be told
    """

    events: Mapping[str, EventShape]
    classes: Mapping[str, tuple[Fields, ...]]
    places: Mapping[str, Place]
    fields: Mapping[tuple[str, str], Place]
    unknown: frozenset[str]
    problems: tuple[tuple[Place, str], ...]


class FieldReader:
    """Reads the fields of the trace headers of one kernel."""

    def __init__(
        self,
        macros: Mapping[str, EventMacro],
        fields: Mapping[str, FieldMacro],
        snippet: Callable[[str, str], Source | None],
        elsewhere: Callable[[Source, str], Macro | None],
    ) -> None:
        """snippet: as of EventReader; elsewhere(header, name): the macro that one of the header's
        includes defines"""
        classes = {CLASS: EventMacro(EventKind.EVENT, 0, None)}
        self._reader = EventReader({**macros, **classes}, snippet)
        self._fields = fields
        self._elsewhere = elsewhere

    def read(self, header: Source) -> Shape:
        """The fields of every class that any configuration can make of the header. What cannot be
        told is a problem."""
        marked, conditions = _marked(header)
        reading = _FieldReading(self._reader, self._fields, conditions, header, self._elsewhere)
        try:
            reading.walk(marked)
        except (ExpansionTooLongError, RecursionError):
            reading.problems.append((Place(header.path, 1), "its macros expand without end"))
        return Shape(
            {
                name: EventShape(
                    event.place,
                    tuple(dict.fromkeys(reading.classes_of[name])),
                    reading.needs(name),
                )
                for name, event in reading.events.items()
                if event.kind is not EventKind.TRACEPOINT
            },
            {name: tuple(dict.fromkeys(each)) for name, each in reading.classes.items()},
            reading.places,
            field_places(header, ENTRY, reading.fields_here()),
            frozenset(reading.unknown),
            tuple(dict.fromkeys(reading.problems)),
        )


class _FieldReading(Reading):
    def __init__(
        self,
        reader: EventReader,
        fields: Mapping[str, FieldMacro],
        conditions: list[Directive],
        header: Source,
        elsewhere: Callable[[Source, str], Macro | None],
    ) -> None:
        super().__init__(reader)
        self.fields = fields
        self.conditions = conditions
        self.header = header
        self.elsewhere = elsewhere
        self.classes: dict[str, list[Fields]] = defaultdict(list)
        self.places: dict[str, Place] = {}
        self.unknown: set[str] = set()
        self.classes_of: dict[str, list[str]] = defaultdict(list)
        self.defined: dict[str, set[Place]] = defaultdict(set)

    def plain_calls(self, source: Source, start: int, stop: int) -> int:
        """Every call's arguments are wanted, not only its names."""
        return start

    def record(self, macro_name: str, args: list[str], place: Place) -> bool:
        macro = self.reader.macros[macro_name]
        name = self.plain(args[macro.name_at]) if len(args) > macro.name_at else ""
        if macro_name == CLASS:
            if not _NAME.fullmatch(name):
                return False
        elif not super().record(macro_name, args, place):
            return False
        elif macro.kind is EventKind.TRACEPOINT:
            return True
        else:
            self.defined[name].add(place)
            of = name if macro.class_at is None else self.plain(args[macro.class_at])
            self.classes_of[name].append(of)
            if macro.class_at is not None:
                return True
        self.places.setdefault(name, place)
        entry = self._entry(args)
        if entry is None:
            self._not_told(name, place, "its TP_STRUCT__entry")
        else:
            self.classes[name].append(self._parsed(name, entry, place))
        return True

    def needs(self, name: str) -> frozenset[str]:
        """The symbols that all definitions of an event ask for."""
        every = [
            frozenset(self.header.needed_at(self.header.line_start(place.line)))
            if place.file == self.header.path
            else frozenset[str]()
            for place in self.defined[name]
        ]
        return frozenset.intersection(*every) if every else frozenset()

    def fields_here(self) -> dict[str, tuple[Place, set[str]]]:
        """Where the header's classes begin, and the names of their fields."""
        return {
            name: (place, {field.name for fields in self.classes[name] for field in fields})
            for name, place in self.places.items()
            if place.file == self.header.path and name in self.classes
        }

    def _entry(self, args: list[str]) -> str | None:
        """What stands in the brackets of TP_STRUCT__entry; it may be what a macro stands for."""
        for may_hide in (False, True):
            for arg in args:
                if may_hide or ENTRY in arg:
                    text = self.expander.expand(arg)
                    entry = _ENTRY_CALL.search(text)
                    call = ctext.arguments(text, entry.end() - 1) if entry else None
                    if entry and call:
                        return text[entry.end() : call[1] - 1]
        return None

    def _parsed(self, name: str, text: str, place: Place) -> Fields:
        for _ in range(_ROUNDS):
            words = sorted({word for _, word, _ in _items(text) if word} - self.fields.keys())
            found = [macro for word in words if (macro := self.elsewhere(self.header, word))]
            if not found:
                break
            for macro in found:
                self.expander.define(macro, leads=False)
            text = self.expander.expand(text)
        fields: list[Field] = []
        arms: list[str] = []
        for mark, word, args in _items(text):
            if not word:
                _turn(arms, self.conditions[mark])
            elif made := fields_of(self.fields, word, args):
                fields.append(Field(*made, " && ".join(arms)))
            else:
                self._not_told(name, place, word)
        return tuple(dict.fromkeys(fields))

    def _not_told(self, name: str, place: Place, what: str) -> None:
        self.unknown.add(name)
        self.problems.append((place, f"{name}: the fields of {what} cannot be told"))


def _items(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """What stands in a TP_STRUCT__entry: the number of a condition, or a macro's name and its
    arguments."""
    at = 0
    while token := _TOKEN.search(text, at):
        at = token.end()
        if token[1]:
            yield int(token[1]), "", []
            continue
        opening = _OPENING.match(text, at)
        call = ctext.arguments(text, opening.end() - 1) if opening else None
        yield 0, token[2], call[0] if call else []
        at = call[1] if call else at


def _marked(header: Source) -> tuple[Source, list[Directive]]:
    """The header with a word instead of each condition within the brackets of a TP_STRUCT__entry:
    the number of one of these directives."""
    found: list[Directive] = []
    parts: list[str] = []
    end = 0
    if _CONDITION_NEAR.search(header.text):
        inside = _inside(header)
        starts = [start for start, _ in inside]
        for directive in header.directives:
            at = bisect(starts, directive.start)
            if directive.word in _CONDITIONAL and at and directive.start < inside[at - 1][1]:
                parts += [header.text[end : directive.start], f" {_MARK}{len(found)} "]
                parts.append("\n" * header.text.count("\n", directive.start, directive.end))
                end = directive.end
                found.append(directive)
    if not found:
        return header, []
    return Source(header.path, "".join((*parts, header.text[end:]))), found


def _inside(header: Source) -> list[tuple[int, int]]:
    found = []
    at = 0
    while entry := _ENTRY_CALL.search(header.code, at):
        call = ctext.arguments(header.code, entry.end() - 1)
        if call is None:
            break
        at = call[1]
        found.append((entry.end(), at))
    return found


def _turn(arms: list[str], directive: Directive) -> None:
    """What the conditions around come to behind a directive."""
    rest = " ".join(directive.rest.split())
    if directive.word == "if":
        arms.append(f"({rest})" if " " in rest else rest)
    elif directive.word in ("ifdef", "ifndef"):
        arms.append(rest if directive.word == "ifdef" else f"!{rest}")
    elif arms:
        taken = arms.pop()
        if directive.word != "endif":
            whole = f"({taken})" if " && " in taken and not taken.startswith("(") else taken
            other = taken[1:] if taken.startswith("!") and whole == taken else f"!{whole}"
            arms.append(other if directive.word == "else" else f"{other} && ({rest})")
