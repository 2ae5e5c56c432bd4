"""What a trigger file shows, and what to write to set it again or to remove it.

Follows kernel/trace/trace_events_trigger.c and trace_events_hist.c: `:unlimited`, `:count=N` and
hist's `[active]` are shown and cannot be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_PLAIN = ("traceon", "traceoff", "snapshot", "stacktrace")
_TARGETED = ("enable_event", "disable_event", "enable_hist", "disable_hist")
_COUNT = r"(?::unlimited|:count=([0-9]+)|:([0-9]+))?"
_TARGET = r"([^\s:]+):([^\s:]+)(.*)"
_STATE = r" \[(active|paused)\]\Z"


class Trigger(NamedTuple):
    """One trigger of an event.

    kind: what the kernel calls the command
    identity: equal for two that the kernel takes for the same, whatever is left of their counts
    set, remove: what to write
    target: the (system, event) whose soft mode it holds, or None
    switches: it turns tracing_on on or off
    """

    identity: str
    set: str
    remove: str
    kind: str
    target: tuple[str, str] | None = None
    switches: bool = False

    @property
    def slot(self) -> str:
        """Equal for two of which an event takes only one, whatever their counts and conditions."""
        return self.remove


def parse(line: str) -> Trigger | None:
    """One line, as shown or as written by hand; None when it is of no kind known here."""
    command, condition = _condition(line.strip())
    kind, _, rest = command.partition(":")
    if kind == "hist":
        return _hist(rest, condition)
    if kind in _PLAIN:
        target, counted = None, command[len(kind) :]
    elif kind in _TARGETED and (found := re.fullmatch(_TARGET, rest)):
        target, counted = (found[1], found[2]), found[3]
    else:
        return None
    count = re.fullmatch(_COUNT, counted)
    if count is None:
        return None
    name = f"{kind}:{target[0]}:{target[1]}" if target else kind
    number = count[1] or count[2]
    return Trigger(
        identity=f"{name}{':counted' if number else ''}{condition}",
        set=f"{name}{f':{int(number)}' if number else ''}{condition}",
        remove=f"!{name}",
        kind=kind,
        target=target if kind.endswith("_event") else None,
        switches=kind in ("traceon", "traceoff"),
    )


def parse_all(text: str) -> dict[str, Trigger] | None:
    """Of a trigger file's text, by identity; None when one line is of no kind known here."""
    found: dict[str, Trigger] = {}
    for line in lines(text):
        trigger = parse(line)
        if trigger is None:
            return None
        found[trigger.identity] = trigger
    return found


def lines(text: str) -> list[str]:
    """The triggers' lines: without triggers, the file shows the kinds that there are."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _condition(line: str) -> tuple[str, str]:
    """(command, " if filter" or ""), with hist's [active] set aside."""
    state = re.search(_STATE, line)
    if state:
        line = line[: state.start()]
    command, word, condition = line.partition(" if ")
    if state and state[1] == "paused":
        command += ":pause"
    return command.strip(), f" if {condition.strip()}" if word else ""


def _hist(rest: str, condition: str) -> Trigger | None:
    parts = rest.split(":")
    # a name is shown bare, before the keys
    if not parts[0].startswith(("keys=", "key=")) and "=" not in parts[0]:
        parts[0] = f"name={parts[0]}"
    # no value but hitcount, and that one hidden: shown as an empty list, which is refused
    parts = [part for part in parts if part != "vals="]
    if not any(part.startswith(("keys=", "key=")) for part in parts) or not all(parts):
        return None
    kept = _unpaused(parts)
    command = "hist:" + ":".join(kept) + condition
    paused = ":pause" if len(kept) < len(parts) else ""
    return Trigger(
        identity=command + paused,
        set="hist:" + ":".join(kept) + paused + condition,
        remove=f"!{command}",
        kind="hist",
    )


def _unpaused(parts: Iterable[str]) -> list[str]:
    return [part for part in parts if part != "pause"]
