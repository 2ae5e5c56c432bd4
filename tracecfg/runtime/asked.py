"""Options and a profile, together, are a place and a request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tracecfg.errors import UsageError
from tracecfg.runtime.instance import Place
from tracecfg.runtime.request import Request

MAX_PID = 1 << 22
"""PID_MAX_LIMIT of include/linux/threads.h."""
_SIZE = r"([0-9]{1,12})([KMG]?)"
_KIB = {"": 1, "K": 1, "M": 1024, "G": 1024 * 1024}


def request(
    *,
    action: str,
    words: Sequence[str],
    filter_: str | None,
    triggers: Sequence[str],
    instance: str | None,
    pids: Sequence[int],
    buffer_size: str | None,
    clock: str | None,
    profile: str | None,
    config: Path | None,
    tracefs: str | None,
    mount: bool,
    ignore_missing: bool,
) -> tuple[Place, Request]:
    """What an option says comes before what the profile says. Raises UsageError."""
    size = kib(buffer_size) if buffer_size is not None else None
    given = {"--filter": [filter_], "--clock": [clock], "--trigger": triggers}
    for option, texts in given.items():
        for text in texts:
            if text is not None and (not text.isprintable() or not text.strip()):
                raise UsageError(f"{option} {text!r}: it needs a text of one line")
    for pid in pids:
        if not 0 < pid <= MAX_PID:
            raise UsageError(f"--pid {pid}: no process id", f"a number from 1 to {MAX_PID}")
    if profile is None:
        if not words:
            raise UsageError(
                f"{action}: which events?", "name a subsystem; `tracecfg list` shows them"
            )
        if config is not None:
            raise UsageError(
                "--config is for --profile", f"{action} --profile NAME --config {config}"
            )
        return Place(tracefs, instance, mount), Request(
            action=action,
            words=words,
            filter=filter_ or "",
            triggers=triggers,
            pids=pids,
            buffer_kb=size,
            clock=clock,
            ignore_missing=ignore_missing,
        )
    from tracecfg import profile as profiles

    found = profiles.load(config, profile)
    off = action == "disable"
    return Place(tracefs, instance or found.instance, mount), Request(
        action=action,
        words=(*found.events, *words),
        filter=filter_ or "",
        triggers=triggers,
        filters={} if off else found.filters,
        triggers_of={} if off else found.triggers,
        pids=pids or (() if off else found.pids),
        buffer_kb=size if size is not None or off else found.buffer_size_kb,
        clock=clock or (None if off else found.clock),
        ignore_missing=ignore_missing,
    )


def kib(text: str) -> int:
    """ "4096", "4096K", "4M", "1G" in KiB. Raises UsageError."""
    found = re.fullmatch(_SIZE, text)
    if not found or not int(found[1]):
        raise UsageError(f"--buffer-size {text}: no size", "KiB per CPU: 4096, 4M or 1G")
    return int(found[1]) * _KIB[found[2]]
