"""What is to be traced from boot on, in terms that the kernel understands at boot."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracecfg.errors import UsageError
from tracecfg.selection import Names, Term, parse, resolve

if TYPE_CHECKING:
    from tracecfg.profile import Profile


_NAME = re.compile(r"[\w.*:-]+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Request:
    """events: subsystem, subsystem:event, subsystem:*, *:event, *:* or :mod:NAME; no other glob,
    as ftrace_set_clr_event() knows no other
    place: file:line of the profile, or ""
    The rest is as in a Profile.
    """

    events: tuple[str, ...]
    filters: Mapping[str, str] = field(default_factory=dict)
    triggers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    instance: str | None = None
    buffer_size_kb: int | None = None
    clock: str | None = None
    place: str = ""


def request(
    words: Sequence[str],
    *,
    profile: Profile | None,
    instance: str | None,
    names: Names | None,
) -> tuple[Request, list[str]]:
    """The request, and what the user should know about it.

    names: of the running kernel, where they can be read
    Raises UsageError: nothing is selected, or pids, which no boot parameter takes, or globs and
    exclusions without `names`; UnknownNameError for a glob that matches nothing.
    """
    terms = parse((*(profile.events if profile else ()), *words))
    if not terms:
        raise UsageError("boot: which events?", "tracecfg boot gpio sched:sched_switch")
    if profile is not None and profile.pids:
        raise UsageError(
            f"{profile.place}: profile {profile.name} has pids, which the kernel cannot take at "
            "boot: no process has a known one yet",
            "--systemd applies them once the system runs",
        )
    events, notes = _exact(terms, names)
    for event in events:
        if not _NAME.fullmatch(event):
            raise UsageError(
                f"{event!r}: a kernel parameter cannot hold this name",
                "names of subsystems and events are letters, digits, _ and -",
            )
    if profile is None:
        return Request(events=events, instance=instance), notes
    return Request(
        events=events,
        filters=profile.filters,
        triggers=profile.triggers,
        instance=instance or profile.instance,
        buffer_size_kb=profile.buffer_size_kb,
        clock=profile.clock,
        place=profile.place,
    ), notes


def _exact(terms: Sequence[Term], names: Names | None) -> tuple[tuple[str, ...], list[str]]:
    inexact = [term.text for term in terms if term.exclude or _is_glob(term)]
    if inexact:
        if names is None:
            raise UsageError(
                f"{inexact[0]}: the kernel knows no globs and no exclusions at boot",
                "name each event, or run this as root where the wanted kernel runs: "
                "it lists what they match",
            )
        found = resolve(terms, names)
        events = (*found.whole, *(f"{system}:{event}" for system, event in found.events))
        modules = tuple(f":mod:{module}" for module in found.modules)
        note = f"{', '.join(inexact)}: what the running kernel has of it; another may differ"
        return events + modules, [note]
    lacking = [
        term.text
        for term in terms
        if names is not None
        and not term.module
        and "*" not in term.system
        and not names.has(term.system, None if term.event == "*" else term.event)
    ]
    notes = [f"{text}: the running kernel does not have it" for text in lacking]
    return tuple(dict.fromkeys(map(_text, terms))), notes


def _is_glob(term: Term) -> bool:
    sides = [side for side in (term.system, term.event) if side != "*"]
    return any(set(side) & set("*?[") for side in sides)


def _text(term: Term) -> str:
    if term.module:
        return term.text
    return "*:*" if term.system == "*" and term.event == "*" else term.text
