"""What is asked of the selected events and of the buffer, beyond on and off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from tracecfg.errors import UsageError
from tracecfg.runtime import control, state, trigger
from tracecfg.runtime.control import event_file
from tracecfg.runtime.tracefs import Folder

_EITHER = ("0", "1")


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
) -> dict[str, tuple[str, ...]]:
    """Filters and triggers, into `current` and `wanted`; what the triggers may change by itself."""
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
    for event, lines in triggers.items():
        path = _present(folder, event, "trigger", current)
        wanted[path] = added(current[path], lines)
        for line in lines:
            each = trigger.parse(line)
            if each is None:
                raise UsageError(
                    f"'{line}' is no trigger that tracecfg knows",
                    "traceon, traceoff, snapshot, stacktrace, enable_event:SYSTEM:EVENT, "
                    "disable_event:..., hist:keys=..., each with [:COUNT] [if FILTER]",
                )
            if each.target:
                alive[event_file(*each.target, "enable")] = _EITHER
            if each.switches:
                alive["tracing_on"] = _EITHER
    current |= {
        path: text for path, text in state.read(folder, alive).items() if path not in current
    }
    return {path: either for path, either in alive.items() if path in current}


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
    """The triggers with more of them; one that is there already is there once."""
    there = trigger.parse_all(text) or {}
    more = [
        line for line in lines if (found := trigger.parse(line)) and found.identity not in there
    ]
    return "\n".join([*reversed(more), *trigger.lines(text)])


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
        wanted |= dict.fromkeys(sizes, str(request.buffer_kb))
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
