"""Which subsystems' tracepoints an image, a running kernel or a configuration has. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from tracecfg.cost.names import TRACEPOINT
from tracecfg.cost.systems import systems
from tracecfg.errors import UsageError
from tracecfg.kernel.symbols import Image

_LOADS_MODULES = "modprobe_path"
"""A variable of kmod.c, which is built with CONFIG_MODULES."""


class Source(Enum):
    """What is verified."""

    IMAGE = "image"
    LIVE = "live"
    CONFIG = "config"


class Held(NamedTuple):
    """path: of the image, the tracefs or the .config
    subsystems: each that is there, with its tracepoints (of a running kernel its events) and the
    file that has each, "" where that cannot be seen; a .config has subsystems alone
    release: as uname -r says it, machine: as elf(5) does; "" where it is not known
    defined: groups of the events that somebody defined in the running kernel
    undecided: tracepoints of which the image does not tell the subsystem, with those of their
    source file
    unread: the modules that could not be read, a line each
    foreign: the modules of other kernels by their release
    without_modules: the kernel can load modules, and none were given
    """

    source: Source
    path: str
    subsystems: Mapping[str, Mapping[str, str]]
    release: str = ""
    machine: str = ""
    defined: frozenset[str] = frozenset()
    undecided: Mapping[str, frozenset[str]] = MappingProxyType({})
    unread: tuple[str, ...] = ()
    foreign: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    without_modules: bool = False


class Part(NamedTuple):
    """What one image or module defines. systems: of each tracepoint; the rest as Held has it"""

    path: str
    systems: Mapping[str, str]
    undecided: Mapping[str, frozenset[str]]
    release: str
    machine: str
    loads_modules: bool


def part(image: Image, bare: Mapping[str, str]) -> Part:
    """bare: as cost's systems() takes it

    Raises UsageError for an image whose System.map is that of another kernel.
    """
    known = systems(image, bare)
    if not image.exact:
        _check_map(image, known.tracepoints)
    return Part(
        image.path,
        known.of_tracepoint,
        known.undecided,
        _release(image),
        image.machine,
        any(each.name == _LOADS_MODULES for each in image.symbols),
    )


def joined(parts: Iterable[Part], unread: tuple[str, ...], *, with_modules: bool) -> Held:
    """The image, which comes first, and its modules as one."""
    kernel, *modules = parts
    modules.sort(key=lambda each: each.path)
    subsystems: dict[str, dict[str, str]] = {}
    undecided: dict[str, frozenset[str]] = {}
    foreign: dict[str, tuple[str, ...]] = {}
    for each in (kernel, *modules):
        for tracepoint, system in each.systems.items():
            subsystems.setdefault(system, {})[tracepoint] = each.path
        undecided |= each.undecided
        if each.release and kernel.release and each.release != kernel.release:
            foreign[each.release] = (*foreign.get(each.release, ()), each.path)
    return Held(
        Source.IMAGE,
        kernel.path,
        subsystems,
        kernel.release,
        kernel.machine,
        undecided=undecided,
        unread=unread,
        foreign=foreign,
        without_modules=kernel.loads_modules and not with_modules,
    )


def _check_map(image: Image, tracepoints: Collection[str]) -> None:
    """Of kernels that differ in a little, linux_banner is at the same place.

    include/linux/tracepoint-defs.h: a struct tracepoint begins with a pointer to its name.
    """
    for each in image.symbols:
        name = each.name.removeprefix(TRACEPOINT)
        at = image.pointer(each.address) if name != each.name and name in tracepoints else 0
        if at and image.text(at) != name:
            raise UsageError(
                f"{image.path}: the System.map is that of another kernel: {each.name} is not "
                "where it says",
                "name the one of the same build with --map",
            )


def _release(image: Image) -> str:
    """Of linux_banner in init/version-timestamp.c, or a module's vermagic."""
    if ".modinfo" in image.sections:
        found = re.search(rb"(?:^|\0)vermagic=(\S+)", image.read(*image.sections[".modinfo"]))
        return found[1].decode(errors="replace") if found else ""
    banner = next((each for each in image.symbols if each.name == "linux_banner"), None)
    words = image.text(banner.address).split() if banner else []
    return words[2] if words[:2] == ["Linux", "version"] else ""
