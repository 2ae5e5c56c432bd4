"""What tracecfg changed in an instance and what was there before: saved before the first write.

One JSON file for each instance, in $XDG_STATE_HOME/tracecfg; when that is not set, in
/var/lib/tracecfg for root (/run/tracecfg where that cannot be written) and ~/.local/state/tracecfg
for others. Its name begins with the boot's id: after a reboot nothing of it is true any more, and
it is never applied.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import NamedTuple

from tracecfg.errors import ChangeFailedError, TracecfgError

SCHEMA = "tracecfg.state/1"
_TOP = "top"


class Cell(NamedTuple):
    """One file. before: its text before tracecfg's first change
    ours: what it may hold by our doing: one text, or several while a change is under way or where
    a trigger of ours changes it
    """

    before: str
    ours: tuple[str, ...]


class Journal(NamedTuple):
    """instance: None for the top level; made: by tracecfg, `identity` being its inode
    busy: a change is under way; the process `pid` was killed in it when nobody holds the lock
    since: seconds of the epoch, of the first change; command: of the last
    settings: files that tracecfg does not write, as they were before
    run: the process whose end puts this back (`run`, `stream`), 0 for what stays
    """

    instance: str | None
    since: float = 0.0
    pid: int = 0
    busy: bool = False
    command: str = ""
    made: bool = False
    identity: int = 0
    run: int = 0
    cells: Mapping[str, Cell] = MappingProxyType({})
    settings: Mapping[str, str] = MappingProxyType({})


class Damaged(NamedTuple):
    """A journal that is of no use; instance: whose it is, by its name"""

    instance: str | None
    error: TracecfgError

    def __str__(self) -> str:
        return f"{self.error}; {self.error.hint}"


class Saved(NamedTuple):
    journals: tuple[Journal, ...]
    damaged: tuple[Damaged, ...]


class Store:
    """The journals of this boot, of the tracefs with device number `device`."""

    def __init__(self, device: int, folder: Path | None = None) -> None:
        self.folder = folder or _folder()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        self._boot = boot[:13]
        self._start = f"{self._boot}.{device:x}."

    def load(self, instance: str | None, run: int = 0) -> Journal | None:
        """None when nothing is saved. Raises TracecfgError for a file that is no journal."""
        return self._read(self._path(instance, run))

    def all(self) -> Saved:
        """Of this boot and tracefs."""
        found: list[Journal] = []
        damaged = []
        for name in self._names():
            if name.startswith(self._start):
                try:
                    journal = self._read(self.folder / name)
                except TracecfgError as error:
                    damaged.append(Damaged(self._instance(name), error))
                else:
                    found += [journal] if journal is not None else []
        return Saved(tuple(found), tuple(damaged))

    def void(self) -> list[str]:
        """The names of what an earlier boot left."""
        return [name for name in self._names() if not name.startswith(self._boot)]

    def drop_void(self) -> None:
        for name in self.void():
            (self.folder / name).unlink(missing_ok=True)
        # what a kill in the middle of saving left
        for path in self.folder.glob(".*.json.*"):
            if not path.name.startswith(f".{self._boot}"):
                path.unlink(missing_ok=True)

    def save(self, journal: Journal) -> None:
        """Raises ChangeFailedError (disk full), TracecfgError (a folder others may write to)."""
        import json

        from tracecfg.osio import write_atomic

        path = self._path(journal.instance, journal.run)
        if not journal.cells and not journal.made and not journal.busy:
            path.unlink(missing_ok=True)
            return
        self._make_folder()
        data = {
            "schema": SCHEMA,
            **{name: getattr(journal, name) for name in _SIMPLE},
            "cells": {name: [cell.before, *cell.ours] for name, cell in journal.cells.items()},
            "settings": dict(journal.settings),
        }
        # on the disk before the first write; what is saved after it says no more than that
        text = json.dumps(data, separators=(",", ":"))
        try:
            write_atomic(path, text.encode(), mode=0o600, sync=journal.busy)
        except ChangeFailedError as error:
            raise ChangeFailedError(
                error.message,
                f"free some space or mend {self.folder}, or set XDG_STATE_HOME to another folder",
            ) from error

    def drop(self, journal: Journal) -> None:
        self._path(journal.instance, journal.run).unlink(missing_ok=True)

    def files(self, instance: str | None, *, everything: bool = False) -> list[Path]:
        """Of the instance, or of all, readable or not."""
        found = []
        for name in self._names():
            if name.startswith(self._start) and (everything or self._instance(name) == instance):
                found.append(self.folder / name)
        return found

    def _instance(self, name: str) -> str | None:
        """What a file's name says."""
        label = name.removeprefix(self._start).removesuffix(".json")
        if label.startswith("run-"):
            label = label.partition(".")[2]
        return label.removeprefix("i-") if label.startswith("i-") else None

    def _names(self) -> list[str]:
        """Raises TracecfgError for a folder that is not ours alone."""
        try:
            self._check_folder()
            return sorted(p.name for p in self.folder.iterdir() if p.name.endswith(".json"))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _path(self, instance: str | None, run: int) -> Path:
        label = self._label(instance)
        return self.folder / f"{self._start}{f'run-{run}.' if run else ''}{label}.json"

    def _label(self, instance: str | None) -> str:
        return _TOP if instance is None else f"i-{instance}"

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise TracecfgError(
                f"{self.folder}: no folder for the saved state: {error.strerror}",
                "set XDG_STATE_HOME to a folder of yours; nothing was changed",
            ) from error
        self._check_folder()

    def _check_folder(self) -> None:
        """Raises OSError, and TracecfgError for a folder that is not ours alone."""
        link, about = self.folder.lstat(), self.folder.stat()
        if not (_ours(link, stat.S_IFMT(link.st_mode)) and _ours(about, stat.S_IFDIR)):
            raise TracecfgError(
                f"{self.folder}: others may write to the folder of the saved state",
                f"chown and chmod 700 {self.folder}; nothing was changed",
            )

    def _read(self, path: Path) -> Journal | None:
        instance = self._instance(path.name)
        where = "" if instance is None else f" --instance {shlex.quote(instance)}"
        forget = f"restore{where} --forget"
        hint = f"`tracecfg {forget}` drops it and leaves tracefs as it is"
        try:
            self._check_folder()
            # a FIFO in its place must not hold us up
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as stream:
                if not _ours(os.fstat(handle), stat.S_IFREG):
                    raise TracecfgError(f"{path}: not a file that only you or root write to", hint)
                data = stream.read()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise TracecfgError(f"{path}: cannot be read: {error.strerror}", hint) from error
        try:
            found = _parsed(data)
            if path != self._path(found.instance, found.run):
                raise ValueError("of another instance")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise TracecfgError(
                f"{path}: damaged, or no saved state of this version of tracecfg", hint
            ) from error
        return found


