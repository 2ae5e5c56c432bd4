"""The trace systems of a tree while their parts are being collected."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from tracecfg.gate import Sym, all_of
from tracecfg.kernel.kbuild import Makefiles
from tracecfg.kernel.resolve import Includes, nearness
from tracecfg.kernel.source import Source
from tracecfg.model import Consumer, Creator, Event, Export, GateResult, Place, Use


class Created(NamedTuple):
    """A creator whose object's gate is still to be asked for.

    source: the .c file; needs: the symbols of the #ifdefs around the place
    """

    place: Place
    header: str
    source: str
    needs: tuple[str, ...]


class Consumed(NamedTuple):
    """A consumer whose object's gate is still to be asked for; source, needs: as of a creator"""

    event: str
    place: Place
    source: str
    needs: tuple[str, ...]


@dataclass
class Draft:
    """A trace system while its parts are being collected."""

    variable: str | None = None
    own_option: str | None = None
    switch: str | None = None
    headers: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    creators: list[Created] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    consumers: list[Consumed] = field(default_factory=list)


@dataclass
class Drafts:
    """The systems of a tree while they are being collected."""

    systems: dict[str, Draft] = field(default_factory=lambda: defaultdict(Draft))
    of_header: dict[str, str] = field(default_factory=dict)
    of_event: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def meant(self, event: str, source: Source, includes: Includes) -> list[str]:
        """The systems an event name can mean in a file: the one whose header it includes, or
        else the one whose headers lie nearest."""
        names = self.of_event.get(event, [])
        if len(names) < 2:
            return names
        for argument in source.includes:
            header = includes.resolve(source.path, argument)
            if header is not None and self.of_header.get(header.path) in names:
                return [self.of_header[header.path]]

        def near(name: str) -> tuple[int, int]:
            return max(nearness(header, source.path) for header in self.systems[name].headers)

        return [max(names, key=near)]


def creator(made: Created, makefiles: Makefiles) -> Creator:
    """With the gate of its object, narrowed by the #ifdefs."""
    built = makefiles.gate_of(made.source)
    if built.gate is not None:
        built = GateResult(gate=all_of([built.gate, *map(Sym, made.needs)]))
    return Creator(
        place=made.place, header=made.header, gate=built, module=makefiles.is_module(made.source)
    )


def consumer(made: Consumed, makefiles: Makefiles, switch: str | None) -> Consumer:
    """With the gate of its object. switch: the system's, if the tree is converted: the code may
    ask for the option that is to be decided on"""
    own = makefiles.config_of(made.source)
    configs = dict.fromkeys([own, *made.needs] if own else made.needs)
    return Consumer(
        event=made.event,
        place=made.place,
        configs=tuple(config for config in configs if config != switch),
        gate=makefiles.gate_of(made.source),
    )
