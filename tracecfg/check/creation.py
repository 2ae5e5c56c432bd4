"""Who creates a trace header: nobody (TC206) or two at once (TC207).

What a creator includes is read, where the scan has not, through the facts' `includes`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from tracecfg.check.apart import together
from tracecfg.check.blocks import Block, blocks
from tracecfg.check.facts import Facts, Hit
from tracecfg.gate import Not, Sym, all_of
from tracecfg.kernel import ctext
from tracecfg.kernel.ctext import Directive
from tracecfg.kernel.events import EventReader
from tracecfg.kernel.source import Source
from tracecfg.model import Creator, EventKind, GateResult, Place, TraceSystem

CREATES = "CREATE_TRACE_POINTS"


_MANY = 20
"""Creators of one header that are held against each other."""


def never(
    system: TraceSystem, header: Source, reader: EventReader, aimless: Iterable[str]
) -> Iterator[Hit]:
    """For a header without a creator. aimless: see there"""
    alone = len(system.headers) == 1
    events = [event for event in system.events if alone or event.place.file == header.path]
    # DEFINE_TRACE in a .c file does for a bare tracepoint
    if events and all(event.kind is EventKind.TRACEPOINT for event in events):
        return
    # where another header of the system has events of the same names, none of these is the plan's
    if not events and not reader.calls(header):
        return
    if any(_may_lead_to(path, header.path) for path in aimless):
        return
    named = header.definition("TRACE_SYSTEM")
    if named:
        yield Hit(
            "TC206",
            header.place(named[1].start),
            f"{system.name}: no .c file creates the events of this header",
            f"#define {CREATES} before the #include of {posixpath.basename(header.path)} in one "
            ".c file, or remove the header",
            1,
        )


def twice(facts: Facts, header: str, creators: Sequence[Creator]) -> Iterator[Hit]:
    """One for each creator that comes behind another one, which the same kernel can hold."""
    sure = [(each, found) for each in creators[:_MANY] if (found := _sure(facts, each, header))]
    told: set[Place] = set()
    for (first, before), (second, found) in combinations(sure, 2):
        if second.place in told or not _both(facts, first, before, second, found):
            continue
        told.add(second.place)
        yield Hit(
            "TC207",
            second.place,
            f"{header} is created here and at {first.place}",
            f"remove #define {CREATES} from one of the two files"
            if first.place.file != second.place.file
            else f"#undef {CREATES} before this #include, or drop it",
            1,
        )


def aimless(facts: Facts, no_trace_headers: Collection[str]) -> list[str]:
    """The .c files that define CREATE_TRACE_POINTS for no header that could be found: theirs is
    reached through -I flags, or further headers.

    no_trace_headers: headers with events that lack what makes them trace headers
    """
    aimed = {each.place.file for made in facts.plan.decisions for each in made.system.creators}
    return [
        path
        for path, source in facts.files.items()
        if path.endswith(".c")
        and path not in aimed
        and CREATES in source.text
        and source.definition(CREATES)
        and not any(
            _names(path, include, header)
            for include in source.includes
            for header in no_trace_headers
        )
    ]


def _may_lead_to(creator: str, header: str) -> bool:
    near = posixpath.commonprefix([posixpath.dirname(creator) + "/", header]).count("/")
    return near >= 2 or posixpath.dirname(creator) == posixpath.dirname(header)


def _sure(facts: Facts, creator: Creator, header: str) -> Source | None:
    """The creator's file, when it includes the trace header itself, or first of all a header beside
    one of the two which includes it: what other headers bring in may have been read before."""
    source = facts.files.get(creator.place.file)
    include = _include_at(source, creator.place.line) if source else None
    if source is None or include is None or source.is_dead(include.start):
        return None
    if _names(source.path, include.rest, header):
        return source
    wrapper = facts.includes.resolve(source.path, include.rest)
    if wrapper is None or not _is_first(source, include):
        return None
    folders = posixpath.dirname(source.path), posixpath.dirname(header)
    if posixpath.dirname(wrapper.path) not in folders:
        return None
    found = blocks(wrapper.directives).closed
    for each in wrapper.directives:
        if each.word == "include" and _names(wrapper.path, each.rest, header):
            around = [block.opening.rest for block in found if block.arm_at(each.start) is not None]
            return None if any(CREATES in condition for condition in around) else source
    return None


def _include_at(source: Source, line: int) -> Directive | None:
    return next(
        (
            each
            for each in source.directives
            if each.word == "include" and source.place(each.start).line == line
        ),
        None,
    )


def _is_first(source: Source, include: Directive) -> bool:
    """Is it the first #include behind #define CREATE_TRACE_POINTS?"""
    behind = False
    for each in source.directives:
        if each == include:
            return behind
        if each.word == "define" and each.rest.split()[:1] == [CREATES]:
            behind = True
        elif each.word == "include":
            behind = False
    return False


def _names(includer: str, include: str, header: str) -> bool:
    """Does an #include name the header, for sure?"""
    name = include.strip('<>"')
    if header in (f"include/{name}", posixpath.normpath(f"{posixpath.dirname(includer)}/{name}")):
        return True
    if header.startswith("arch/") and header.endswith(f"/include/{name}"):
        return True
    tail = "/" + posixpath.normpath(name).lstrip("./")
    shared = posixpath.commonprefix([posixpath.dirname(includer) + "/", header]).count("/")
    return header.endswith(tail) and shared >= 2


def _both(facts: Facts, a: Creator, in_a: Source, b: Creator, in_b: Source) -> bool:
    one, other = _narrowed(a, in_a), _narrowed(b, in_b)
    if one is None or other is None:
        return False
    if a.place.file == b.place.file and _in_other_arms(in_a, a, b):
        return False
    return together(one, other, facts.kconfig)


def _narrowed(creator: Creator, source: Source) -> Creator | None:
    """With what the #else and #ifndef around it refuse; None under conditions of another kind."""
    include = _include_at(source, creator.place.line)
    gate = creator.gate.gate
    if include is None or gate is None:
        return None
    at = include.start
    for block in blocks(source.directives).closed:
        arm = block.arm_at(at)
        # sparse's own macro: no compiler has it, so that what stands under #ifndef is in the kernel
        if arm is not None and "__CHECKER__" not in block.opening.rest:
            if not any("CONFIG_" in each.rest for each in block.arms):
                return None
            if "||" in block.opening.rest:
                return None
    for directive, arms in ctext.conditionals(source.directives):
        if directive == include:
            gate = all_of([gate, *(Not(Sym(name)) for arm in arms for name in arm.refuses)])
    return creator._replace(gate=GateResult(gate))


def _in_other_arms(source: Source, a: Creator, b: Creator) -> bool:
    one, other = (_include_at(source, each.place.line) for each in (a, b))
    if one is None or other is None:
        return True
    return any(_differ(block, one, other) for block in blocks(source.directives).closed)


def _differ(block: Block, a: Directive, b: Directive) -> bool:
    arms = block.arm_at(a.start), block.arm_at(b.start)
    return None not in arms and arms[0] != arms[1]


def by_header(facts: Facts) -> Mapping[str, list[Creator]]:
    """Every creator, by the header that it creates."""
    found: dict[str, list[Creator]] = {}
    for decision in facts.plan.decisions:
        for creator in decision.system.creators:
            found.setdefault(creator.header, []).append(creator)
    return found
