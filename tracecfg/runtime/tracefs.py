"""Tracefs: found, read, written. Every path is taken apart and opened without symlinks."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Sequence

from tracecfg.errors import TracecfgError, UsageError, shortened
from tracecfg.runtime.control import Write, kind

USUAL = "/sys/kernel/tracing"
_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_NAME = 200
"""Bytes; a file name has 255, and that of the saved state has more than this in it."""
_TRIES = 50
_PAUSE = 0.1
"""Seconds: a reader of the instance may need a moment to end."""
_NO_EVENTS = ("ftrace",)
"""Folders under events/ that describe formats; nothing in them can be turned on."""


def find(given: str | None = None, mounts_file: str = "/proc/self/mounts") -> str:
    """Where tracefs is: `given`, or a mount of this process. Raises TracecfgError for none."""
    if given is not None:
        return given
    with open(mounts_file, encoding="utf-8", errors="surrogateescape") as stream:  # noqa: PTH123
        mounts = [line.split() for line in stream]
    places = [_unescaped(mount[1]) for mount in mounts if mount[2] == "tracefs"]
    places += [f"{_unescaped(mount[1])}/tracing" for mount in mounts if mount[2] == "debugfs"]
    if not places:
        raise TracecfgError(
            "tracefs is not mounted", f"--mount does it: mount -t tracefs nodev {USUAL}"
        )
    return USUAL if USUAL in places else places[0]


def mount() -> None:
    """Mount tracefs where it belongs, unless it is mounted somewhere."""
    from pathlib import Path

    from tracecfg.osio import run

    try:
        find()
    except TracecfgError:
        run(["mount", "-t", "tracefs", "nodev", USUAL], cwd=Path("/"))


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def check_name(name: str) -> str:
    """The name of an instance; it cannot lead out of its folder. Raises UsageError."""
    bad = name in ("", ".", "..") or "/" in name or name.startswith("-") or not name.isprintable()
    if bad or len(os.fsencode(name)) > _MAX_NAME:
        raise UsageError(
            f"{shortened(name)!r} cannot be the name of an instance",
            f"at most {_MAX_NAME} bytes, printable, no '/' in it and no '-' before it",
        )
    return name


class Folder:
    """An instance's folder (or the root's): its files by path, its systems and their events.

    name: of the instance, or None for the top level
    """

    def __init__(self, root: str, name: str | None = None) -> None:
        """Raises TracecfgError: no tracefs there, no permission, no such instance."""
        self.root = root
        self.name = name
        self._folders: dict[str, int] = {}
        self._systems: tuple[str, ...] | None = None
        self._events: dict[str, tuple[str, ...]] = {}
        try:
            self._folders[""] = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            if name is not None:
                top = self._folder(f"instances/{check_name(name)}")
                os.close(self._folders.pop("instances"))
                os.close(self._folders.pop(""))
                self._folders = {"": top}
        except OSError as error:
            raise problem(error, root if name is None else f"{root}/instances/{name}") from error

    def shown(self, path: str) -> str:
        """For messages and --dry-run: relative to the root of tracefs."""
        return path if self.name is None else f"instances/{self.name}/{path}"

    def open(self, path: str, flags: int) -> int:
        """Raises OSError, and TracecfgError for a path that could lead out."""
        folder, _, name = _taken_apart(path)
        parent = self._folder(folder)
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)

    def _folder(self, path: str) -> int:
        """Kept open: the folders on the way to the last one that was asked for."""
        found = self._folders.get(path)
        if found is None:
            above, _, name = _taken_apart(path)
            parent = self._folder(above)
            for other in [each for each in self._folders if not f"{path}/".startswith(f"{each}/")]:
                if other:
                    os.close(self._folders.pop(other))
            found = os.open(name, _FOLDER, dir_fd=parent)
            self._folders[path] = found
        return found

    def read(self, path: str) -> str:
        """Raises OSError."""
        handle = self.open(path, os.O_RDONLY)
        try:
            text = b""
            while data := os.read(handle, 65536):
                text += data
        finally:
            os.close(handle)
        return text.decode(errors="replace")

    def read_or(self, path: str, otherwise: str = "") -> str:
        """`otherwise` for a file that this kernel, or this instance, does not have."""
        try:
            return self.read(path)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENODEV, errno.EACCES, errno.EOPNOTSUPP):
                return otherwise
            raise

    def exists(self, path: str) -> bool:
        try:
            os.close(self.open(path, os.O_PATH))
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
                return False
            raise
        return True

    def write(self, write: Write) -> None:
        """Raises OSError."""
        clears = write.truncate and kind(write.path).endswith("_pid")
        handle = self.open(write.path, os.O_WRONLY | (os.O_TRUNC if clears else 0))
        try:
            data = os.fsencode(write.value) + b"\n"
            while data.strip():
                # lists of pids are taken in pieces
                data = data[os.write(handle, data) :]
        finally:
            os.close(handle)

    def names(self, path: str) -> list[str]:
        """The folders in a folder. Raises OSError."""
        handle = self.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with os.scandir(handle) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir())
        finally:
            os.close(handle)

    def systems(self) -> Sequence[str]:
        if self._systems is None:
            found = [name for name in self.names("events") if name not in _NO_EVENTS]
            self._systems = tuple(found)
        return self._systems

    def events(self, system: str) -> Sequence[str]:
        if system not in self._events:
            try:
                self._events[system] = tuple(self.names(f"events/{system}"))
            except FileNotFoundError:
                return ()
        return self._events[system]

    def has(self, system: str, event: str | None) -> bool:
        if system in _NO_EVENTS or {system, event} & {"", ".", ".."}:
            return False
        return self.exists(f"events/{system}{'' if event is None else f'/{event}'}/enable")

    def identity(self) -> int:
        """Differs when the instance was removed and made again."""
        return os.fstat(self._folders[""]).st_ino

    def __del__(self) -> None:
        for handle in getattr(self, "_folders", {}).values():
            os.close(handle)


def _taken_apart(path: str) -> tuple[str, str, str]:
    """As rpartition does. Raises TracecfgError for '', '.' and '..' in it, whoever made it."""
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise TracecfgError(f"{path!r} is no path below tracefs")
    return path.rpartition("/")


def remove_instance(root: str, name: str) -> None:
    """Raises TracecfgError when somebody holds it open."""
    handle = Folder(root).open("instances", os.O_RDONLY | os.O_DIRECTORY)
    try:
        for left in reversed(range(_TRIES)):
            try:
                os.rmdir(check_name(name), dir_fd=handle)
                return
            except FileNotFoundError:
                return
            except OSError as error:
                if error.errno != errno.EBUSY or not left:
                    raise problem(error, f"instances/{name}") from error
                time.sleep(_PAUSE)
    finally:
        os.close(handle)


def problem(error: OSError, where: str) -> TracecfgError:
    """What an error of tracefs means to the user."""
    said = os.strerror(error.errno or 0)
    match error.errno:
        case errno.EACCES | errno.EPERM:
            if _locked_down():
                return TracecfgError(
                    f"{where}: the kernel is locked down (confidentiality): no tracing",
                    "cat /sys/kernel/security/lockdown; it can be lifted only by a reboot",
                )
            if os.geteuid() == 0:
                return TracecfgError(
                    f"{where}: the kernel refuses it to root too ({said.lower()})",
                    "is this a container, or does a security module forbid it? see dmesg",
                )
            return TracecfgError(f"{where}: no permission", "run as root: sudo tracecfg ...")
        case errno.ENOENT | errno.ENODEV | errno.ENOTDIR:
            return TracecfgError(
                f"{where}: not there, or gone meanwhile ({said.lower()})",
                "an event goes with its module, an instance with rmdir; is it tracefs at all?",
            )
        case errno.EROFS:
            return TracecfgError(
                f"{where}: tracefs is mounted read-only",
                "mount -o remount,rw " + USUAL,
            )
        case errno.EBUSY:
            return TracecfgError(
                f"{where}: busy: another tool or a running trace holds it",
                "is the instance read, mapped or traced by somebody? try again after it ends",
            )
        case errno.ENOMEM | errno.ENOSPC:
            return TracecfgError(
                f"{where}: the kernel has no room for it ({said.lower()})",
                "a smaller --buffer-size, or remove instances that are not needed",
            )
        case errno.ELOOP:
            return TracecfgError(f"{where}: a symbolic link, which tracefs never has")
    return TracecfgError(f"{where}: {said}")


def _locked_down() -> bool:
    try:
        handle = os.open("/sys/kernel/security/lockdown", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return b"[confidentiality]" in os.read(handle, 200)
    finally:
        os.close(handle)
