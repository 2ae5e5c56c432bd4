"""What is known about a kernel and its events before anything is concluded from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tracecfg.explain.hints import Hints
from tracecfg.explain.kconfig import KernelConfig


class Access(Enum):
    """What tracefs lets us see."""

    READABLE = "readable"
    NO_PERMISSION = "no permission"
    NOT_MOUNTED = "not mounted"
    NOT_IN_KERNEL = "not in the kernel"


@dataclass(frozen=True, kw_only=True)
class Tracefs:
    """path: where it is mounted, "" when it is not
    events: of available_events, as system:event; None when that cannot be read
    empty: there is nothing in it at all
    by_path: for each name that was asked about whether its directory is there, None when that
    cannot be seen
    """

    access: Access
    path: str = ""
    events: frozenset[str] | None = None
    empty: bool = False
    by_path: Mapping[str, bool | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ModuleIndex:
    """What the installed modules of one kernel define. source: the folder of the modules
    events, systems: name -> the modules that define it; - in a system's name is _ here
    """

    release: str
    source: str
    events: Mapping[str, tuple[str, ...]]
    systems: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """config: None when none of `looked_for` could be read
    lockdown: (where it stands, the mode), None when nothing tells it
    loaded: modules of /proc/modules
    modules: None when no index was built for this kernel; modules_note then says why
    has_modules: whether any are installed
    tracepoints: whose code is in the running kernel by /proc/kallsyms, which any user may read;
    None when that was not needed or not readable
    """

    release: str
    tracefs: Tracefs
    hints: Hints
    config: KernelConfig | None = None
    looked_for: tuple[str, ...] = ()
    lockdown: tuple[str, str] | None = None
    loaded: frozenset[str] = frozenset()
    modules: ModuleIndex | None = None
    modules_note: str = ""
    has_modules: bool = True
    tracepoints: frozenset[str] | None = None
