"""Which subsystem an event belongs to, as the image's own structures say it.

struct trace_event_call and struct trace_event_class in include/linux/trace_events.h: an event
points to its class, the class to the system's name. Where in them differs between kernels, so it is
found by what is pointed to.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tracecfg.cost import names
from tracecfg.kernel.symbols import STT_FUNC, Image, Symbol

_STRUCT = 512
"""Bytes of a structure that are looked at: both take less than half of it."""


@dataclass(frozen=True)
class Class:
    """An event class of one source file (unit) and the events made of it."""

    name: str
    unit: int
    system: str
    events: tuple[str, ...]

    @property
    def only(self) -> str | None:
        """The event of a TRACE_EVENT, which is its class's only one."""
        return self.name if self.events == (self.name,) else None


@dataclass(frozen=True)
class Systems:
    """classes: by unit and name; of_event: the event's class
    of_tracepoint: the system of each that is defined here, as far as the image tells; undecided:
    of each other one the systems of its source file
    tracepoints: all, those that are only used as well
    """

    classes: Mapping[tuple[int, str], Class]
    of_event: Mapping[str, Class]
    of_tracepoint: Mapping[str, str]
    undecided: Mapping[str, frozenset[str]]
    tracepoints: frozenset[str]

    def existing(self, system: str) -> str | None:
        """The name of a system, unless no tracepoint here is of it."""
        return system if system in self._names else None

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.of_tracepoint.values())

    def class_of(self, symbol: Symbol, name: str) -> Class | None:
        """Of a symbol with the name of a class, or of an event that differs from its class in
        the print format."""
        found = self.classes.get((symbol.unit, name))
        return found or self.of_event.get(name)


def systems(image: Image, bare: Mapping[str, str]) -> Systems:
    """Read them off the image.

    bare: the system of tracepoints without an event, as the headers of one tree have it
    """
    tracepoints = _tracepoints(image)
    classes = {}
    of_event = {}
    for made in _classes(image, tracepoints):
        classes[made.unit, made.name] = made
        of_event.update(dict.fromkeys(made.events, made))
    of_tracepoint = {event: of.system for event, of in of_event.items()}
    rest = sorted(name for name, here in tracepoints.items() if here and name not in of_tracepoint)
    undecided = {}
    for name, system, candidates in _of_bare(image, rest, bare):
        if system is None:
            undecided[name] = candidates
        else:
            of_tracepoint[name] = system
    return Systems(classes, of_event, of_tracepoint, undecided, frozenset(tracepoints))


def _tracepoints(image: Image) -> Mapping[str, bool]:
    """Their names, and whether they are defined here or only used."""
    found = {
        each.name.removeprefix(names.TRACEPOINT): each.defined
        for each in image.symbols
        if each.name.startswith(names.TRACEPOINT)
    }
    extensions = {names.EXTENSION + name for name in found}
    return {name: here for name, here in found.items() if name not in extensions}


def _classes(image: Image, tracepoints: Mapping[str, bool]) -> Iterator[Class]:
    """The event classes that have events."""
    found = {x.address: x for x in image.symbols if x.name.startswith(names.CLASS)}
    texts = {each.address for each in _named_systems(image)}
    events: dict[int, list[str]] = {}
    for each in image.symbols:
        if each.name.startswith(names.CALL) and each.address not in found:
            event = names.stem(each.name).removeprefix(names.CALL)
            if tracepoints.get(event) and (at := _pointer(image, each, found)):
                events.setdefault(at, []).append(event)
    for at, members in events.items():
        system = image.text(_pointer(image, found[at], texts))
        if system and system.isprintable():
            name = names.stem(found[at].name).removeprefix(names.CLASS)
            yield Class(name, found[at].unit, system, tuple(members))


def _pointer(image: Image, symbol: Symbol, targets: Container[int]) -> int:
    """The first address in an object that is one of these, or 0."""
    data = image.up_to(symbol.address, min(symbol.size, _STRUCT))
    values = struct.iter_unpack("<Q", data[: len(data) // 8 * 8])
    return next((value for (value,) in values if value in targets), 0)


def _named_systems(image: Image) -> Iterator[Symbol]:
    before, after = names.SYSTEM
    for each in image.symbols:
        if each.name.startswith(before) and names.stem(each.name).endswith(after):
            yield each


def _of_bare(
    image: Image, tracepoints: Iterable[str], bare: Mapping[str, str]
) -> Iterator[tuple[str, str | None, frozenset[str]]]:
    """Of tracepoints without an event (DECLARE_TRACE), for which no structure names the system:
    that of their source file when it instantiates one alone; of several the one in `bare`, or
    else None, and all that the file instantiates.
    __traceiter_ is global; the file is that of the functions around it."""
    named: dict[int, set[str]] = {}
    for each in _named_systems(image):
        named.setdefault(each.unit, set()).add(image.text(each.address))
    local = sorted(
        (each.address, each.unit)
        for each in image.symbols
        if each.unit >= 0 and each.kind == STT_FUNC
    )
    iterators = {each.name: each for each in image.symbols if each.name.startswith("__traceiter_")}
    for name in tracepoints:
        iterator = iterators.get(f"__traceiter_{name}")
        if iterator is None:
            yield name, None, frozenset()
            continue
        at = bisect_left(local, (iterator.address, -1))
        # without units (a System.map has none) it can be any system of the image
        units = {unit for _, unit in local[max(at - 1, 0) : at + 1]} or {-1}
        candidates = frozenset[str]().union(*(named.get(unit, set()) for unit in units))
        known = bare.get(name)
        if len(candidates) == 1 and len(units) == 1:
            (known,) = candidates
        yield name, known if known in candidates else None, candidates
