"""What is asked of the selected events and of the buffer, beyond on and off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from tracecfg.errors import UnknownNameError, UsageError, shortened
from tracecfg.nearest import nearest
from tracecfg.runtime import control, state, trigger
from tracecfg.runtime.control import event_file
from tracecfg.runtime.journal import Cell
from tracecfg.runtime.tracefs import Folder

_EITHER = ("0", "1")
_OPTIONS = {"snapshot": "CONFIG_TRACER_SNAPSHOT", "hist": "CONFIG_HIST_TRIGGERS"}
"""What a kind of trigger needs of the kernel's configuration."""


class Request(NamedTuple):
    """action: enable, only or disable; run and stream enable for a while; words: the selection
    filter, triggers: for each selected event; filters, triggers_of: for one, as system:event
    buffer_kb: for each CPU; None, "" and () leave what there is
    """

    action: str
    words: Sequence[str]
    filter: str = ""
    triggers: Sequence[str] = ()
    filters: Mapping[str, str] = MappingProxyType({})
    triggers_of: Mapping[str, Sequence[str]] = MappingProxyType({})
    pids: Sequence[int] = ()
    buffer_kb: int | None = None
    clock: str | None = None
    ignore_missing: bool = False


def conditions(
    folder: Folder,
    request: Request,
    selected: Sequence[tuple[str, str]],
    current: dict[str, str],
    wanted: dict[str, str],
    cells: Mapping[str, Cell],
    notes: list[str],
    *,
    anew: bool,
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Filters and triggers, into `current` and `wanted`.

    cells: what tracecfg changed before; anew: for an instance that is still to be made
    What the triggers may change by itself, and trigger files without the triggers to be replaced.
    """
    filters = {event: request.filter for event in selected if request.filter}
    triggers = {event: list(request.triggers) for event in selected if request.triggers}
    for name, text in request.filters.items():
        filters[_pair(name)] = text
    for name, lines in request.triggers_of.items():
        triggers.setdefault(_pair(name), []).extend(lines)
    for event, text in filters.items():
        path = _present(folder, event, "filter", current)
        # the kernel's way to say that there shall be none
        wanted[path] = control.NONE if text.strip() == "0" else control.normal(path, text)
    alive: dict[str, tuple[str, ...]] = {}
    without: dict[str, str] = {}
    for event, lines in triggers.items():
        path = _present(folder, event, "trigger", current)
        if anew:
            current[path] = ""
        kept = without_other(current[path], lines, cells.get(path))
        if kept != current[path]:
            without[path] = kept
        wanted[path] = added(kept, lines)
        for line in standing(kept, lines):
            notes.append(f"{':'.join(event)}: '{line}' stands there, and not by tracecfg: left so")
        for each in filter(None, map(trigger.parse, lines)):
            if each.target:
                alive[event_file(*each.target, "enable")] = _EITHER
            if each.switches:
                alive["tracing_on"] = _EITHER
    current |= {
        path: text for path, text in state.read(folder, alive).items() if path not in current
    }
    return {path: either for path, either in alive.items() if path in current}, without


def check_triggers(folder: Folder, request: Request, selected: Sequence[tuple[str, str]]) -> None:
    """That this kernel has the triggers and the events they name.

    Raises UsageError, UnknownNameError for a target.
    """
    lines = [*request.triggers, *(x for each in request.triggers_of.values() for x in each)]
    if not lines:
        return
    kinds = _kinds(folder, [*selected, *map(_pair, request.triggers_of)])
    for line in lines:
        found = trigger.parse(line)
        if found is None:
            raise UsageError(
                f"'{shortened(line)}' is no trigger that tracecfg knows",
                "traceon, traceoff, snapshot, stacktrace, enable_event:SYSTEM:EVENT, "
                "disable_event:..., hist:keys=..., each with [:COUNT] [if FILTER]",
            )
        if kinds and found.kind not in kinds:
            option = _OPTIONS.get(found.kind.removeprefix("enable_").removeprefix("disable_"))
            raise UsageError(
                f"'{line}': this kernel has no {found.kind} triggers"
                + (f": it is built without {option}" if option else ""),
                f"it has {', '.join(kinds)}",
            )
        if found.target and not folder.has(*found.target):
            system, event = found.target
            near = [f"{system}:{each}" for each in nearest(event, folder.events(system))]
            near += nearest(system, folder.systems()) if not folder.has(system, None) else []
            raise UnknownNameError(
                f"'{line}': no such event: {system}:{event}",
                f"did you mean {', '.join(near)}?" if near else "`tracecfg list` shows them",
            )


def _kinds(folder: Folder, events: Iterable[tuple[str, str]]) -> list[str]:
    """The kinds of triggers that this kernel has, as an event without any shows them; [] where
    no event does."""
    for event in events:
        head, _, rest = folder.read_or(event_file(*event, "trigger")).partition("\n")
        if head == "# Available triggers:":
            return rest.removeprefix("#").split()
    return []


def _present(folder: Folder, event: tuple[str, str], kind: str, current: dict[str, str]) -> str:
    """The event's file of that kind, read into `current`. Raises UsageError for none."""
    path = event_file(*event, kind)
    found = state.read(folder, [path])
    if not found:
        raise UsageError(f"{':'.join(event)} has no {kind} on this kernel", f"leave --{kind} out")
    current |= found
    return path


def _pair(name: str) -> tuple[str, str]:
    system, _, event = name.partition(":")
    return system, event


def added(text: str, lines: Sequence[str]) -> str:
    """The triggers with more of them; of a kind that is there already there is no second one."""
    there = _slots(text)
    more = [line for line in lines if (found := trigger.parse(line)) and found.slot not in there]
    return "\n".join([*reversed(more), *trigger.lines(text)])


def without_other(text: str, lines: Sequence[str], cell: Cell | None) -> str:
    """The triggers without those that tracecfg set and of which `lines` has another.

    Another is one with another count, be it that some of it is used up, or another condition.
    """
    if cell is None:
        return text
    ours = {slot for each in cell.ours for slot in _slots(each)} - _slots(cell.before).keys()
    asked = _slots("\n".join(lines))
    kept = [
        line
        for line in trigger.lines(text)
        if not (found := trigger.parse(line))
        or found.slot not in ours
        or found.set == asked.get(found.slot, found).set
    ]
    return "\n".join(kept)


def standing(text: str, lines: Sequence[str]) -> list[str]:
    """The triggers in whose place `lines` has another."""
    asked = _slots("\n".join(lines))
    return [
        line
        for line in trigger.lines(text)
        if (found := trigger.parse(line)) and found.set != asked.get(found.slot, found).set
    ]


def _slots(text: str) -> dict[str, trigger.Trigger]:
    found = [trigger.parse(line) for line in trigger.lines(text)]
    return {each.slot: each for each in found if each is not None}


def settings(
    folder: Folder,
    request: Request,
    current: dict[str, str],
    wanted: dict[str, str],
    *,
    fresh: bool,
) -> None:
    if request.pids:
        current |= state.read(folder, ["set_event_pid"])
        if "set_event_pid" not in current:
            raise UsageError("this kernel has no set_event_pid", "leave --pid out")
        pids = {*current["set_event_pid"].split(), *map(str, request.pids)}
        wanted["set_event_pid"] = "\n".join(sorted(pids))
    if request.buffer_kb is not None:
        sizes = state.buffer_sizes(folder)
        if sizes.get("buffer_size_kb") == "X":
            del sizes["buffer_size_kb"]
        current |= sizes
        page = int(folder.read_or("buffer_subbuf_size_kb", str(control.PAGE_KB)))
        for path, text in sizes.items():
            there = text.isdecimal() and control.whole_pages(request.buffer_kb, int(text), page)
            wanted[path] = text if there else str(request.buffer_kb)
    if request.clock:
        _clock(folder, request.clock, current, wanted, fresh=fresh)


def _clock(
    folder: Folder, clock: str, current: dict[str, str], wanted: dict[str, str], *, fresh: bool
) -> None:
    text = folder.read_or("trace_clock")
    known = text.replace("[", "").replace("]", "").split()
    if clock not in known:
        raise UsageError(f"no trace clock '{clock}'", f"there is {', '.join(known) or 'none'}")
    now = control.normal("trace_clock", text)
    if now != clock and not fresh:
        raise UsageError(
            f"{folder.shown('trace_clock')} is {now}: another clock would clear a buffer that "
            "tracecfg did not make",
            "--instance NAME works in a buffer of its own",
        )
    current["trace_clock"], wanted["trace_clock"] = now, clock
