"""What tools see of a tree's events, before and after: what is gone, renamed, retyped. Pure.

Events are matched by subsystem and name, so a header that moves changes nothing; where headers of
several architectures define one event, by header as well. An event has its class's fields: what
happens to a class is told once, with the names of its events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tracecfg.check import fieldchanges, oldlines, renames
from tracecfg.check.facts import Hit
from tracecfg.check.renames import Gap, Pair
from tracecfg.kernel.fields import Fields, Shape
from tracecfg.model import Place

_SHOWN = 6
"""Events of one class that a message names."""


_PAIRS = 250_000
"""Events gone and new, more than any branch has, that are compared with each other."""


class Version(NamedTuple):
    """One header's definition of an event.

    classes: of the event; needs: symbols without which it is not there, those apart that a series
    makes for trace systems
    fields: of each variant that #ifdef chooses from; None where they could not be told
    of: where these fields are defined
    """

    header: str
    place: Place
    classes: tuple[str, ...]
    needs: frozenset[str]
    fields: tuple[Fields, ...] | None
    of: Place


Key = tuple[str, str]
"""Of an event: subsystem and name."""


@dataclass(frozen=True, kw_only=True)
class Abi:
    """The events of the trace headers that a branch may have changed, in one state of the tree.

    shapes, texts: of these headers, by path; systems: the subsystem of each
    names: of all events that tracefs may have, in any header
    prefix: of the options that are for trace systems
    broken: headers not all of which could be read
    """

    shapes: Mapping[str, Shape]
    texts: Mapping[str, str]
    systems: Mapping[str, str]
    names: frozenset[Key]
    prefix: str
    broken: frozenset[str]


@dataclass
class Changes:
    """hits: findings; summary: lines for a changelog"""

    hits: list[Hit] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)

    def tell(self, rule: str, place: Place, subsystem: str, message: str) -> None:
        line = f"{subsystem}: {message}"
        self.hits.append(Hit(rule, place, line))
        self.summary.append(line)


def changes(
    before: Abi, after: Abi, renamed: Mapping[str, str], meanings: Mapping[str, str]
) -> Changes:
    """renamed: new paths of headers, by old ones; meanings: of names in types"""
    return _Comparison(before, after, renamed, meanings).made()


class _Comparison:
    def __init__(
        self, before: Abi, after: Abi, renamed: Mapping[str, str], meanings: Mapping[str, str]
    ) -> None:
        self.meanings = meanings
        self.before = before
        self.after = after
        self.renamed = renamed
        # what is wrong with such a header is told, what it lacks is only a guess
        broken = {*map(self._now, before.broken), *after.broken}
        self.old, self.new = (
            {
                key: versions
                for key, versions in _versions(state).items()
                if broken.isdisjoint(self._now(each.header) for each in versions)
            }
            for state in (before, after)
        )
        self.told = Changes()

    def made(self) -> Changes:
        gone = {key: all_ for key, all_ in self.old.items() if key not in self.after.names}
        added = {key: all_ for key, all_ in self.new.items() if key not in self.before.names}
        self._not_told()
        self._moved(gone, added)
        self._renamed(gone, added)
        self._gone(gone)
        self._conditions()
        self._fields()
        for system, name in sorted(added):
            self.told.summary.append(f"{system}: event {name} added")
        self.told.summary.sort()
        return self.told

    def _not_told(self) -> None:
        for header, shape in self.after.shapes.items():
            for place, what in shape.problems if header not in self.after.broken else ():
                self.told.hits.append(Hit("TC407", place, what))

    def _moved(self, gone: dict[Key, list[Version]], added: dict[Key, list[Version]]) -> None:
        """Events of one name that went from one subsystem to another, together."""
        by_name: dict[str, list[str]] = defaultdict(list)
        for system, name in added:
            by_name[name].append(system)
        together: dict[Key, list[str]] = defaultdict(list)
        for system, name in sorted(gone):
            homes = sorted(by_name[name])
            home = next((each for each in homes if self._same_header(system, each, name)), None)
            if home is None and len(homes) == 1:
                home = homes[0]
            if home is not None:
                by_name[name].remove(home)
                together[system, home].append(name)
        for (system, home), names in together.items():
            place = added[home, names[0]][0].place
            were = "events" if len(names) > 1 else "event"
            message = f"{were} {listed(names)} moved to subsystem {home}"
            self.told.tell("TC402", place, system, message)
            for name in names:
                del gone[system, name], added[home, name]

    def _same_header(self, system: str, home: str, name: str) -> bool:
        old = {self._now(each.header) for each in self.old[system, name]}
        return any(each.header in old for each in self.new[home, name])

    def _now(self, header: str) -> str:
        return self.renamed.get(header, header)

    def _renamed(self, gone: dict[Key, list[Version]], added: dict[Key, list[Version]]) -> None:
        """Events gone and new with the same fields, where name and place tell, too."""
        if len(gone) * len(added) > _PAIRS:
            return
        pairs: dict[str, list[Pair]] = defaultdict(list)
        were = {self._now(path): shape for path, shape in self.before.shapes.items()}
        stood, stands = _gaps(were, self.after.shapes), _gaps(self.after.shapes, were)
        for system, name in gone:
            for home, other in added:
                old, new = gone[system, name][0], added[home, other][0]
                if system == home and self._alike(old, new):
                    of_class = old.classes != (name,) or new.classes != (other,)
                    was, now = stood[self._now(old.header), name], stands[new.header, other]
                    pairs[system].append(Pair(name, other, was, now, of_class))
        for system, some in sorted(pairs.items()):
            for name, other in sorted(renames.likely(some)):
                place = added.pop((system, other))[0].place
                del gone[system, name]
                self.told.tell("TC402", place, system, f"event {name} is {other} now")

    def _alike(self, old: Version, new: Version) -> bool:
        if not any(old.fields or ()):
            # without fields all are alike
            return old.fields == new.fields and self._now(old.header) == new.header
        return fieldchanges.same(old.fields, new.fields)

    def _gone(self, gone: Mapping[Key, list[Version]]) -> None:
        left = {system for system, _ in self.after.names}
        whole: dict[str, list[str]] = defaultdict(list)
        for (system, name), versions in sorted(gone.items()):
            if system in left:
                place = self._where_it_was(versions[0])
                self.told.tell("TC401", place, system, f"event {name} is gone")
            else:
                whole[system].append(name)
        for system, names in whole.items():
            place = self._where_it_was(gone[system, names[0]][0])
            were = "event" if len(names) == 1 else "events"
            message = f"all of the subsystem is gone: {were} {listed(names)}"
            self.told.tell("TC401", place, system, message)

    def _where_it_was(self, version: Version) -> Place:
        """What a difference shows, near to where it was."""
        header = self._now(version.header)
        was, now = self.before.texts[version.header], self.after.texts.get(header)
        if now is None or version.place.file != version.header:
            return Place(header, 1)
        return Place(header, oldlines.now(was, now, version.place.line))

    def _fields(self) -> None:
        """Each pair of classes is compared once, for all the events that were of the one and are
        of the other."""
        pairs: dict[tuple[str, tuple[Fields, ...], tuple[Fields, ...], Place], list[str]]
        pairs = defaultdict(list)
        of: dict[Place, Version] = {}
        for system, name in sorted(self.old.keys() & self.new.keys()):
            for old, new in self._matched(self.old[system, name], self.new[system, name]):
                if old.fields is not None and new.fields is not None and old.fields != new.fields:
                    pairs[system, old.fields, new.fields, new.of].append(name)
                    of[new.of] = new
        for (system, before, after, place), names in sorted(pairs.items()):
            who = listed(list(dict.fromkeys(names)))
            for change in fieldchanges.found(before, after, self.meanings):
                if change.rule:
                    at = self._field(of[place], change.at)
                    self.told.tell(change.rule, at, system, f"{who}: {change.says}")
                else:
                    self.told.summary.append(f"{system}: {who}: {change.says}")

    def _conditions(self) -> None:
        """Events that a configuration may lack now which had them."""
        found: dict[tuple[str, str, str], list[tuple[Place, str]]] = defaultdict(list)
        for system, name in sorted(self.old.keys() & self.new.keys()):
            for old, new in self._matched(self.old[system, name], self.new[system, name]):
                # one symbol instead of another may be its new name
                if new.needs > old.needs:
                    more = " && ".join(f"CONFIG_{each}" for each in sorted(new.needs - old.needs))
                    found[new.header, system, more].append((new.place, name))
        for (_, system, symbols), events in sorted(found.items()):
            were = "event" if len(events) == 1 else "events"
            verb = "is" if len(events) == 1 else "are"
            who = listed(name for _, name in sorted(events))
            message = f"{were} {who} {verb} there only under {symbols} now"
            self.told.tell("TC408", min(events)[0], system, message)

    def _field(self, version: Version, name: str) -> Place:
        places = self.after.shapes[version.header].fields
        known = (places.get((each, what)) for what in (name, "") for each in version.classes)
        return next((place for place in known if place), version.of)

    def _matched(self, old: list[Version], new: list[Version]) -> Iterator[tuple[Version, Version]]:
        """The versions of one event: by header, and those left over in their order."""
        by_header = {each.header: each for each in new}
        left = []
        for each in old:
            if same := by_header.pop(self._now(each.header), None):
                yield each, same
            else:
                left.append(each)
        yield from zip(left, by_header.values(), strict=False)


def _versions(abi: Abi) -> dict[Key, list[Version]]:
    found: dict[Key, list[Version]] = defaultdict(list)
    for header, shape in sorted(abi.shapes.items()):
        for name, event in shape.events.items():
            told = shape.unknown.isdisjoint(event.classes) and all(
                each in shape.classes for each in event.classes
            )
            fields = [fields for each in event.classes for fields in shape.classes.get(each, ())]
            found[abi.systems[header], name].append(
                Version(
                    header,
                    event.place,
                    event.classes,
                    frozenset(each for each in event.needs if not each.startswith(abi.prefix)),
                    tuple(fields) if told else None,
                    shape.places.get(event.classes[0], event.place),
                )
            )
    return dict(found)


def _gaps(
    state: Mapping[str, Shape], other: Mapping[str, Shape]
) -> defaultdict[tuple[str, str], Gap]:
    """Where the events stand that another state does not have in the header, by that and name."""
    found: defaultdict[tuple[str, str], Gap] = defaultdict(lambda: ("", "", ""))
    for header, shape in state.items():
        events = sorted(shape.events, key=lambda name: shape.events[name].place)
        kept = other[header].events.keys() & shape.events.keys() if header in other else ()
        for name, gap in renames.gaps(header, events, kept).items():
            found[header, name] = gap
    return found


def listed(names: Iterable[str]) -> str:
    """The first of them, and how many more."""
    every = list(names)
    if len(every) <= _SHOWN + 1:
        return ", ".join(every)
    return f"{', '.join(every[:_SHOWN])} and {len(every) - _SHOWN} more"
