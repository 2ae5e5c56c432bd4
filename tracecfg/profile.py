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

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from tracecfg import tomlplace
from tracecfg.errors import UnknownNameError, UsageError
from tracecfg.nearest import nearest
from tracecfg.runtime.asked import MAX_PID
from tracecfg.selection import parse as parse_terms

FILE = "tracecfg.toml"
_MAX_SIZE = 256 * 1024
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


class _WrongError(Exception):
    """A mistake. path: the keys below the profile that lead to it"""

    def __init__(self, what: str, *path: str | int) -> None:
        super().__init__(what)
        self.path = path


def load(config: Path | None, name: str) -> Profile:
    """The profile of that name, from `config` or from the tracecfg.toml found upward from here.

    Raises UsageError, naming every mistake in the file with file:line, and UnknownNameError, with
    the nearest names, for a profile that the file does not have.
    """
    path = config if config is not None else find(Path.cwd())
    text = _text(path, found=config is None)
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


def _text(path: Path, *, found: bool) -> str:
    """found: nobody named the file, so one that belongs to somebody else is refused: root would
    do what any user left in /tmp"""
    try:
        with path.open("rb") as stream:
            owner = os.fstat(stream.fileno()).st_uid
            if found and owner not in _trusted():
                raise UsageError(
                    f"{path}: belongs to another user (uid {owner})",
                    f"look at it; --config {path} uses it all the same",
                )
            data = stream.read(_MAX_SIZE + 1)
        if len(data) > _MAX_SIZE:
            raise UsageError(f"{path}: larger than {_MAX_SIZE // 1024} KiB: no file of profiles")
        return data.decode()
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror}", "--config names a TOML file"
        ) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: it is no UTF-8 text") from error


def _trusted() -> set[int]:
    me = os.geteuid()
    asked_by = os.environ.get("SUDO_UID", "") if me == 0 else ""
    return {0, me} | ({int(asked_by)} if asked_by.isdecimal() else set())


def parse(text: str, file: str) -> dict[str, Profile]:
    """All profiles of a file's text. Raises UsageError with every mistake, a line each."""
    try:
        document = tomllib.loads(text)
        lines = tomlplace.places(text)
    except tomllib.TOMLDecodeError as error:
        line = tomlplace.error_line(error)
        raise UsageError(f"{file}:{line}: no valid TOML: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{file}:1: no valid TOML: nested too deep") from error
    profiles: dict[str, Profile] = {}
    mistakes: list[tuple[int, str]] = []

    def wrong(what: str, path: tomlplace.Path) -> None:
        while path not in lines:
            path = path[:-1]
        mistakes.append((lines[path], what))

    for key in document.keys() - {"profile"}:
        wrong(_unknown(key, ["profile"]) + "; profiles stand in [profile.NAME]", (key,))
    tables = document.get("profile", {})
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
            try:
                if key not in _READERS:
                    raise _WrongError(_unknown(key, _READERS), key)
                values[key] = _READERS[key](key, value)
            except _WrongError as error:
                wrong(f"profile {name}: {error}", ("profile", name, *error.path))
        if "events" not in table:
            wrong(f"profile {name}: it needs events, a list of names", ("profile", name))
        elif "events" in values:
            place = f"{file}:{lines[('profile', name)]}"
            profiles[name] = Profile(name=name, place=place, **values)
    if mistakes:
        raise UsageError("\n".join(f"{file}:{line}: {what}" for line, what in sorted(mistakes)))
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


def _unknown(key: str, known: Mapping[str, object] | list[str]) -> str:
    near = nearest(key, known)
    return f"unknown key '{key}'" + (f", did you mean {near[0]}?" if near else "")


def _events(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise _WrongError('events must be a list of names, such as ["gpio", "irq:*"]', key)
    for index, term in enumerate(value):
        try:
            # an exclusion alone selects nothing, but here others may follow
            parse_terms([str(term).removeprefix("!")])
        except UsageError as error:
            raise _WrongError(error.message, key, index) from error
        if not isinstance(term, str):
            raise _WrongError(f"{term!r} is no name: names stand in quotes", key, index)
    if all(term.startswith("!") for term in value):
        raise _WrongError("events only excludes: name something to trace as well", key)
    return tuple(value)


def _filters(key: str, value: object) -> Mapping[str, str]:
    return _by_event(key, value, lambda each: _line(each, "a filter", key))


def _triggers(key: str, value: object) -> Mapping[str, tuple[str, ...]]:
    def read(commands: object) -> tuple[str, ...]:
        listed = [commands] if isinstance(commands, str) else commands
        if not isinstance(listed, list) or not listed:
            raise _WrongError('triggers are lists of commands, such as ["stacktrace:5"]', key)
        return tuple(_line(command, "a trigger", key) for command in listed)

    return _by_event(key, value, read)


def _by_event(key: str, value: object, read: Callable[[object], _T]) -> Mapping[str, _T]:
    if not isinstance(value, dict):
        raise _WrongError(f'{key} must be a table: "system:event" = ...', key)
    found: dict[str, _T] = {}
    for event, each in value.items():
        if not _EVENT.fullmatch(event):
            raise _WrongError(f"{key}: '{event}' is not of the form system:event", key, event)
        try:
            found[event] = read(each)
        except _WrongError as error:
            raise _WrongError(f"{event}: {error}", key, event) from error
    return MappingProxyType(found)


def _line(value: object, what: str, key: str) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise _WrongError(f"{value!r} is not {what} of one line", key)
    return value.strip()


def _instance(key: str, value: object) -> str:
    if (
        not isinstance(value, str)
        or not value.isprintable()
        or not 0 < len(value.encode()) < 256
        or value in (".", "..")
        or "/" in value
    ):
        raise _WrongError(f"{value!r} cannot be the name of an instance", key)
    return value


def _clock(key: str, value: object) -> str:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise _WrongError(f"{value!r} is no name of a clock, such as 'mono'", key)
    return value


def _size(key: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _MAX_KB:
        raise _WrongError(f"{value!r} is no number of KiB per CPU", key)
    return value


def _pids(key: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise _WrongError("pids must be a list of numbers", key)
    for index, pid in enumerate(value):
        if not isinstance(pid, int) or isinstance(pid, bool) or not 0 < pid <= MAX_PID:
            raise _WrongError(f"{pid!r} is no process id", key, index)
    return tuple(value)


_READERS: Mapping[str, Callable[[str, object], object]] = {
    "events": _events,
    "filters": _filters,
    "triggers": _triggers,
    "instance": _instance,
    "buffer_size_kb": _size,
    "clock": _clock,
    "pids": _pids,
}
