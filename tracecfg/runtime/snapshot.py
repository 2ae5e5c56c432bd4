"""save FILE and restore FILE: an instance's whole state in a file of the user's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracecfg.errors import TracecfgError, UsageError
from tracecfg.runtime import believed, control, instance, state
from tracecfg.runtime.instance import Place
from tracecfg.runtime.lock import locked
from tracecfg.runtime.restore import Restored
from tracecfg.runtime.tracefs import problem
from tracecfg.runtime.transaction import Change, apply

SCHEMA = "tracecfg.snapshot/1"
_MAX_SIZE = 64 * 1024 * 1024


def save(place: Place) -> tuple[bytes, int]:
    """The state, as text for a file, and how many files of tracefs it holds.

    Raises TracecfgError.
    """
    folder = instance.opened(place, instance.root(place))
    try:
        with locked(folder):
            found = control.saved(state.everything(folder))
    except OSError as error:
        raise problem(error, f"{folder.root}/{folder.shown('events')}") from error
    data = {
        "schema": SCHEMA,
        "boot_id": boot_id(),
        "instance": place.instance,
        "files": found,
    }
    return json.dumps(data, indent=0).encode() + b"\n", len(found)


def restore(place: Place, file: Path, *, dry_run: bool) -> Restored:
    """Make the instance that the file names, which `place` may name too, what it was.

    Raises TracecfgError: saved in another boot, no such file, a write failed and was undone.
    """
    data = _load(file)
    saved: Mapping[str, str] = data["files"]
    of = data["instance"]
    if place.instance not in (None, of):
        raise UsageError(
            f"{file}: saved of {'the top level' if of is None else f'instance {of}'}, not of "
            f"{place.instance}",
            "leave --instance out, or `save --instance` that one",
        )
    where = Place(place.tracefs, of, place.mount)
    top = instance.root(where)
    store = instance.store_of(top)
    folder = instance.opened(where, top)
    with locked(folder):
        try:
            current = state.read(folder, saved)
        except OSError as error:
            raise problem(error, folder.root) from error
        wanted = {
            path: text
            for path, text in saved.items()
            if path in current and not control.same(path, current[path], text)
        }
        names = {event[0] for path in wanted if (event := control.event_of(path))}
        systems = {name: tuple(folder.events(name)) for name in names}
        change = Change({path: current[path] for path in wanted}, wanted, systems, {})
        writes = change.writes()
        if not dry_run:
            journal = instance.journal_of(folder, store)
            apply(folder, store, journal, change)
        gone = tuple(path for path in saved if path not in current)
        shown = tuple(write._replace(path=folder.shown(write.path)) for write in writes)
        return Restored(where.instance, writes=shown, gone=gone)


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _load(file: Path) -> dict[str, Any]:
    """What is in the file is not trusted: it names only files that `save` saves."""
    try:
        if file.stat().st_size > _MAX_SIZE:
            raise UsageError(f"{file}: too large for a saved state")
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{file}: no saved state: {error}", "`tracecfg save` writes one"
        ) from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise UsageError(f"{file}: no saved state of this version", "`tracecfg save` writes one")
    if data.get("boot_id") != boot_id():
        raise TracecfgError(
            f"{file}: saved in another boot: void, not applied",
            "the kernel starts with everything off; a profile keeps a selection for longer",
        )
    files = data.get("files")
    if not isinstance(files, dict) or not believed.instance(data.get("instance")):
        raise UsageError(f"{file}: no saved state", "`tracecfg save` writes one")
    for path, text in files.items():
        if not believed.cell(path, text):
            raise UsageError(f"{file}: {path}: nothing that `tracecfg save` saves")
    return data
