"""A line of trace_pipe, as kernel/trace/trace_output.c prints it, taken apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

_LINE = re.compile(
    r" *(?P<task>.{1,40}?)-(?P<pid>\d{1,10}) +(?:\([ \d-]{1,10}\) +)?\[(?P<cpu>\d{1,6})\] +"
    r"(?:(?P<flags>[^\s\d][^\s]{2,8}) +)?(?P<time>\d{1,20}(?:\.\d{1,9})?): "
    r"(?P<event>[A-Za-z_]\w{0,120}):(?: (?P<text>.*))?",
    re.ASCII | re.DOTALL,
)
_STACK = ": <stack trace>"


class Line(NamedTuple):
    """time: seconds, or the counts of a clock that has no seconds
    flags: irqs off, need resched, context, preempt depth; "" when the kernel does not show them
    stack: of a stack trace that came with the event, innermost first
    """

    task: str
    pid: int
    cpu: int
    time: str
    event: str
    text: str
    flags: str = ""
    stack: tuple[str, ...] = ()


def parse(lines: Iterable[str]) -> Iterator[Line]:
    """The events; what is none of one (headers, notes on lost events) is left out.

    A line that continues the one before (a stack trace, a text of several lines) goes with it.
    """
    last: Line | None = None
    for text in lines:
        found = _LINE.fullmatch(text)
        if found is None:
            if text.endswith(_STACK):
                continue
            if last is not None and text.startswith(" => "):
                last = last._replace(stack=(*last.stack, text[4:].strip()))
            elif last is not None and not text.startswith(("#", "CPU:")):
                last = last._replace(text=f"{last.text}\n{text}") if text.strip() else last
            continue
        if last is not None:
            yield last
        last = Line(
            task=found["task"].strip(),
            pid=int(found["pid"]),
            cpu=int(found["cpu"]),
            time=found["time"],
            event=found["event"],
            text=found["text"] or "",
            flags=found["flags"] or "",
        )
    if last is not None:
        yield last


def first(lines: Sequence[str], count: int) -> Sequence[str]:
    """The lines of so many events, with what belongs to the last of them."""
    for index, text in enumerate(lines):
        if _LINE.fullmatch(text):
            if not count:
                return lines[:index]
            count -= 1
    return lines


def as_json(line: Line, systems: Mapping[str, str]) -> dict[str, object]:
    """systems: event to the subsystem it is of, where only one has an event of that name"""
    return {
        "schema": "tracecfg.event/1",
        "time": float(line.time) if "." in line.time else int(line.time),
        "cpu": line.cpu,
        "task": line.task,
        "pid": line.pid,
        "flags": line.flags,
        "subsystem": systems.get(line.event),
        "event": line.event,
        "text": line.text,
        **({"stack": list(line.stack)} if line.stack else {}),
    }


def systems_of(selected: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Event to subsystem; without those whose name several subsystems have."""
    found: dict[str, str] = {}
    twice = set()
    for system, event in selected:
        if found.setdefault(event, system) != system:
            twice.add(event)
    return {event: system for event, system in found.items() if event not in twice}
