"""A change as a whole: saved, written, read back, and undone when a write fails."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

from tracecfg.errors import LONG, ChangeFailedError, TracecfgError, shortened
from tracecfg.runtime import control, state, trigger
from tracecfg.runtime.control import Write, event_of, kind
from tracecfg.runtime.journal import Cell, Journal, Store, noted
from tracecfg.runtime.tracefs import Folder, problem

Systems = Mapping[str, Sequence[str]]


class Change(NamedTuple):
    """wanted: files and what they shall hold; current: the same files, as they are
    systems: subsystem to all of its events, for those of `wanted`
    alive: files that triggers of this change write to, and what they may make of them
    without: trigger files from which one goes first, and what they hold then: the kernel takes no
    second one of a kind, and that its count differs shows only to who looks at it
    """

    current: Mapping[str, str]
    wanted: Mapping[str, str]
    systems: Systems
    alive: Mapping[str, tuple[str, ...]]
    without: Mapping[str, str] = MappingProxyType({})

    def writes(self) -> tuple[Write, ...]:
        removed = [
            write
            for path, text in self.without.items()
            for write in control.changes(path, self.current[path], text)
        ]
        now = {**self.current, **self.without}
        return (*removed, *control.transition(now, self.wanted, self.systems))


def apply(folder: Folder, store: Store, journal: Journal, change: Change) -> tuple[Write, ...]:
    """Make the change; the caller holds the lock. The writes that were made.

    Raises ChangeFailedError when it failed and was undone, TracecfgError when even that failed.
    """
    writes = change.writes()
    if not writes and not change.alive:
        return ()
    if not journal.settings:
        journal = journal._replace(settings=state.settings(folder), since=time.time())
    before = journal
    current = control.saved(change.current)
    journal = noted(journal._replace(pid=os.getpid()), current, change.wanted, change.alive)
    store.save(journal)
    try:
        for write in writes:
            perform(folder, write)
        # what a killed call left half way stays so until `restore`
        cells = _cells(folder, journal, current, change)
        store.save(journal._replace(cells=cells, busy=before.busy))
    except BaseException as error:
        undo(folder, change, error)
        # where it cannot be saved it stays busy, and `restore` finds nothing to do
        with suppress(ChangeFailedError):
            store.save(before)
        if isinstance(error, _FailedError):
            raise ChangeFailedError(error.message, error.hint) from error
        raise
    return writes


def _cells(
    folder: Folder, journal: Journal, current: control.State, change: Change
) -> dict[str, Cell]:
    """What the journal says once the change is made."""
    cells = dict(journal.cells)
    for path, text in {**current, **change.wanted}.items():
        if path in cells or path in change.alive:
            cell = cells.get(path, Cell(current[path], ()))
            if kind(path) in ("trigger", "buffer_size_kb"):
                # hist shows more than what was written, and a buffer has whole pages
                text = control.normal(path, folder.read(path))
            cells[path] = Cell(cell.before, (text, *change.alive.get(path, ())))
            if path not in change.alive and control.same(path, text, cell.before):
                del cells[path]
    return cells


class _FailedError(TracecfgError):
    """A write failed, or was not what reading it back showed."""


def undo(folder: Folder, change: Change, why: BaseException) -> None:
    """Write the files back to what they were. Raises TracecfgError when that fails."""
    before = control.saved(
        {path: change.current[path] for path in {**change.wanted, **change.alive}}
    )
    try:
        # one that was set anew with another count differs in nothing that settle() sees
        settle(folder, change.without, {})
        settle(folder, before, change.systems)
    except (OSError, TracecfgError) as error:
        raise TracecfgError(
            f"{why}; and putting it back failed: {error}",
            "`tracecfg restore` tries again; `tracecfg status` shows what there is",
        ) from why


def settle(folder: Folder, wanted: control.State, systems: Systems) -> None:
    """Make the files that are there what they shall be. Raises OSError, TracecfgError."""
    now = state.read(folder, wanted)
    writes = control.transition(now, {path: wanted[path] for path in now}, systems)
    for write in writes:
        perform(folder, write)
    if any(kind(write.path) == "trigger" for write in writes):
        # a trigger that goes takes the event it held ready with it
        settle(folder, {path: text for path, text in wanted.items() if kind(path) != "trigger"}, {})


def perform(folder: Folder, write: Write) -> None:
    """One write, read back. Raises _FailedError."""
    where = folder.shown(write.path)
    try:
        had = folder.read(write.path) if kind(write.path) == "trigger" else ""
        folder.write(write)
        shown = control.normal(write.path, folder.read(write.path))
    except OSError as error:
        refused = _refused(folder, write, error)
        if kind(write.path) == "filter":
            # a refused filter takes the old one away and leaves its text with the error
            with suppress(OSError):
                folder.write(Write(write.path, "0"))
        raise refused from error
    if not _took(write, shown, had):
        text = shortened(shown.replace("\n", " ")) or "nothing"
        if write.path.count("/") == 2 and kind(write.path) == "enable":
            system = write.path.split("/")[1]
            other = [
                path.split("/")[2]
                for path, value in state.enables(folder, system).items()
                if value[:1] != write.value
            ]
            text = f"{text}: {', '.join(other[:5])} did not follow"
        raise _FailedError(f"{where}: wrote {shortened(write.value)}, it reads {text}")


def _took(write: Write, shown: str, had: str) -> bool:
    value = write.value.strip()
    match kind(write.path):
        case "filter":
            return shown.split() == ([control.NONE] if value == "0" else value.split())
        case "trigger":
            return _trigger_took(value, trigger.lines(had), trigger.lines(shown))
        case "set_event_pid" | "set_event_notrace_pid":
            return set(value.split()) <= set(shown.split()) and bool(value or not shown)
        case "trace_options":
            return value in shown.split()
        case "buffer_size_kb":
            # whole pages, so it may be a little more
            return shown.isdecimal() and int(shown) >= int(value)
        case "enable":
            return shown[:1] == value
    return shown == value


def _trigger_took(value: str, had: Sequence[str], shown: Sequence[str]) -> bool:
    if value.startswith("!"):
        return len(shown) < len(had)
    # an equal one is refused with EEXIST, so one more is the one
    return len(shown) > len(had)


def _refused(folder: Folder, write: Write, error: OSError) -> _FailedError:
    """Why the kernel did not take a write, in its own words where it left some."""
    where = folder.shown(write.path)
    event = ":".join(event_of(write.path) or ())
    if error.errno == 22 and event:
        said, mark = _said(folder, write)
        value = shortened(write.value)
        return _FailedError(f"{event}: {kind(write.path)} '{value}': {said}", mark)
    if error.errno == 17:
        return _FailedError(
            f"{event or where}: there is such a trigger already: {shortened(write.value)}"
        )
    found = problem(error, where)
    return _FailedError(found.message, found.hint)


def _said(folder: Folder, write: Write) -> tuple[str, str]:
    """(the error, the text with its mark): from error_log, or from the filter file before 5.2."""
    log = folder.read_or("error_log").rstrip("\n").rsplit("\n[", 1)[-1].split("\n")
    command = log[1].partition("Command: ")[2] if len(log) > 2 else ""
    if command and command in write.value:
        said = log[0].rpartition("error: ")[2]
        return said, _marked(command, log[2][len("  Command: ") :])
    if kind(write.path) == "filter":
        lines = folder.read_or(write.path).rstrip("\n").split("\n")
        if len(lines) == 3:
            said = lines[2].partition(": ")[2]
            return said, _marked(lines[0], lines[1])
    # of the top level: an instance that was made for this is gone when somebody looks
    where = f"{folder.root}/{write.path.rpartition('/')[0]}"
    return "the kernel refuses it (Invalid argument)", f"{where}/format shows the event's fields"


def _marked(text: str, mark: str) -> str:
    place = mark.find("^")
    start = max(0, place - LONG // 2) if len(text) > LONG else 0
    ahead = "..." if start else ""
    indent = " " * (len(ahead) + place - start)
    return f"the kernel marks the place:\n    {ahead}{shortened(text[start:])}\n    {indent}^"
