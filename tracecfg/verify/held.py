"""Which subsystems' tracepoints an image, a running kernel or a configuration has. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from tracecfg.cost import names
from tracecfg.cost.systems import systems
from tracecfg.kernel.symbols import Image


class Source(Enum):
    """What is verified."""

    IMAGE = "image"
    LIVE = "live"
    CONFIG = "config"


class Held(NamedTuple):
    """path: of the image, the tracefs or the .config
    subsystems: each that is there, with its tracepoints (of a running kernel its events) and the
    file that has each, "" where that cannot be seen; a .config has subsystems alone
    unknown: tracepoints of which the image does not tell the subsystem
    unread: the modules that could not be read, a line each
    """

    source: Source
    path: str
    subsystems: Mapping[str, Mapping[str, str]]
    unknown: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class Part(NamedTuple):
    """What one image or module defines: the subsystem of each tracepoint."""

    path: str
    systems: Mapping[str, str]
    unknown: tuple[str, ...]


def part(image: Image, bare: Mapping[str, str]) -> Part:
    """bare: as cost's systems() takes it"""
    known = systems(image, bare)
    defined = {
        each.name.removeprefix(names.TRACEPOINT)
        for each in image.symbols
        if each.defined and each.name.startswith(names.TRACEPOINT)
    }
    unknown = (defined & known.tracepoints) - known.of_tracepoint.keys()
    return Part(image.path, known.of_tracepoint, tuple(sorted(unknown)))


def joined(parts: Iterable[Part], path: str, unread: tuple[str, ...]) -> Held:
    """The image and its modules as one."""
    subsystems: dict[str, dict[str, str]] = {}
    unknown: list[str] = []
    for each in parts:
        for tracepoint, system in each.systems.items():
            subsystems.setdefault(system, {})[tracepoint] = each.path
        unknown += each.unknown
    return Held(Source.IMAGE, path, subsystems, tuple(unknown), unread)
