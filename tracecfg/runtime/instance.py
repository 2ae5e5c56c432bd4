"""Opens an instance, and makes it when it is missing and that is wanted."""

from __future__ import annotations

import os
from typing import NamedTuple

from tracecfg.errors import TracecfgError, UnknownNameError
from tracecfg.nearest import nearest
from tracecfg.runtime import state, tracefs
from tracecfg.runtime.journal import Journal, Store
from tracecfg.runtime.lock import locked
from tracecfg.runtime.tracefs import Folder, remove_instance


class Place(NamedTuple):
    """Where a command works: a tracefs, and an instance of it or its top level."""

    tracefs: str | None = None
    instance: str | None = None
    mount: bool = False


def root(place: Place) -> Folder:
    """The top level. Raises TracecfgError: not mounted, no permission, no events; and UsageError
    for a place whose instance leads out of it.
    """
    if place.instance is not None:
        tracefs.check_name(place.instance)
    if place.mount:
        tracefs.mount()
    folder = Folder(tracefs.find(place.tracefs))
    try:
        there = folder.exists("events")
    except OSError as error:
        raise tracefs.problem(error, folder.root) from error
    if not there:
        raise TracecfgError(
            f"{folder.root}: no events here: no tracefs, a kernel without event tracing, or one "
            "that is locked down",
            "`tracecfg explain` looks into it",
        )
    return folder


def instances(top: Folder) -> list[str]:
    """Their names; empty on a kernel without instances."""
    try:
        return top.names("instances")
    except FileNotFoundError:
        return []


def opened(place: Place, top: Folder) -> Folder:
    """An instance that is there, or the top level. Raises UnknownNameError."""
    if place.instance is None:
        return top
    if not top.exists(f"instances/{place.instance}"):
        names = instances(top)
        near = nearest(place.instance, names) or names[:5]
        raise UnknownNameError(
            f"no instance '{place.instance}'",
            f"there is {', '.join(near)}"
            if near
            else "there is none; `enable --instance` makes it",
        )
    return Folder(top.root, place.instance)


def made(place: Place, top: Folder, store: Store, run: int = 0) -> tuple[Folder, Journal]:
    """The same, made when missing, and its journal, which says so before it is there."""
    name = place.instance
    if name is None:
        return top, journal_of(top, store, run)
    if not top.exists("instances"):
        raise TracecfgError("this kernel has no instances", "leave --instance out")
    with locked(top, "instances"):
        if top.exists(f"instances/{name}"):
            folder = Folder(top.root, name)
            return folder, journal_of(folder, store, run)
        journal = Journal(instance=name, run=run, made=True, busy=True, pid=os.getpid())
        store.save(journal)
        try:
            _make(top, name)
        except TracecfgError:
            store.drop(journal)
            raise
        folder = Folder(top.root, name)
        journal = journal._replace(identity=folder.identity(), busy=False)
        try:
            store.save(journal)
        except BaseException:
            unmade(top, store, journal)
            raise
        return folder, journal


def journal_of(folder: Folder, store: Store, run: int = 0) -> Journal:
    """What is saved for an instance that is there, or a new journal.

    Nothing of a journal is true of an instance that was removed and made again by somebody else.
    """
    journal = store.load(folder.name, run)
    if journal is None or not is_of(journal, folder):
        identity = 0 if folder.name is None else folder.identity()
        return Journal(instance=folder.name, run=run, identity=identity)
    return journal


def is_of(journal: Journal, folder: Folder) -> bool:
    """Not of one with the same name that was there before. An identity of 0 is not known yet."""
    return folder.name is None or journal.identity in (0, folder.identity())


def _make(top: Folder, name: str) -> None:
    handle = top.open("instances", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.mkdir(name, dir_fd=handle)
    except OSError as error:
        raise tracefs.problem(error, f"instances/{name}") from error
    finally:
        os.close(handle)


def unmade(top: Folder, store: Store, journal: Journal) -> None:
    """Take back an instance that was made for a change which failed."""
    remove_instance(top.root, journal.instance or "")
    store.drop(journal)


def store_of(top: Folder) -> Store:
    return Store(state.device(top))
