"""What is on in an instance, for `list` and `status`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracecfg import selection
from tracecfg.errors import TracecfgError, UnknownNameError
from tracecfg.runtime import control, instance, modules, state, trigger
from tracecfg.runtime.instance import Place
from tracecfg.runtime.journal import Damaged, Journal
from tracecfg.runtime.tracefs import Folder, problem


@dataclass(frozen=True)
class EventState:
    """soft: a trigger holds it ready; filter: "" for none"""

    name: str
    enabled: bool
    soft: bool
    filter: str
    triggers: tuple[str, ...]


@dataclass(frozen=True)
class SystemState:
    name: str
    events: tuple[EventState, ...]

    @property
    def enabled(self) -> str:
        """on, off or mixed"""
        values = {event.enabled for event in self.events}
        return "mixed" if len(values) > 1 else "on" if True in values else "off"


@dataclass(frozen=True)
class Status:
    """lost_events: overwritten or dropped in the buffer, since it was cleared
    settings: file to text; instances: name, and whether tracecfg made it
    outdated: instances that somebody removed, and perhaps made again, since they were saved
    damaged: saved states that are of no use
    """

    tracefs: str
    instance: str | None
    systems: tuple[SystemState, ...]
    lost_events: int
    settings: dict[str, str]
    journal: Journal | None
    others: tuple[Journal, ...]
    instances: dict[str, bool]
    outdated: tuple[str, ...]
    void: tuple[str, ...]
    damaged: tuple[Damaged, ...]


def systems(place: Place, words: Sequence[str] = ()) -> tuple[SystemState, ...]:
    """The systems that `words` name (all, for none) with their events.

    Raises TracecfgError, UnknownNameError also for a selection with nothing in it.
    """
    top = instance.root(place)
    folder = instance.opened(place, top)
    terms = selection.parse(words or ("*",))
    try:
        chosen = selection.resolve(terms, folder, ignore_missing=None if words else True)
        pairs = {name: list(folder.events(name)) for name in chosen.whole}
        for name, event in chosen.events:
            pairs.setdefault(name, []).append(event)
        for name, event in modules.events(top, chosen.modules) if chosen.modules else ():
            if event not in pairs.setdefault(name, []):
                pairs[name].append(event)
        if words and not pairs:
            raise UnknownNameError("list: nothing is selected")
        return tuple(_system(folder, name, pairs[name]) for name in sorted(pairs))
    except OSError as error:
        raise problem(error, f"{folder.root}/{folder.shown('events')}") from error


def status(place: Place) -> Status:
    """Raises TracecfgError."""
    top = instance.root(place)
    folder = instance.opened(place, top)
    store = instance.store_of(top)
    found = systems(place)
    names = ("buffer_size_kb", "buffer_total_size_kb", *control.WATCHED)
    try:
        (journals, damaged), void = store.all(), store.void()
    except TracecfgError as error:
        journals, damaged, void = (), (Damaged(folder.name, error),), []
    journals, outdated = _still_true(top, journals)
    own = [each for each in journals if each.instance == folder.name and not each.run]
    made = {each.instance for each in journals if each.made}
    try:
        return Status(
            tracefs=folder.root,
            instance=folder.name,
            systems=found,
            lost_events=state.lost_events(folder),
            settings=state.read(folder, names),
            journal=own[0] if own else None,
            others=tuple(each for each in journals if each not in own),
            instances={name: name in made for name in instance.instances(top)},
            outdated=outdated,
            void=tuple(void),
            damaged=damaged,
        )
    except OSError as error:
        raise problem(error, folder.root) from error


def _still_true(
    top: Folder, journals: Iterable[Journal]
) -> tuple[tuple[Journal, ...], tuple[str, ...]]:
    """The journals of what is there, and the names of instances that are not the same any more."""
    found, outdated = [], {}
    for each in journals:
        name = each.instance
        if name is None or (
            top.exists(f"instances/{name}") and instance.is_of(each, Folder(top.root, name))
        ):
            found.append(each)
        else:
            outdated[name] = True
    return tuple(found), tuple(outdated)


def _system(folder: Folder, name: str, events: Iterable[str]) -> SystemState:
    found = []
    for event in events:
        kinds = ("enable", "filter", "trigger")
        paths = {kind: control.event_file(name, event, kind) for kind in kinds}
        texts = state.read(folder, paths.values())
        if paths["enable"] not in texts:
            continue
        bit = texts[paths["enable"]]
        condition = texts.get(paths["filter"], control.NONE)
        found.append(
            EventState(
                name=event,
                enabled=bit.startswith("1"),
                soft=control.soft(bit),
                filter="" if condition in (control.NONE, control.REFUSED) else condition,
                triggers=tuple(trigger.lines(texts.get(paths["trigger"], ""))),
            )
        )
    return SystemState(name, tuple(found))
