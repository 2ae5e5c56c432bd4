"""Rules about events that cost and bring nothing: TC301, TC302, TC303.

What `make UT=1` (scripts/tracepoint-update.c, since 6.19) tells of one built kernel, told of the
source, for all architectures and configurations at once. As there, trace_<event>_enabled() is no
call and a probe that is registered makes none; an exported event, which UT takes for used, has a
rule of its own. Where a name may be pasted together so that it is called, it is taken to be.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from tracecfg.check.facts import Facts, Hit
from tracecfg.kernel import ctext
from tracecfg.kernel.calls import MANY, Called, is_code
from tracecfg.kernel.source import Source, in_kernel
from tracecfg.model import Event, EventKind, TraceSystem

_WORD = re.compile(r"\w+")
"""A class may begin with a digit: its name is pasted behind others."""
_CLASS = re.compile(r"DECLARE_EVENT_CLASS\s*+(\()\s*+(\w++)\s*+,")

_UNCLOSED = 10
"""Brackets, as many as a file can have that somebody is writing."""


def hits(facts: Facts) -> Iterator[Hit]:
    """Events that nothing calls, and event classes that no event uses."""
    systems = [decision.system for decision in facts.plan.decisions]
    for system in systems:
        yield from _events(system, facts.called)
    yield from _classes(systems, facts.files)


def _events(system: TraceSystem, called: Called) -> Iterator[Hit]:
    exported = {export.event: export.place for export in system.exports}
    classes = {event.event_class for event in system.events if event.event_class != event.name}
    consumed = {consumer.event: consumer.place for consumer in system.consumers}
    for event in system.events:
        if called.calls(event.name):
            continue
        name = _named(event, system)
        place = exported.get(event.name)
        if place:
            yield Hit("TC303", event.place, f"{name} is exported ({place}), and nothing calls it")
            continue
        waiting = consumed.get(event.name)
        hint = "make it a DECLARE_EVENT_CLASS: events are of it" if event.name in classes else ""
        asked = f"trace_{event.name}_enabled" in called.names
        if waiting:
            name += f", for which {waiting} waits,"
        also = f"; only trace_{event.name}_enabled() asks for it" if asked else ""
        yield Hit("TC301", event.place, f"{name} is never called{also}", hint)


def _named(event: Event, system: TraceSystem) -> str:
    what = "tracepoint" if event.kind is EventKind.TRACEPOINT else "event"
    return f"{what} {system.name}:{event.name}"


def _classes(systems: list[TraceSystem], files: Mapping[str, Source]) -> Iterator[Hit]:
    declared = {
        (path, match[2]): match
        for path, source in files.items()
        if "DECLARE_EVENT_CLASS" in source.text and in_kernel(path)
        for match in _CLASS.finditer(source.code)
    }
    events = [event for system in systems for event in system.events]
    # a header's events are of its own class, where another has one of that name
    used = {(event.place.file, event.event_class) for event in events}
    abroad = {name for path, name in used if (path, name) not in declared}
    unused = {
        (path, name): files[path].place(match.start())
        for (path, name), match in declared.items()
        if (path, name) not in used and name not in abroad and is_code(files[path], match.start())
    }
    named = _named_elsewhere(unused, declared, files) if unused else set()
    for (path, name), place in unused.items():
        if (path, name) not in named and ("", name) not in named:
            yield Hit("TC302", place, f"no event is of class {name}")


def _named_elsewhere(
    wanted: Collection[tuple[str, str]],
    declared: Mapping[tuple[str, str], re.Match[str]],
    files: Mapping[str, Source],
) -> set[tuple[str, str]]:
    """The classes that code names, macros included, which may define events with them: in the
    header itself besides the declaration, with "" for the path in one that does not declare it."""
    names = {name for _, name in wanted}
    found = set()
    for path in dict.fromkeys(path for path, _ in declared):
        header, unclosed = files[path], 0
        if len(names) < MANY and not any(name in header.text for name in names):
            continue
        own: dict[str, tuple[int, int]] = {}
        for match in _WORD.finditer(header.text):
            if (name := match[0]) not in names or not is_code(header, match.start()):
                continue
            if (path, name) not in declared:
                found.add(("", name))
                continue
            if name not in own:
                opening = declared[path, name].start(1)
                # each that is never closed costs a look at all that follows
                call = ctext.arguments(header.code, opening) if unclosed < _UNCLOSED else None
                unclosed += call is None
                own[name] = (opening, call[1] if call else len(header.code))
            if not own[name][0] <= match.start() < own[name][1]:
                found.add((path, name))
    return found
