"""enable, only and disable: a request, resolved against an instance, becomes a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from tracecfg import selection
from tracecfg.errors import UnknownNameError
from tracecfg.runtime import control, instance, modules, state, trigger
from tracecfg.runtime.control import Write, event_file
from tracecfg.runtime.instance import Place
from tracecfg.runtime.journal import Cell, Journal, Store, alive
from tracecfg.runtime.lock import locked
from tracecfg.runtime.request import Request, check_triggers, conditions, settings
from tracecfg.runtime.tracefs import Folder, problem
from tracecfg.runtime.transaction import Change, apply
from tracecfg.selection import Selection

_NEW = {"enable": "0", "filter": control.NONE, "trace_clock": "local", "tracing_on": "1"}


class Outcome(NamedTuple):
    """writes: made, or to be made when it is a dry run, relative to the root of tracefs
    selected: the events that were asked for, as (system, event)
    """

    writes: tuple[Write, ...]
    notes: tuple[str, ...]
    selected: tuple[tuple[str, str], ...] = ()


def run(place: Place, request: Request, *, dry_run: bool = False) -> Outcome:
    """Do what is asked, or say which writes that would be. Raises TracecfgError."""
    terms = selection.parse(request.words)
    top = instance.root(place)
    store = instance.store_of(top)
    notes = [f"{name}: saved before the last boot: void, dropped" for name in store.void()]
    store.drop_void()
    notes += left_over(store, place.instance)
    # before anything is made: a name that is wrong changes nothing
    chosen = _resolve(top, terms, request)
    if not chosen.whole and not chosen.events:
        empty(request)
        return Outcome((), (*notes, *left_out(chosen), "nothing is selected"))
    missing = place.instance is not None and not top.exists(f"instances/{place.instance}")
    if dry_run or (request.action == "disable" and missing):
        if missing and request.action != "disable":
            return _planned_anew(place, top, request, terms, chosen, notes)
        folder = instance.opened(place, top)
        cells = instance.journal_of(folder, store).cells
        change, more = _change(folder, request, terms, chosen, cells, fresh=False)
        shown = [write._replace(path=folder.shown(write.path)) for write in change.writes()]
        return Outcome(tuple(shown), (*notes, *more), selected(folder, chosen))
    folder, journal = instance.made(place, top, store)
    try:
        with locked(folder):
            journal = instance.journal_of(folder, store)
            if journal.busy and journal.cells:
                notes.append(
                    f"an earlier call (`{journal.command}`, process {journal.pid}) was killed half "
                    "way; `tracecfg restore` puts back what was before it"
                )
            done, more = change_locked(
                folder, store, journal, request, terms, chosen, fresh=journal.made
            )
    except BaseException:
        if missing and journal.made and not journal.cells:
            instance.unmade(top, store, journal)
        raise
    shown = [write._replace(path=folder.shown(write.path)) for write in done]
    return Outcome(tuple(shown), (*notes, *more), selected(folder, chosen))


def empty(request: Request) -> None:
    """A selection that has nothing in it. Raises UnknownNameError unless that asks for nothing."""
    if request.action not in ("enable", "disable"):
        raise UnknownNameError(
            f"{request.action}: nothing is selected",
            "`disable '*'` turns everything off" if request.action == "only" else "",
        )


def left_out(chosen: Selection) -> list[str]:
    return [f"{text}: matches nothing, left out" for text in chosen.missing]


def left_over(store: Store, instance: str | None) -> list[str]:
    """What was killed together with its guardian, and what cannot be read of other instances."""
    saved = store.all()
    killed = [
        f"`{journal.command}` (process {journal.run}) was killed with its guardian; "
        "`tracecfg restore` puts back what it left"
        for journal in saved.journals
        if journal.run and not alive(journal.run)
    ]
    return killed + [str(each) for each in saved.damaged if each.instance != instance]


def _planned_anew(
    place: Place,
    top: Folder,
    request: Request,
    terms: Sequence[selection.Term],
    chosen: Selection,
    notes: Sequence[str],
) -> Outcome:
    """The writes to an instance that is still to be made, in which nothing is on."""
    change, more = _change(top, request, terms, chosen, {}, fresh=True, anew=True)
    anew = {path: _NEW.get(control.kind(path), "") for path in change.current}
    folder = f"instances/{place.instance}"
    writes = change._replace(current=anew).writes()
    shown = [write._replace(path=f"{folder}/{write.path}") for write in writes]
    made = Write(folder, "mkdir")
    return Outcome((made, *shown), (*notes, *more), selected(top, chosen))


def change_locked(
    folder: Folder,
    store: Store,
    journal: Journal,
    request: Request,
    terms: Sequence[selection.Term],
    chosen: Selection,
    *,
    fresh: bool,
) -> tuple[tuple[Write, ...], list[str]]:
    """fresh: the instance is one that tracecfg made"""
    change, notes = _change(folder, request, terms, chosen, journal.cells, fresh=fresh)
    words = " ".join([request.action, *request.words])
    return apply(folder, store, journal._replace(command=words), change), notes


def resolve(folder: Folder, request: Request) -> tuple[tuple[selection.Term, ...], Selection]:
    terms = selection.parse(request.words)
    return terms, _resolve(folder, terms, request)


def _resolve(folder: Folder, terms: Sequence[selection.Term], request: Request) -> Selection:
    try:
        chosen = selection.resolve(terms, folder, ignore_missing=request.ignore_missing)
        for name in (*request.filters, *request.triggers_of):
            system, _, event = name.partition(":")
            if not folder.has(system, event) and not request.ignore_missing:
                raise UnknownNameError(
                    f"no such event: {name}", "the profile has a filter or a trigger for it"
                )
        found = modules.events(folder, chosen.modules) if chosen.modules else ()
        check_triggers(folder, request, [*selected(folder, chosen), *found])
    except OSError as error:
        raise problem(error, f"{folder.root}/events") from error
    extra = [each for each in found if each[0] not in chosen.whole]
    return chosen._replace(events=tuple(dict.fromkeys([*chosen.events, *extra])))


def selected(folder: Folder, chosen: Selection) -> tuple[tuple[str, str], ...]:
    whole = [(system, event) for system in chosen.whole for event in folder.events(system)]
    return (*whole, *chosen.events)


def _change(
    folder: Folder,
    request: Request,
    terms: Sequence[selection.Term],
    chosen: Selection,
    cells: Mapping[str, Cell],
    *,
    fresh: bool,
    anew: bool = False,
) -> tuple[Change, list[str]]:
    """cells: what tracecfg changed before; fresh: the instance is one that it made
    anew: there is no instance yet, and no trigger in it
    """
    notes = left_out(chosen)
    try:
        current, wanted = _bits(folder, request.action, chosen, terms, notes)
        events = selected(folder, chosen)
        alive, without = conditions(
            folder, request, events, current, wanted, cells, notes, anew=anew
        )
        notes += [
            f"{folder.shown(path)}: its filter is taken away: {current[path]}"
            for path, text in wanted.items()
            if control.kind(path) == "filter" and text == control.NONE != current[path]
        ]
        settings(folder, request, current, wanted, fresh=fresh)
        if request.action != "disable" and folder.read_or("tracing_on", "1").strip() == "0":
            notes.append(f"{folder.shown('tracing_on')} is 0: nothing is recorded until it is 1")
    except OSError as error:
        raise problem(error, f"{folder.root}/{folder.shown('events')}") from error
    systems = {path.split("/")[1]: () for path in wanted if control.event_of(path)}
    every = {system: tuple(folder.events(system)) for system in systems}
    return Change(current, wanted, every, alive, without), notes


def _bits(
    folder: Folder,
    action: str,
    chosen: Selection,
    terms: Sequence[selection.Term],
    notes: list[str],
) -> tuple[dict[str, str], dict[str, str]]:
    """`enable` of each event that the request is about: as it is, and as it shall be."""
    current: dict[str, str] = {}
    for system in chosen.whole:
        current |= state.enables(folder, system)
    single = [event_file(system, event, "enable") for system, event in chosen.events]
    for path in single:
        try:
            current[path] = folder.read(path).strip()
        except FileNotFoundError:
            system, event = control.event_of(path) or ("", "")
            if folder.has(system, event):
                raise
    named = {event_file(term.system, term.event, "enable") for term in terms}
    if action not in ("only", "disable"):
        return current, dict.fromkeys(current, "1")
    if action == "disable":
        held = _held(folder, (path for path in current if path not in named), current, notes)
        return current, dict.fromkeys((path for path in current if path not in held), "0")
    wanted = dict.fromkeys(current, "1")
    others: dict[str, str] = {}
    for system in folder.systems():
        with suppress(FileNotFoundError):
            others |= {
                path: text
                for path, text in state.enables(folder, system).items()
                if path not in current
            }
    held = _held(folder, others, others, notes)
    wanted |= dict.fromkeys((path for path in others if path not in held), "0")
    return {**others, **current}, wanted


def _held(
    folder: Folder, paths: Iterable[str], current: control.State, notes: list[str]
) -> set[str]:
    """Those that a trigger of another event turned on: they are that trigger's business.

    A trigger of the event itself holds it as well, but does not turn it on.
    """
    on = [path for path in paths if current[path] == "1*"]
    if not on:
        return set()
    targets = state.targets(folder)
    found = set()
    for path in on:
        event = control.event_of(path) or ("", "")
        if event in targets or not trigger.lines(folder.read_or(event_file(*event, "trigger"))):
            found.add(path)
            notes.append(f"{':'.join(event)}: a trigger turned it on, left as it is")
    return found
