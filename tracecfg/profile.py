"""Named selections in tracecfg.toml: read, checked, every mistake with its place.

[profile.gpio-debug]
events = ["gpio", "irq:irq_handler_*", "!irq:irq_handler_exit"]
instance = "gpio"
buffer_size_kb = 4096
clock = "mono"
pids = [1]
filters = { "gpio:gpio_value" = "value == 1" }
triggers = { "gpio:gpio_value" = ["stacktrace:5"] }
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from tracecfg import tomlplace, userfile
from tracecfg.errors import UnknownNameError, UsageError
from tracecfg.nearest import nearest
from tracecfg.runtime.asked import MAX_PID
from tracecfg.runtime.tracefs import check_name
from tracecfg.selection import parse as parse_terms
from tracecfg.tomlfile import FILE, Document, unknown

_MAX_KB = 1 << 40

_T = TypeVar("_T")
_EVENT = re.compile(r"[\w.-]+:[\w.-]+", re.ASCII)
_CLOCK = re.compile(r"[\w-]+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A named selection.

    events: selection terms as on the command line: subsystem, system:event, globs, `!`, :mod:NAME
    filters: system:event -> filter expression; triggers: system:event -> commands, in order
    instance: None for the top-level buffer; clock, buffer_size_kb: None leaves what there is
    buffer_size_kb: KiB per CPU
    pids: of set_event_pid; empty traces every task
    place: file:line of its table
    """

    name: str
    events: tuple[str, ...]
    filters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    triggers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    instance: str | None = None
    buffer_size_kb: int | None = None
    clock: str | None = None
    pids: tuple[int, ...] = ()
    place: str = ""


_Wrong = Callable[..., None]
"""Notes a mistake: what is wrong, and the keys and indexes below the reader's own key."""


def load(config: Path | None, name: str) -> Profile:
    """The profile of that name, from `config` or from the tracecfg.toml found upward from here.

    Raises UsageError, naming every mistake in the file with file:line, and UnknownNameError, with
    the nearest names, for a profile that the file does not have.
    """
    path = config if config is not None else find(Path.cwd())
    text = userfile.read(path, "--config", found=config is None)
    return pick(parse(text, str(path)), name, str(path))


def find(start: Path) -> Path:
    """The nearest tracecfg.toml in `start` or above. Raises UsageError for none."""
    for folder in (start, *start.parents):
        path = folder / FILE
        if path.is_file():
            return path
    raise UsageError(
        f"no {FILE} in {start} or above", "--config FILE names one; README shows what it holds"
    )


def parse(text: str, file: str) -> dict[str, Profile]:
    """All profiles of a file's text. Raises UsageError with every mistake, a line each."""
    document = Document(text, file)
    profiles: dict[str, Profile] = {}
    wrong = document.wrong
    tables = document.values.get("profile", {})
    if not isinstance(tables, dict):
        wrong("profiles stand in [profile.NAME]", ("profile",))
        tables = {}
    for name, table in tables.items():
        if not name or not name.isprintable():
            wrong(f"{name!r} cannot be the name of a profile", ("profile", name))
        if not isinstance(table, dict):
            wrong("profiles stand in [profile.NAME]", ("profile", name))
            continue
        values: dict[str, Any] = {}
        for key, value in table.items():

            def bad(what: str, *below: str | int, at: tomlplace.Path = (name, key)) -> None:
                wrong(f"profile {at[0]}: {what}", ("profile", *at, *below))

            if key in _READERS:
                values[key] = _READERS[key](value, bad)
            else:
                bad(unknown(key, _READERS))
        if "events" not in table:
            wrong(f"profile {name}: it needs events, a list of names", ("profile", name))
        elif "events" in values:
            place = f"{file}:{document.line(('profile', name))}"
            profiles[name] = Profile(name=name, place=place, **values)
    document.done()
    return profiles


def pick(profiles: Mapping[str, Profile], name: str, file: str) -> Profile:
    """Raises UnknownNameError."""
    if name in profiles:
        return profiles[name]
    near = nearest(name, profiles) or sorted(profiles)[:5]
    raise UnknownNameError(
        f"{file}: no profile '{name}'",
        f"it has {', '.join(near)}" if near else "write one: [profile.NAME] with events = [...]",
    )


def _events(value: object, wrong: _Wrong) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        wrong('events must be a list of names, such as ["gpio", "irq:*"]')
        return ()
    for index, term in enumerate(value):
        if not isinstance(term, str):
            wrong(f"{term!r} is no name: names stand in quotes", index)
            continue
        try:
            # an exclusion alone selects nothing, but here others may follow
            parse_terms([term.removeprefix("!")])
        except UsageError as error:
            wrong(error.message, index)
    if all(isinstance(term, str) and term.startswith("!") for term in value):
        wrong("events only excludes: name something to trace as well")
    return tuple(value)


def _filters(value: object, wrong: _Wrong) -> Mapping[str, str]:
    return _by_event("filters", value, wrong, lambda each, bad: _line(each, "a filter", bad))


def _triggers(value: object, wrong: _Wrong) -> Mapping[str, tuple[str, ...]]:
    def read(commands: object, bad: _Wrong) -> tuple[str, ...]:
        listed = [commands] if isinstance(commands, str) else commands
        if not isinstance(listed, list) or not listed:
            bad('triggers are lists of commands, such as ["stacktrace:5"]')
            return ()
        return tuple(_line(command, "a trigger", bad) for command in listed)

    return _by_event("triggers", value, wrong, read)


def _by_event(
    key: str, value: object, wrong: _Wrong, read: Callable[[object, _Wrong], _T]
) -> Mapping[str, _T]:
    if not isinstance(value, dict):
        wrong(f'{key} must be a table: "system:event" = ...')
        return {}
    found: dict[str, _T] = {}
    for event, each in value.items():
        if not _EVENT.fullmatch(event):
            wrong(f"{key}: {event!r} is not of the form system:event", event)
        found[event] = read(each, lambda what, event=event: wrong(f"{event}: {what}", event))
    return MappingProxyType(found)


def _line(value: object, what: str, wrong: _Wrong) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        wrong(f"{value!r} is not {what} of one line")
        return ""
    return value.strip()


def _instance(value: object, wrong: _Wrong) -> str:
    name = value if isinstance(value, str) else ""
    try:
        check_name(name)
    except UsageError as error:
        wrong(error.message if name else f"{value!r} cannot be the name of an instance")
    return name


def _clock(value: object, wrong: _Wrong) -> str:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        wrong(f"{value!r} is no name of a clock, such as 'mono'")
    return str(value)


def _size(value: object, wrong: _Wrong) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _MAX_KB:
        wrong(f"{value!r} is no number of KiB per CPU")
        return 0
    return value


def _pids(value: object, wrong: _Wrong) -> tuple[int, ...]:
    if not isinstance(value, list):
        wrong("pids must be a list of numbers")
        return ()
    for index, pid in enumerate(value):
        if not isinstance(pid, int) or isinstance(pid, bool) or not 0 < pid <= MAX_PID:
            wrong(f"{pid!r} is no process id", index)
    return tuple(value)


_READERS: Mapping[str, Callable[[object, _Wrong], object]] = {
    "events": _events,
    "filters": _filters,
    "triggers": _triggers,
    "instance": _instance,
    "buffer_size_kb": _size,
    "clock": _clock,
    "pids": _pids,
}
