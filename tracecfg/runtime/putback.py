"""restore and reset: which saved states to put back, and which instances to remove."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tracecfg.errors import FINDINGS, TracecfgError, UsageError
from tracecfg.runtime import instance
from tracecfg.runtime.instance import Place
from tracecfg.runtime.journal import Journal, Store, alive
from tracecfg.runtime.lock import locked
from tracecfg.runtime.restore import Restored, restore
from tracecfg.runtime.tracefs import Folder, remove_instance


class Request(NamedTuple):
    """everything: all that is saved; force: also what somebody else changed meanwhile
    forget: drop what is saved and leave tracefs as it is
    """

    everything: bool = False
    force: bool = False
    forget: bool = False
    dry_run: bool = False


class Outcome(NamedTuple):
    """failed: of instances that were not put back, or not as a whole"""

    results: tuple[Restored, ...]
    notes: tuple[str, ...]
    failed: tuple[TracecfgError, ...] = ()

    @property
    def code(self) -> int:
        """The exit code: of the first failure, or that something was left as others made it."""
        if self.failed:
            return self.failed[0].exit_code
        return FINDINGS if any(each.left for each in self.results) else 0


def run(place: Place, request: Request) -> Outcome:
    """Put back the instance of `place`, or the top level and what was killed half way.

    Raises TracecfgError.
    """
    top = instance.root(place)
    store = instance.store_of(top)
    notes = [f"{name}: saved before the last boot: void, not applied" for name in store.void()]
    if not request.dry_run:
        store.drop_void()
    if request.forget:
        return Outcome((), (*notes, *_forget(store, place, request)))
    saved = store.all()
    failed = []
    for each in saved.damaged:
        if request.everything or each.instance == place.instance:
            failed.append(each.error)
        else:
            notes.append(str(each))
    chosen = _chosen(saved.journals, place, request)
    if place.instance is not None and not chosen and not failed:
        instance.opened(place, top)
    results = []
    for journal in chosen:
        try:
            found = one(top, store, journal, request)
        except TracecfgError as error:
            failed.append(error)
            continue
        results.append(found)
        where = "" if journal.instance is None else f"instances/{journal.instance}/"
        notes += [f"{where}{note}" for note in found.notes]
        notes += [f"{where}{path}: gone meanwhile" for path in found.gone]
        notes += [
            f"{where}{what}: changed by somebody else, not put back (--force does)"
            for what in found.left
        ]
    return Outcome(tuple(results), tuple(notes), tuple(failed))


def _chosen(journals: Iterable[Journal], place: Place, request: Request) -> list[Journal]:
    """In the order to put back in: a `run` in an instance before what was done to it earlier."""
    saved = sorted(journals, key=lambda each: not each.run)
    if request.everything:
        found = saved
    elif place.instance is not None:
        found = [each for each in saved if each.instance == place.instance]
    else:
        found = [each for each in saved if each.instance is None or each.busy or each.run]
    return [each for each in found if not (each.run and alive(each.run))]


def one(top: Folder, store: Store, journal: Journal, request: Request) -> Restored:
    name = journal.instance
    if name is not None and not top.exists(f"instances/{name}"):
        return _dropped(store, journal, "gone", request)
    folder = top if name is None else Folder(top.root, name)
    with locked(folder):
        if not instance.is_of(journal, folder):
            return _dropped(store, journal, "not the one that was changed, left as it is", request)
        # what was saved may have changed until the lock was free
        now = instance.journal_of(folder, store, journal.run)
        return restore(folder, store, now, force=request.force, dry_run=request.dry_run)


def _dropped(store: Store, journal: Journal, why: str, request: Request) -> Restored:
    if not request.dry_run:
        store.drop(journal)
    return Restored(journal.instance, dropped=why)


def _forget(store: Store, place: Place, request: Request) -> list[str]:
    files = store.files(place.instance, everything=request.everything)
    for path in [] if request.dry_run else files:
        path.unlink(missing_ok=True)
    return [f"{path}: dropped; tracefs stays as it is" for path in files]


def reset(place: Place, *, force: bool, dry_run: bool) -> str:
    """Remove an instance that tracecfg made; its name. force: any. Raises TracecfgError."""
    if place.instance is None:
        raise UsageError("reset: which instance?", "reset --instance NAME; `status` lists them")
    top = instance.root(place)
    folder = instance.opened(place, top)
    store = instance.store_of(top)
    with locked(folder):
        journal = instance.journal_of(folder, store)
        if not journal.made and not force:
            raise UsageError(
                f"instance '{place.instance}' was not made by tracecfg",
                "--force removes it all the same, with what it has recorded",
            )
        if not dry_run:
            remove_instance(top.root, place.instance)
            store.drop(journal)
    return place.instance