_SIMPLE: Mapping[str, type | UnionType] = {
    "instance": str | None,
    "since": int | float,
    "pid": int,
    "busy": bool,
    "command": str,
    "made": bool,
    "identity": int,
    "run": int,
}
_LATEST = 253402300800
"""9999-12-31: datetime knows no later time."""


def _parsed(text: bytes) -> Journal:
    """Raises ValueError, LookupError, TypeError, AttributeError, RecursionError."""
    import json

    from tracecfg.runtime import believed

    data = json.loads(text)
    if data["schema"] != SCHEMA:
        raise ValueError(data["schema"])
    simple = {name: data[name] for name in _SIMPLE}
    cells = {name: Cell(values[0], tuple(values[1:])) for name, values in data["cells"].items()}
    settings = dict(data["settings"])
    texts = [*settings.values(), *(text for cell in cells.values() for text in cell.ours)]
    if not (
        all(isinstance(simple[name], kind) for name, kind in _SIMPLE.items())
        and believed.instance(simple["instance"])
        and 0 <= simple["since"] < _LATEST
        and all(believed.cell(name, cell.before) for name, cell in cells.items())
        and all(believed.path(name) for name in settings)
        and all(isinstance(each, str) for each in texts)
    ):
        raise ValueError("values that tracecfg does not save")
    return Journal(**simple, cells=cells, settings=settings)


def _ours(about: os.stat_result, kind: int) -> bool:
    """Of that kind, and nobody writes to it but root and this user."""
    writable = about.st_mode & 0o022 and not stat.S_ISLNK(about.st_mode)
    return stat.S_IFMT(about.st_mode) == kind and about.st_uid in (0, os.geteuid()) and not writable


def _folder() -> Path:
    home = os.environ.get("XDG_STATE_HOME", "")
    if home.startswith("/"):
        return Path(home) / "tracecfg"
    if os.geteuid() != 0:
        return Path.home() / ".local/state/tracecfg"
    lasting, volatile = Path("/var/lib/tracecfg"), Path("/run/tracecfg")
    writable = os.access(lasting if lasting.exists() else lasting.parent, os.W_OK)
    # once used it stays in use: a root that was read-only early in the boot may be no more
    return lasting if writable and not volatile.exists() else volatile


def noted(
    journal: Journal,
    current: Mapping[str, str],
    wanted: Mapping[str, str],
    alive: Mapping[str, tuple[str, ...]],
) -> Journal:
    """The journal of a change that is about to be made.

    alive: files that triggers of the change write to, and what they may make of them
    """
    cells = dict(journal.cells)
    for path in {**wanted, **alive}:
        text = wanted.get(path, current[path])
        if path in cells or path in alive or current[path] != text:
            known = cells.get(path, Cell(current[path], ()))
            ours = [*known.ours, current[path], text, *alive.get(path, ())]
            cells[path] = Cell(known.before, (*dict.fromkeys(ours),))
    return journal._replace(cells=cells, busy=True)


def alive(pid: int) -> bool:
    """It is running: then it, or its guardian, puts back what it changed."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
