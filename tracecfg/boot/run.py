"""From arguments to the text that makes a kernel trace from boot on."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tracecfg import profile as profiles
from tracecfg.boot.bootconfig import bootconfig
from tracecfg.boot.line import command_line, limit_of
from tracecfg.boot.request import request
from tracecfg.boot.unit import unit
from tracecfg.errors import TracecfgError, UsageError
from tracecfg.explain.read import own_config
from tracecfg.runtime import tracefs
from tracecfg.selection import Names, parse

FORMS = ("command-line", "bootconfig", "systemd")
_NEEDED = ("BOOT_CONFIG", "BOOTTIME_TRACING")


@dataclass(frozen=True)
class Result:
    """text: what was asked for, with its newline; notes: what to know about it"""

    text: str
    notes: tuple[str, ...]


def boot(
    words: Sequence[str],
    *,
    form: str,
    profile: str | None,
    config: Path | None,
    instance: str | None,
) -> Result:
    """form: one of FORMS. Raises what profile.load, request and the forms raise."""
    if instance is not None:
        tracefs.check_name(instance)
    if config is not None and profile is None:
        raise UsageError("--config names the file of a profile", "add --profile NAME")
    chosen = profiles.load(config, profile) if profile is not None else None
    if form == "systemd":
        return _unit(words, chosen, config, instance)
    wanted, notes = request(words, profile=chosen, instance=instance, names=_names())
    if form == "bootconfig":
        return Result(bootconfig(wanted), (*notes, *_bootconfig_notes(bool(wanted.triggers))))
    machine = os.uname().machine
    line = command_line(wanted, machine=machine)
    return Result(line + "\n", (*notes, *_length_notes(line, machine)))


def _names() -> Names | None:
    try:
        found = tracefs.Folder(tracefs.find())
        found.systems()
    except (TracecfgError, OSError):
        return None
    return found


def _bootconfig_notes(triggers: bool) -> list[str]:
    notes = ["the kernel reads this when its command line has `bootconfig` (bootconfig -a FILE)"]
    config, _ = own_config(Path("/"))
    if config is not None:
        needed = (*_NEEDED, *(("HIST_TRIGGERS",) if triggers else ()))
        notes += [
            f"{config.place(name)}: {config.says(name)}; a kernel without it ignores this"
            for name in needed
            if not config.on(name)
        ]
    return notes


def _length_notes(line: str, machine: str) -> list[str]:
    try:
        now = len(Path("/proc/cmdline").read_bytes().strip())
    except OSError:
        return []
    have, limit = now + 1 + len(line), limit_of(machine)
    if have < limit:
        return []
    return [f"with the {now} bytes that the running kernel has, this exceeds {limit - 1}"]


def _unit(
    words: Sequence[str],
    profile: profiles.Profile | None,
    config: Path | None,
    instance: str | None,
) -> Result:
    parse((*(profile.events if profile else ()), *words))
    if profile is None and not words:
        raise UsageError("boot: which events?", "tracecfg boot --systemd --profile NAME")
    program = shutil.which("tracecfg")
    command = [os.path.abspath(program)] if program else [sys.executable, "-m", "tracecfg"]  # noqa: PTH100
    start = [*command, "enable", "--mount"]
    where = instance or (profile.instance if profile else None)
    if profile is not None:
        file = (config or profiles.find(Path.cwd())).absolute()
        start += ["--config", str(file), "--profile", profile.name]
    if instance is not None:
        start += ["--instance", instance]
    start += [*(["--"] if any(word.startswith("-") for word in words) else []), *words]
    stop = [*command, "restore", *(["--instance", where] if where is not None else [])]
    what = f"profile {profile.name}" if profile is not None else " ".join(words)
    return Result(unit(what, start=start, stop=stop), ())
