"""The events of a module, which only the kernel can tell: asked in a scratch instance."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tracecfg.errors import TracecfgError, UnknownNameError
from tracecfg.runtime.control import Write
from tracecfg.runtime.tracefs import Folder, problem, remove_instance


def events(folder: Folder, modules: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(system, event) of each. Raises UnknownNameError for a module without events, or that is
    not loaded, TracecfgError on a kernel that cannot tell (before 6.14)."""
    if ":mod:" not in Folder(folder.root).read_or("README"):
        raise TracecfgError(
            "this kernel does not know :mod: in set_event",
            "name the module's subsystems; `tracecfg list` shows them",
        )
    name = f"tracecfg-ask-{os.getpid()}"
    try:
        Path(folder.root, "instances", name).mkdir()
    except OSError as error:
        raise problem(error, f"instances/{name}") from error
    try:
        return tuple(each for module in modules for each in _of(Folder(folder.root, name), module))
    finally:
        remove_instance(folder.root, name)


def _of(scratch: Folder, module: str) -> list[tuple[str, str]]:
    try:
        before = set(scratch.read("set_event").split())
        scratch.write(Write("set_event", f":mod:{module}"))
        lines = set(scratch.read("set_event").split()) - before
    except OSError:
        lines = set()
    found = [
        (line.partition(":")[0], line.partition(":")[2]) for line in lines if ":mod:" not in line
    ]
    if not found:
        raise UnknownNameError(
            f"no events of a loaded module '{module}'",
            f"lsmod | grep {module}; `modprobe {module}` loads it",
        )
    return sorted(found)
