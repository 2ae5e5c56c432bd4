"""Reads an instance's files into a state."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from tracecfg.runtime import control, trigger
from tracecfg.runtime.tracefs import Folder


def read(folder: Folder, paths: Iterable[str]) -> dict[str, str]:
    """The files' normal texts; one that this kernel does not have is left out. Raises OSError."""
    found = {}
    for path in paths:
        with suppress(FileNotFoundError):
            found[path] = control.normal(path, folder.read(path))
    return found


def enables(folder: Folder, system: str) -> dict[str, str]:
    """`enable` of each event of a subsystem. Raises OSError."""
    paths = [control.event_file(system, event, "enable") for event in folder.events(system)]
    if folder.read(control.system_file(system)).strip() == "0":
        # the kernel counts an event that a trigger holds ready as on
        return dict.fromkeys(paths, "0")
    return read(folder, paths)


def buffer_sizes(folder: Folder) -> dict[str, str]:
    """The size for all CPUs, or `X` and each CPU's own."""
    found = read(folder, ["buffer_size_kb"])
    if found.get("buffer_size_kb") == "X":
        cpus = [f"per_cpu/{name}/buffer_size_kb" for name in folder.names("per_cpu")]
        found |= read(folder, cpus)
    return found


def settings(folder: Folder) -> dict[str, str]:
    return read(folder, control.WATCHED)


def everything(folder: Folder) -> dict[str, str]:
    """All that `save` saves: settings, sizes, and enable, filter and triggers of each event."""
    found = {**settings(folder), **buffer_sizes(folder)}
    for system in folder.systems():
        for event in folder.events(system):
            names = ("enable", "filter", "trigger")
            found |= read(folder, [control.event_file(system, event, name) for name in names])
    return found


def targets(folder: Folder) -> set[tuple[str, str]]:
    """The events that a trigger of some event turns on or off. Raises OSError."""
    found = set()
    for system in folder.systems():
        for event in folder.events(system):
            for line in trigger.lines(folder.read_or(control.event_file(system, event, "trigger"))):
                each = trigger.parse(line)
                if each is not None and each.target is not None:
                    found.add(each.target)
    return found


def lost_events(folder: Folder) -> int:
    """Overwritten before anybody read them, or dropped, on all CPUs."""
    lost = 0
    for cpu in folder.names("per_cpu"):
        for line in folder.read_or(f"per_cpu/{cpu}/stats").splitlines():
            name, _, number = line.partition(":")
            if name in ("overrun", "dropped events"):
                lost += int(number)
    return lost


def device(folder: Folder) -> int:
    return os.stat(folder.root).st_dev  # noqa: PTH116
