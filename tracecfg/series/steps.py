"""What one trace system's patch changes, step by step: which file, how and what for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import Enum, auto
from typing import NamedTuple

from tracecfg.errors import UnsupportedTreeError
from tracecfg.model import Decision, Option, Select, TraceSystem
from tracecfg.series import core, edits, kconfig
from tracecfg.series.core import Render
from tracecfg.series.edits import Switch


class Kind(Enum):
    """What a step is for."""

    NAME = auto()
    OPTION = auto()
    EXPORTS = auto()
    ENABLED = auto()
    BLOCKS = auto()
    UNUSED = auto()
    REFUSES = auto()
    ENTRY = auto()
    SELECT = auto()


SAYS = {
    Kind.NAME: "Its header names the system for every reader, not only where the tracepoints are "
    "created.",
    Kind.EXPORTS: "Its tracepoints are exported where they exist.",
    Kind.ENABLED: "Code that asks whether one of them is on asks the option first.",
    Kind.BLOCKS: "Code that cannot do without them is compiled with them, not with "
    "CONFIG_TRACEPOINTS.",
    Kind.UNUSED: "Functions that only its events call may now be unused.",
    Kind.REFUSES: "Where a write relies on their probes, it fails with -EOPNOTSUPP without them.",
}
"""A sentence for the commit message on what is more than the option itself."""


class Step(NamedTuple):
    """One change of one file, on top of those before. select: of a SELECT"""

    kind: Kind
    path: str
    old: str
    new: str
    select: Select | None = None


def token(system: TraceSystem) -> str:
    """The identifier that macros paste for a system."""
    return system.name if re.fullmatch(r"\w+", system.name) else system.variable or system.name


def steps(
    decision: Decision,
    option: Option,
    read: Callable[[str], str],
    clobbering: Mapping[str, Collection[str]],
    render: Render,
) -> Iterator[Step]:
    """All that is still to be done for a system; nothing for one that is converted.

    read: the text of a file of the tree, "" for one that is not there
    clobbering: as series.includes finds it
    Raises UnsupportedTreeError for a system whose name no macro can paste.
    """
    system = decision.system
    if not re.fullmatch(r"\w+", system.variable or system.name):
        raise UnsupportedTreeError(
            f"{system.headers[0]}: {system.name} is no C identifier and has no TRACE_SYSTEM_VAR"
        )
    name = token(system)
    switch = Switch(system=system.name, token=name, symbol=f"CONFIG_{option.name}")
    events = {event.name for event in system.events}
    changed: dict[str, str] = {}

    def now(path: str) -> str:
        return changed[path] if path in changed else read(path)

    def step(kind: Kind, path: str, new: str, select: Select | None = None) -> Iterator[Step]:
        if new != (old := now(path)):
            changed[path] = new
            yield Step(kind, path, old, new, select)

    for path in system.headers:
        includes = clobbering.get(path, ())
        yield from step(Kind.NAME, path, edits.name_always(now(path)))
        again = edits.set_again(now(path), system.name, name, includes)
        yield from step(Kind.OPTION, path, edits.add_option(again, switch, includes))
    for path in sorted({each.place.file for each in system.exports}):
        yield from step(Kind.EXPORTS, path, edits.guard_exports(now(path), switch, events))
    for path in sorted({each.place.file for each in system.uses}):
        yield from step(Kind.ENABLED, path, edits.guard_enabled(now(path), switch, events))
    always = {each.place.file for each in system.consumers if not each.configs}
    creators = {creator.place.file for creator in system.creators}
    guarded = [
        path for path in sorted({*system.headers, *creators, *always}) if "TRACEPOINTS" in now(path)
    ]
    needs = _cannot_do_without(system) if guarded else []
    for path in guarded:
        yield from step(Kind.BLOCKS, path, edits.guard_blocks(now(path), switch, needs))
    for path in sorted(creators):
        made = [creator.header for creator in system.creators if creator.place.file == path]
        marked = edits.mark_unused(now(path), switch, [now(header) for header in made])
        yield from step(Kind.UNUSED, path, marked)
    selecting = {select.config for select in option.selects}
    left = {
        each.place.file
        for each in system.consumers
        if each.configs and not selecting & set(each.configs)
    }
    for path in sorted(left):
        yield from step(Kind.REFUSES, path, edits.refuse_without(now(path), switch, events))
    menu = kconfig.add_entry(now(core.MENU_KCONFIG), option, render)
    yield from step(Kind.ENTRY, core.MENU_KCONFIG, menu)
    for select in option.selects:
        path = select.place.file
        added = kconfig.add_select(now(path), path, select, option.name)
        yield from step(Kind.SELECT, path, added, select)


def _cannot_do_without(system: TraceSystem) -> list[re.Pattern[str]]:
    """What code contains that does not build, or is dead, without this system: the struct that
    an event class makes, a probe registered by code that is always built."""
    classes = sorted({event.event_class for event in system.events if event.event_class})
    patterns = (
        [re.compile(rf"\btrace_event_raw_(?:{'|'.join(map(re.escape, classes))})\b")]
        if classes
        else []
    )
    always = sorted({each.event for each in system.consumers if not each.configs})
    if always:
        patterns.append(re.compile(rf"\bregister_trace_(?:prio_)?(?:{'|'.join(always)})\b"))
    return patterns
