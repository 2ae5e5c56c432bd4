"""From what an instance's files hold to what they shall hold: the writes, in a safe order. Pure.

A state is a mapping of files, relative to the instance's folder, to their text. What a kind of
file shows is not always what is written to it; kernel/trace/trace_events.c and trace.c say what is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tracecfg.errors import TracecfgError
from tracecfg.runtime import trigger

State = Mapping[str, str]

PIDS = ("set_event_pid", "set_event_notrace_pid")
SETTINGS = ("current_tracer", "trace_options", "tracing_cpumask")
WATCHED = ("tracing_on", "trace_clock", *SETTINGS, *PIDS)
"""Files of an instance that a change leaves alone unless it is asked for."""
PAGE_KB = 4
"""A sub-buffer's size, where the kernel does not tell another."""
NONE = "none"
"""What the filter file of an event without a filter shows."""
REFUSED = "refused"
"""Stands for a filter file that shows a filter which the kernel refused: none is in effect."""


class Write(NamedTuple):
    """truncate: open with O_TRUNC, which empties a list of pids; never for any other file"""

    path: str
    value: str
    truncate: bool = False


def event_file(system: str, event: str, name: str) -> str:
    return f"events/{system}/{event}/{name}"


def system_file(system: str) -> str:
    return f"events/{system}/enable"


def event_of(path: str) -> tuple[str, str] | None:
    """(system, event) of an event's file; None for any other."""
    parts = path.split("/")
    return (parts[1], parts[2]) if len(parts) == 4 and parts[0] == "events" else None


def kind(path: str) -> str:
    return path.rpartition("/")[2]


def normal(path: str, text: str) -> str:
    """A file's text, reduced to what it means."""
    match kind(path):
        case "filter":
            # the kernel leaves the text of a refused filter with a mark under the mistake
            return REFUSED if "\n" in text.strip("\n") else text.strip() or NONE
        case "trigger":
            return "\n".join(trigger.lines(text))
        case "trace_clock":
            return text.partition("[")[2].partition("]")[0] or text.strip()
        case "trace_options" | "set_event_pid" | "set_event_notrace_pid":
            return "\n".join(sorted(text.split()))
    return text.strip()


def saved(state: State) -> dict[str, str]:
    """As it can be put back: what the kernel refused once is no filter."""
    return {path: NONE if text == REFUSED else text for path, text in state.items()}


def soft(text: str) -> bool:
    """A trigger holds the event ready, whether it records now or not."""
    return text.endswith("*")


def same(path: str, one: str, other: str) -> bool:
    """Of two normal texts; the soft mark and what is left of a trigger's count do not matter."""
    match kind(path):
        case "enable":
            return one[:1] == other[:1]
        case "trigger":
            first, second = trigger.parse_all(one), trigger.parse_all(other)
            if first is None or second is None:
                return one == other
            return first.keys() == second.keys()
        case "buffer_size_kb":
            # the buffers get their size with the first event, and no write takes it from them
            expanded = "expanded" in one + other
            return one == other or (expanded and whole_pages(_kb(other), _kb(one), PAGE_KB))
    return one == other


def whole_pages(asked: int, size: int, page: int) -> bool:
    """Whether the kernel makes `size` of `asked`: it rounds up to whole sub-buffers. In KiB."""
    return 0 <= size - asked < page


def _kb(text: str) -> int:
    """Of `1410`, or of `7 (expanded: 1408)`, which is what a buffer gets with its first event."""
    number = text.rpartition(" ")[2].removesuffix(")")
    return int(number) if number.isdecimal() else -PAGE_KB


