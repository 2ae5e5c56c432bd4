"""The rules about trace headers: TC201 to TC210, and TC901 for those that are no C.

They read what the headers include, where the scan has not, through the facts' `includes`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracecfg.check import creation, garbage, reread, taken
from tracecfg.check.blocks import MULTI_READ, Blocks, Guard, blocks, guards, undefined_guards
from tracecfg.check.facts import Facts, Hit
from tracecfg.kernel.ctext import Directive
from tracecfg.kernel.events import EventReader, event_macros
from tracecfg.kernel.source import Source, in_kernel
from tracecfg.model import TraceSystem
from tracecfg.series.core import TRACEPOINT_H

_DEFINE_TRACE = ("trace/define_trace.h", "trace/define_custom_trace.h")
_STAGES = "include/trace/"
"""Where the headers lie that define_trace.h itself is made of; trace headers lie in events/."""


def hits(facts: Facts) -> Iterator[Hit]:
    """The rules of this group."""
    yield from garbage.hits(facts)
    created = creation.by_header(facts)
    core = facts.files.get(TRACEPOINT_H)
    reader = EventReader(event_macros(core.text if core else ""), lambda _, __: None)
    without = [*_without_define_trace(facts, reader), *_without_system(facts, reader)]
    aimless = creation.aimless(facts, {hit.place.file for hit in without})
    pasted = any(
        "TRACE_SYSTEM_VAR" in source.text
        for path, source in facts.files.items()
        if path == TRACEPOINT_H or _is_stage(path)
    )
    for decision in facts.plan.decisions:
        system = decision.system
        for path in system.headers:
            header, creators = facts.files[path], created.get(path, [])
            found = blocks(header.directives)
            define_trace = _define_trace(header)
            if define_trace is None:
                yield from _lacks_define_trace(header, system.name, len(system.events))
                continue
            yield from _guards(facts, system, reader, header, found, define_trace)
            if pasted:
                yield from _no_identifier(facts, system, header)
            if creators:
                yield from reread.hits(facts, header, [each.place.file for each in creators])
                yield from creation.twice(facts, path, creators)
            else:
                yield from creation.never(system, header, reader, aimless)
    yield from without
    yield from taken.hits(facts)


def _define_trace(header: Source) -> Directive | None:
    return next(
        (
            each
            for each in header.directives
            if each.word == "include"
            and each.rest.strip('<>"').endswith(_DEFINE_TRACE)
            and not header.is_dead(each.start)
        ),
        None,
    )


# ---- TC201, TC203, TC208


def _guards(
    facts: Facts,
    system: TraceSystem,
    reader: EventReader,
    header: Source,
    found: Blocks,
    define_trace: Directive,
) -> Iterator[Hit]:
    around = guards(header.directives, found.closed)
    yield from _shut_out(system, reader, header, around)
    for snippet in _snippets(facts, reader, header):
        inner = guards(snippet.directives, blocks(snippet.directives).closed)
        yield from _shut_out(system, reader, snippet, inner)
    for guard in around:
        if guard.holds(define_trace.start):
            yield Hit(
                "TC203",
                header.place(define_trace.start),
                f"<trace/define_trace.h> is inside the include guard {guard.name}",
                f"move it behind the guard's #endif in line {header.place(guard.block.end).line}",
                1,
            )
    for guard in undefined_guards(header.directives, found.closed):
        yield Hit(
            "TC208",
            header.place(guard.block.opening.start),
            f"the header never defines its include guard {guard.name}",
            f"#define {guard.name} below",
            1,
        )


def _snippets(facts: Facts, reader: EventReader, header: Source) -> Iterator[Source]:
    """What a trace header includes that has events and no define_trace.h: its own are meant."""
    for include in header.includes:
        if not facts.includes.may_be_scanned(include):
            continue
        found = facts.includes.resolve(header.path, include)
        if found is None or found.path == TRACEPOINT_H or "define_trace.h" in found.text:
            continue
        if reader.calls(found):
            yield found


def _shut_out(
    system: TraceSystem, reader: EventReader, header: Source, around: list[Guard]
) -> Iterator[Hit]:
    """The guards that keep events from being read again."""
    shut = [guard for guard in around if not guard.rereads]
    once = [
        each
        for each in header.directives
        if each.word == "pragma" and each.rest == "once" and not header.is_dead(each.start)
    ]
    if not shut and not once:
        return
    # a macro of its own makes some; some are not the system's, which has one of the name already
    calls = reader.names_in(header.code, 0, len(header.code))
    lines = {event.place.line for event in system.events if event.place.file == header.path}
    lines.update(header.place(match.start()).line for match in calls)
    for guard in shut:
        first, last = (
            header.place(offset).line for offset in (guard.block.opening.start, guard.block.end)
        )
        if inside := sum(first < line < last for line in lines):
            yield Hit(
                "TC201",
                header.place(guard.block.opening.start),
                f"the include guard {guard.name} lacks || defined({MULTI_READ}): {_vanish(inside)}",
                f"#if !defined({guard.name}) || defined({MULTI_READ})",
                1,
            )
    for directive in once if lines else ():
        yield Hit(
            "TC201",
            header.place(directive.start),
            f"#pragma once keeps <trace/define_trace.h> from reading the header again: "
            f"{_vanish(len(lines))}",
            f"take #if !defined(_TRACE_X_H) || defined({MULTI_READ}) in its place",
            1,
        )


def _vanish(count: int) -> str:
    return "its events vanish" if count > 1 else "its event vanishes"


# ---- TC202


def _lacks_define_trace(header: Source, system: str, count: int) -> Iterator[Hit]:
    named = header.definition("TRACE_SYSTEM")
    if named and count:
        yield Hit(
            "TC202",
            header.place(named[1].start),
            f"{system}: the header has events and never includes <trace/define_trace.h>",
            "",
            1,
        )


def _without_define_trace(facts: Facts, reader: EventReader) -> Iterator[Hit]:
    """Headers that the scan does not take for trace headers."""
    known = {path for made in facts.plan.decisions for path in made.system.headers}
    for path, header in facts.files.items():
        if not path.endswith(".h") or path in known or not in_kernel(path) or _is_stage(path):
            continue
        if "TRACE_SYSTEM" not in header.text or "define_trace.h" in header.text:
            continue
        if (named := header.definition("TRACE_SYSTEM")) is None:
            continue
        # a macro of its own may make the events
        if "DECLARE_EVENT_CLASS" not in header.code and not reader.calls(header):
            continue
        if not _is_part(facts, header, known):
            yield from _lacks_define_trace(header, named[0], 1)


def _is_stage(path: str) -> bool:
    return path.startswith(_STAGES) and not path.startswith(f"{_STAGES}events/")


def _is_part(facts: Facts, header: Source, trace_headers: set[str]) -> bool:
    """Does a trace header include it, or it one that includes define_trace.h?"""
    name = header.path.rpartition("/")[2]
    for path in trace_headers:
        for include in facts.files[path].includes:
            if name in include and facts.includes.resolve(path, include) is header:
                return True
    inner = (facts.includes.resolve(header.path, include) for include in header.includes)
    return any(
        each is not None
        and "trace/define_trace.h" in each.text
        and each.definition("TRACE_SYSTEM") is None
        for each in inner
    )


# ---- TC209


def _without_system(facts: Facts, reader: EventReader) -> Iterator[Hit]:
    """Headers that a file creates itself: of others it cannot be told who names the system."""
    told: set[str] = set()
    for path, source in facts.files.items():
        if not path.endswith(".c") or not in_kernel(path) or creation.CREATES not in source.text:
            continue
        for include, _ in source.includes_behind(source.text.find(creation.CREATES)):
            header = facts.includes.resolve(path, include)
            if header is None or header.path in told or not header.path.endswith(".h"):
                continue
            told.add(header.path)
            if "trace/define_trace.h" not in header.text or _is_stage(header.path):
                continue
            if header.definition("TRACE_SYSTEM") or not reader.calls(header):
                continue
            define_trace = _define_trace(header)
            if define_trace and not _names_system(facts, source, header):
                stem = header.path.rpartition("/")[2].removesuffix(".h")
                yield Hit(
                    "TC209",
                    header.place(define_trace.start),
                    "the header has events and no TRACE_SYSTEM, which <trace/define_trace.h> needs",
                    f"#define TRACE_SYSTEM at the top, such as {stem}, behind an #undef",
                    1,
                )


def _names_system(facts: Facts, creator: Source, header: Source) -> bool:
    """Does the creator, or what it or the header includes and is no trace header itself?"""
    if creator.definition("TRACE_SYSTEM"):
        return True
    inner = (
        facts.includes.resolve(each.path, include)
        for each in (creator, header)
        for include in each.includes
    )
    return any(
        each is not None
        and "define TRACE_SYSTEM" in each.text
        and "trace/define_trace.h" not in each.text
        for each in inner
    )


# ---- TC205


def _no_identifier(facts: Facts, system: TraceSystem, header: Source) -> Iterator[Hit]:
    named = header.definition("TRACE_SYSTEM")
    # pasted behind a prefix, so that it may begin with a digit
    if named is None or f"_{named[0]}".isidentifier() or _has_variable(facts, header):
        return
    variable = "".join(char if char.isalnum() else "_" for char in system.name)
    yield Hit(
        "TC205",
        header.place(named[1].start),
        f"TRACE_SYSTEM {named[0]} is no C identifier, and there is no TRACE_SYSTEM_VAR",
        f"#undef TRACE_SYSTEM_VAR and #define TRACE_SYSTEM_VAR {variable}",
        1,
    )


def _has_variable(facts: Facts, header: Source) -> bool:
    if header.definition("TRACE_SYSTEM_VAR"):
        return True
    inner = (facts.includes.resolve(header.path, include) for include in header.includes)
    return any(each is not None and "define TRACE_SYSTEM_VAR" in each.text for each in inner)
