"""What the shell may offer: read from the live tracefs, and silent about any trouble."""

from __future__ import annotations

from tracecfg.errors import TracecfgError
from tracecfg.runtime import instance
from tracecfg.runtime.instance import Place


def candidates(incomplete: str) -> list[str]:
    """Subsystems; system:event once there is a colon; after `!` as well."""
    mark = "!" if incomplete.startswith("!") else ""
    system, colon, _ = incomplete.removeprefix("!").partition(":")
    try:
        top = instance.root(Place())
        names = (
            [f"{system}:{event}" for event in top.events(system)] if colon else list(top.systems())
        )
    except (TracecfgError, OSError):
        return []
    return [name for name in (mark + name for name in names) if name.startswith(incomplete)]


def instances(incomplete: str) -> list[str]:
    try:
        names = instance.instances(instance.root(Place()))
    except (TracecfgError, OSError):
        return []
    return [name for name in names if name.startswith(incomplete)]