def changes(path: str, current: str, wanted: str) -> list[Write]:
    """The writes that turn one normal text of a file into the other.

    Raises TracecfgError when a trigger that stands there cannot be parsed.
    """
    if same(path, current, wanted):
        return []
    match kind(path):
        case "enable":
            return [Write(path, wanted[:1])]
        case "filter":
            return [Write(path, "0" if wanted == NONE else wanted)]
        case "trigger":
            return _triggers(path, current, wanted)
        case "set_event_pid" | "set_event_notrace_pid":
            return _pids(path, current.split(), wanted.split())
        case "trace_options":
            return [Write(path, line) for line in wanted.split() if line not in current.split()]
        case "buffer_size_kb":
            # sizes that differ are each CPU's own file
            return [] if wanted == "X" else [Write(path, str(_kb(wanted)))]
    return [Write(path, wanted)]


def _triggers(path: str, current: str, wanted: str) -> list[Write]:
    have, want = trigger.parse_all(current), trigger.parse_all(wanted)
    if have is None or want is None:
        strange = next(
            line
            for line in [*trigger.lines(current), *wanted.split("\n")]
            if not trigger.parse(line)
        )
        system, event = event_of(path) or ("", "")
        raise TracecfgError(
            f"{system}:{event}: trigger '{strange}' is of a kind tracecfg cannot put back",
            "nothing was changed; remove the trigger, or leave this event out",
        )
    gone = [Write(path, have[key].remove) for key in have if key not in want]
    # the newest is shown first
    return gone + [Write(path, want[key].set) for key in reversed(want) if key not in have]


def _pids(path: str, current: Sequence[str], wanted: Sequence[str]) -> list[Write]:
    added = " ".join(pid for pid in wanted if pid not in current)
    if set(current) <= set(wanted):
        return [Write(path, added)]
    cleared = [Write(path, "", truncate=True)]
    return cleared + ([Write(path, " ".join(wanted))] if wanted else [])


def transition(
    current: State, wanted: State, systems: Mapping[str, Sequence[str]]
) -> tuple[Write, ...]:
    """The writes that turn the files in `wanted` from `current` to it.

    What records is turned off first and on last; an event is as it was before a trigger names it.
    systems: subsystem to all of its events; one whose events all go the same way is one write,
    unless a trigger holds one of them ready and it is to be turned off.
    """
    off: list[Write] = []
    on: list[Write] = []
    by_kind: dict[str, list[Write]] = {}
    merged = _merged(current, wanted, systems)
    seen: set[str] = set()
    for path, text in wanted.items():
        if kind(path) != "enable":
            by_kind.setdefault(kind(path), []).extend(changes(path, current[path], text))
            continue
        if same(path, current[path], text):
            continue
        system = path.split("/")[1]
        if system in merged:
            path = system_file(system)
        if path not in seen:
            seen.add(path)
            (on if text[:1] == "1" else off).append(Write(path, text[:1]))
    targets = _targets(current, wanted)
    first = [write for write in on if event_of(write.path) in targets]
    last = [write for write in on if write not in first]
    order = ["current_tracer", "trace_options", "tracing_cpumask", "buffer_size_kb", "trace_clock"]
    settings = [write for name in (*order, *PIDS) for write in by_kind.get(name, ())]
    conditions = [write for name in ("filter", "trigger") for write in by_kind.get(name, ())]
    return (*off, *settings, *first, *conditions, *last, *by_kind.get("tracing_on", ()))


def _merged(current: State, wanted: State, systems: Mapping[str, Sequence[str]]) -> set[str]:
    found = set()
    for system, events in systems.items():
        paths = [event_file(system, event, "enable") for event in events]
        values = {wanted.get(path, "?")[:1] for path in paths}
        if values == {"1"} or (values == {"0"} and not any(soft(current[path]) for path in paths)):
            found.add(system)
    return found


def _targets(current: State, wanted: State) -> set[tuple[str, str] | None]:
    """The events named by the triggers that are to be set."""
    found: set[tuple[str, str] | None] = set()
    for path, text in wanted.items():
        if kind(path) == "trigger" and not same(path, current[path], text):
            found |= {each.target for each in (trigger.parse_all(text) or {}).values()}
    return found - {None}
