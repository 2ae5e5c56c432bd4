"""Text files that a user names or leaves where they are looked for: read once, up to a size."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tracecfg.errors import UsageError

MAX_SIZE = 256 * 1024
"""Bytes that people write by hand into one file."""


def read(path: Path, option: str, *, size: int = MAX_SIZE, found: bool = False) -> str:
    """The text of a regular file, or of a pipe that the user named: <(git show main:a.toml).

    option: that names such a file, for the hint
    found: nobody named the file, so one that belongs to somebody else is refused: root would
    do what any user left in /tmp
    Raises UsageError.
    """
    try:
        # nobody may write to the other end of a FIFO
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            about = os.fstat(handle)
            if not (stat.S_ISREG(about.st_mode) or (stat.S_ISFIFO(about.st_mode) and not found)):
                raise UsageError(f"{path}: no regular file", f"{option} names one")
            if found and (why := _distrust(path, about)):
                raise UsageError(
                    f"{path}: {why}", f"look at it; {option} {path} uses it all the same"
                )
            os.set_blocking(handle, True)
            data = stream.read(size + 1)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror}", f"{option} names a file"
        ) from error
    return text(data, str(path), size=size)


def text(data: bytes, file: str, *, size: int = MAX_SIZE) -> str:
    """The text of a file's bytes. Raises UsageError for more than `size` of them, or no UTF-8."""
    if len(data) > size:
        raise UsageError(f"{file}: larger than {size // 1024} KiB")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{file}:{line}: it is no UTF-8 text") from error


def _distrust(path: Path, about: os.stat_result) -> str:
    """Why somebody else may have chosen what the file says; "" for nobody."""
    folder = path.parent.stat()
    for who, what in ((path.lstat(), "belongs"), (about, "leads to what belongs")):
        if who.st_uid not in _trusted():
            return f"{what} to another user (uid {who.st_uid})"
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "others may write to it"
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        return "others may write to its folder"
    return ""


def _trusted() -> set[int]:
    me = os.geteuid()
    asked_by = os.environ.get("SUDO_UID", "") if me == 0 else ""
    return {0, me} | ({int(asked_by)} if asked_by.isdecimal() else set())
