"""Collects the facts about the running kernel; everything that needs no privilege needs none."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path

from tracecfg.errors import TracecfgError, UsageError
from tracecfg.explain import hints, kconfig, modindex
from tracecfg.explain.facts import Access, Facts, Tracefs
from tracecfg.explain.kconfig import KernelConfig
from tracecfg.kernel.configfile import config_text
from tracecfg.runtime.tracefs import find


def read(
    names: Iterable[str], *, config: Path | None, tracefs: Path | None, root: Path = Path("/")
) -> Facts:
    """All that decide() needs about some subsystems and events.

    config: the kernel's configuration, instead of the running kernel's own
    tracefs: where it is mounted, instead of the place that the mounts tell
    root: where /proc, /sys, /boot and /lib are
    Raises UsageError for a `config` or `tracefs` that is not one.
    """
    release = _release(root)
    found, looked = own_config(root) if config is None else (_named_config(config), ())
    seen = _tracefs(list(names), tracefs, root)
    folder, _ = modules_folder(root)
    modules, note = modindex.stored(folder, release)
    return Facts(
        release=release,
        tracefs=seen,
        hints=shipped_hints(),
        config=found,
        looked_for=looked,
        lockdown=_lockdown(root),
        loaded=_loaded(root),
        modules=modules,
        modules_note=note,
        has_modules=folder.is_dir(),
        tracepoints=None if seen.access is Access.READABLE else _tracepoints(root),
    )


@cache
def shipped_hints() -> hints.Hints:
    """The table that comes with tracecfg."""
    file = resources.files("tracecfg.explain").joinpath("hints.json")
    return hints.load(file.read_text(encoding="utf-8"))


def modules_folder(root: Path = Path("/")) -> tuple[Path, str]:
    """Where the running kernel's modules are installed, and its release."""
    return root / "lib/modules" / _release(root), _release(root)


def _named_config(path: Path) -> KernelConfig:
    try:
        found = _config(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    if found is None:
        raise UsageError(
            f"{path}: no kernel configuration", "--kernel-config names a .config or config.gz"
        )
    return found


def own_config(root: Path) -> tuple[KernelConfig | None, tuple[str, ...]]:
    """The running kernel's configuration, or None and the files that were looked for."""
    release = _release(root)
    places = [
        root / "proc/config.gz",
        root / f"boot/config-{release}",
        root / f"lib/modules/{release}/config",
        root / f"lib/modules/{release}/build/.config",
    ]
    for path in places:
        try:
            found = _config(path)
        except OSError:
            continue
        if found is not None:
            return found, ()
    return None, tuple(map(str, places))


def _config(path: Path) -> KernelConfig | None:
    return kconfig.parse(config_text(path), str(path))


def _tracefs(names: list[str], given: Path | None, root: Path) -> Tracefs:
    where = given if given is not None else _mounted(root)
    if where is None:
        types = _text(root / "proc/filesystems").split()
        lacking = bool(types) and "tracefs" not in types
        return Tracefs(access=Access.NOT_IN_KERNEL if lacking else Access.NOT_MOUNTED)
    if given is not None:
        _check(given)
    by_path = {name: _there(where / "events", name) for name in names}
    try:
        listed = (where / "available_events").read_text(encoding="utf-8", errors="replace")
    except PermissionError:
        # a member of an allow group may see the events' folders all the same
        access = Access.READABLE if any(by_path.values()) else Access.NO_PERMISSION
        return Tracefs(access=access, path=str(where), by_path=by_path)
    except OSError:
        listed = ""
    return Tracefs(
        access=Access.READABLE,
        path=str(where),
        events=frozenset(listed.split()),
        empty=not listed and not _is_folder(where / "events"),
        by_path=by_path,
    )


def _check(given: Path) -> None:
    """A tracefs that is locked down is empty; one that we may not look into may be one."""
    try:
        entries = {path.name for path in given.iterdir()}
    except PermissionError:
        return
    except OSError as error:
        raise UsageError(f"{given}: {error.strerror}", "--tracefs names a mount") from error
    if entries and "events" not in entries:
        raise UsageError(f"{given}: no tracefs: it has no events folder", "--tracefs names a mount")


def _there(events: Path, name: str) -> bool | None:
    parts = name.split(":", 1)
    if any(part in ("", ".", "..") or "/" in part for part in parts):
        return False
    try:
        # not just anything: events/enable and events/SYSTEM/filter are files
        return stat.S_ISDIR(events.joinpath(*parts).stat().st_mode)
    except PermissionError:
        return None
    except (OSError, ValueError):
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _mounted(root: Path) -> Path | None:
    try:
        where = Path(find(mounts_file=str(root / "proc/self/mounts")))
    except (TracecfgError, OSError):
        return None
    try:
        where.stat()
    except FileNotFoundError:
        # a debugfs without tracefs in it
        return None
    except OSError:
        pass
    return where


def _lockdown(root: Path) -> tuple[str, str] | None:
    """Of `none [integrity] confidentiality`, or of the command line where securityfs is not."""
    for path, pattern in (
        ("sys/kernel/security/lockdown", r"\[(\w+)\]"),
        ("proc/cmdline", r"(?:^|\s)lockdown=(\w+)"),
    ):
        if found := re.search(pattern, _text(root / path)):
            return f"/{path}", found[1]
    return None


def _loaded(root: Path) -> frozenset[str]:
    lines = _text(root / "proc/modules").splitlines()
    return frozenset(line.split(" ", 1)[0] for line in lines)


def _tracepoints(root: Path) -> frozenset[str] | None:
    text = _text(root / "proc/kallsyms")
    # __traceiter_* are functions and so there without KALLSYMS_ALL, since they exist
    return frozenset(re.findall(r"\b__(?:traceiter|tracepoint)_(\w+)", text)) if text else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _release(root: Path) -> str:
    first = _text(root / "proc/sys/kernel/osrelease").partition("\n")[0].strip()
    return first or os.uname().release
