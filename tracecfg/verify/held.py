"""Which subsystems' tracepoints an image, a running kernel or a configuration has. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

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
    undecided: tracepoints of which the image does not tell the subsystem, with those of their
    source file
    unread: the modules that could not be read, a line each
    """

    source: Source
    path: str
    subsystems: Mapping[str, Mapping[str, str]]
    undecided: Mapping[str, frozenset[str]] = MappingProxyType({})
    unread: tuple[str, ...] = ()


class Part(NamedTuple):
    """What one image or module defines: the subsystem of each tracepoint; undecided: as Held has
    them"""

    path: str
    systems: Mapping[str, str]
    undecided: Mapping[str, frozenset[str]]


def part(image: Image, bare: Mapping[str, str]) -> Part:
    """bare: as cost's systems() takes it"""
    known = systems(image, bare)
    return Part(image.path, known.of_tracepoint, known.undecided)


def joined(parts: Iterable[Part], path: str, unread: tuple[str, ...]) -> Held:
    """The image and its modules as one."""
    subsystems: dict[str, dict[str, str]] = {}
    undecided: dict[str, frozenset[str]] = {}
    for each in parts:
        for tracepoint, system in each.systems.items():
            subsystems.setdefault(system, {})[tracepoint] = each.path
        undecided |= each.undecided
    return Held(Source.IMAGE, path, subsystems, undecided, unread)
