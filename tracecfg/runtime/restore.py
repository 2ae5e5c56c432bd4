"""Puts back what tracecfg changed, and leaves what somebody else changed meanwhile."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from tracecfg.errors import ChangeFailedError, TracecfgError
from tracecfg.runtime import control, state, trigger
from tracecfg.runtime.control import Write, event_of, kind
from tracecfg.runtime.journal import Cell, Journal, Store
from tracecfg.runtime.tracefs import Folder, remove_instance
from tracecfg.runtime.transaction import settle


class Restored(NamedTuple):
    """left: files that somebody else changed, with what they hold; gone: files that are no more
    notes: changes that tracecfg had no part in
    dropped: why what was saved is true no more: somebody else removed the instance
    """

    instance: str | None
    writes: tuple[Write, ...] = ()
    removed: bool = False
    left: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    dropped: str = ""


def restore(
    folder: Folder, store: Store, journal: Journal, *, force: bool = False, dry_run: bool = False
) -> Restored:
    """Put back what the journal says; the caller holds the lock.

    force: also what somebody else changed meanwhile
    Raises ChangeFailedError when a write fails: the journal stays, for another try.
    """
    current = state.read(folder, journal.cells)
    gone = tuple(path for path in journal.cells if path not in current)
    wanted: dict[str, str] = {}
    left: dict[str, Cell] = {}
    for path, text in current.items():
        cell = journal.cells[path]
        target = _target(path, cell, text, busy=journal.busy, force=force)
        if target is None:
            left[path] = cell
        elif len(cell.ours) > 1 or not control.same(path, text, target):
            # a trigger that stands may still write to a file that is as it shall be
            wanted[path] = target
    systems = {event[0]: () for path in wanted if (event := event_of(path))}
    every = {name: folder.events(name) for name in systems}
    writes = control.transition(current, wanted, every)
    result = Restored(
        instance=journal.instance,
        writes=tuple(write._replace(path=folder.shown(write.path)) for write in writes),
        removed=journal.made,
        left=tuple(f"{path} holds {current[path]!r}" for path in left),
        gone=gone,
        notes=_others(folder, journal),
    )
    if dry_run:
        return result
    store.save(journal._replace(busy=True, pid=os.getpid()))
    try:
        settle(folder, wanted, every)
    except (OSError, TracecfgError) as error:
        raise ChangeFailedError(
            f"restore: {error}", "the rest was not tried; `tracecfg restore` goes on"
        ) from error
    if journal.made:
        remove_instance(folder.root, journal.instance or "")
        store.drop(journal)
    else:
        store.save(journal._replace(cells=left, busy=False))
    return result


def _target(path: str, cell: Cell, text: str, *, busy: bool, force: bool) -> str | None:
    """What the file shall hold; None when somebody else changed it."""
    match kind(path):
        case "trigger":
            return _triggers(cell, text, busy=busy)
        case "set_event_pid" | "set_event_notrace_pid":
            lists = [each.split() for each in cell.ours]
            return "\n".join(_merge(cell.before.split(), lists, text.split(), busy=busy))
    ours = any(control.same(path, text, each) for each in cell.ours)
    # half way through a write: a filter that was refused, a size that was rounded up
    half = busy and (text in (control.NONE, control.REFUSED) or kind(path) == "buffer_size_kb")
    if force or ours or half or control.same(path, text, cell.before):
        return cell.before
    return None


def _triggers(cell: Cell, text: str, *, busy: bool) -> str | None:
    before, now = trigger.parse_all(cell.before), trigger.parse_all(text)
    ours = [trigger.parse_all(each) for each in cell.ours]
    if before is None or now is None:
        return None
    known = {**before, **now}
    lists = [list(each) for each in ours if each is not None]
    merged = _merge(list(before), lists, list(now), busy=busy)
    return "\n".join(known[identity].set for identity in merged)


def _merge(
    before: Sequence[str], ours: Sequence[Sequence[str]], now: Sequence[str], *, busy: bool
) -> list[str]:
    """Without what we added, with what we took away; what others added or took away stays so."""
    added = {each for some in ours for each in some} - set(before)
    kept = [each for each in now if each not in added]
    taken = [each for each in before if busy or not all(each in some for some in ours)]
    return list(dict.fromkeys([*(each for each in before if each in {*kept, *taken}), *kept]))


def _others(folder: Folder, journal: Journal) -> tuple[str, ...]:
    now = state.read(folder, journal.settings)
    changed = {
        path: text
        for path, text in now.items()
        if path not in journal.cells and text != journal.settings[path]
    }
    return tuple(f"{path} was changed by somebody else, and stays so" for path in changed)
