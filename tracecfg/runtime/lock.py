"""One change at a time: flock(2) on the instance's `events` directory, whoever's state it is."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tracecfg.errors import TracecfgError
from tracecfg.runtime.tracefs import Folder, problem

WAIT = 10.0
"""Seconds."""
_STEP = 0.02


@contextmanager
def locked(folder: Folder, path: str = "events") -> Iterator[None]:
    """Raises TracecfgError, with the holder's pid, when the lock is not free in time."""
    try:
        handle = folder.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise problem(error, f"{folder.root}/{folder.shown(path)}") from error
    try:
        end = time.monotonic() + WAIT
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise TracecfgError(
                        f"{folder.shown(path)}: {_holder(handle)} is changing it, for {WAIT:g} s",
                        "try again when it has ended",
                    ) from None
                time.sleep(_STEP)
        yield
    finally:
        os.close(handle)


def _holder(handle: int) -> str:
    """ "process PID (name)", from /proc/locks."""
    about = os.fstat(handle)
    device = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    with open("/proc/locks", encoding="ascii") as stream:  # noqa: PTH123
        for line in stream:
            parts = line.split()
            if parts[1] == "FLOCK" and parts[5] == device:
                return f"process {parts[4]}{_name(parts[4])}"
    return "another process"


def _name(pid: str) -> str:
    try:
        with open(f"/proc/{int(pid)}/comm", errors="replace") as stream:  # noqa: PTH123
            return f" ({stream.read().strip()})"
    except (OSError, ValueError):
        return ""
