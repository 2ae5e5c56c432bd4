"""A selection: what the user named, resolved against the systems and events that there are.

gpio                    a whole subsystem
irq:irq_handler_entry   one event
sched:*wakeup*          globs, on either side of the colon
!irq:irq_handler_exit   not this, wherever in the list it stands
:mod:NAME               the events of a module
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol

from tracecfg.errors import UnknownNameError, UsageError, escaped, shortened
from tracecfg.nearest import nearest

_TERM = re.compile(r"(!?)([^\s:!/][^\s:/]*)(?::([^\s:/]+))?", re.ASCII)
_GLOB = re.compile(r"[*?\[]")
_MODULE = ":mod:"
_GO_ON = "; --ignore-missing goes on without"


class Names(Protocol):
    """What the kernel has; asked only for what a selection needs."""

    def systems(self) -> Sequence[str]: ...

    def events(self, system: str) -> Sequence[str]:
        """Of a system that exists; empty when it does not."""

    def has(self, system: str, event: str | None) -> bool: ...


class Term(NamedTuple):
    """system, event: names or globs; event "*": the whole subsystem; module: of :mod:NAME"""

    text: str
    system: str = ""
    event: str = "*"
    exclude: bool = False
    module: str = ""


class Selection(NamedTuple):
    """whole: subsystems with all of their events; events: (system, event), no system of `whole`
    modules: of :mod:NAME, whose events only the kernel knows
    missing: terms that matched nothing, where that was allowed
    """

    whole: tuple[str, ...] = ()
    events: tuple[tuple[str, str], ...] = ()
    modules: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def parse(words: Iterable[str]) -> tuple[Term, ...]:
    """Raises UsageError for a word that is no term, and for exclusions alone."""
    terms = tuple(_term(word) for word in words)
    if terms and all(term.exclude for term in terms):
        raise UsageError(
            f"{terms[0].text}: only exclusions: nothing is selected",
            "name a subsystem or an event as well, such as '*'",
        )
    return terms


def _term(word: str) -> Term:
    if word.startswith(_MODULE):
        module = word.removeprefix(_MODULE)
        if re.fullmatch(r"[\w-]+", module, re.ASCII):
            return Term(text=word, module=module)
    elif (found := _TERM.fullmatch(word)) and found[2] not in (".", "..") and word.isprintable():
        return Term(text=word, system=found[2], event=found[3] or "*", exclude=bool(found[1]))
    raise UsageError(
        f"'{shortened(escaped(word))}' is no subsystem, system:event, glob or :mod:NAME",
        "examples: gpio  irq:irq_handler_entry  'sched:*wakeup*'  '!irq:irq_handler_exit'",
    )


def resolve(
    terms: Sequence[Term], names: Names, *, ignore_missing: bool | None = None
) -> Selection:
    """What the terms select. Raises UnknownNameError for a term that matches nothing.

    ignore_missing: None where the user has no such option
    """
    chosen: dict[str, set[str] | None] = {}
    excluded: dict[str, set[str]] = {}
    modules, missing = [], []
    for term in terms:
        if term.module:
            modules.append(term.module)
            continue
        found = _matches(term, names)
        if not found:
            missing.append(term)
        for system, events in found:
            if term.exclude:
                excluded.setdefault(system, set()).update(
                    names.events(system) if events is None else events
                )
            elif events is None or chosen.get(system, events) is None:
                chosen[system] = None
            else:
                chosen[system] = (chosen.get(system) or set()) | set(events)
    if missing and not ignore_missing:
        raise _unknown(missing, names, "" if ignore_missing is None else _GO_ON)
    whole, single = [], []
    for system, wanted in sorted(chosen.items()):
        without = excluded.get(system, set())
        if wanted is None and not without:
            whole.append(system)
        else:
            all_of_it = set(names.events(system)) if wanted is None else wanted
            single += [(system, event) for event in sorted(all_of_it - without)]
    return Selection(
        tuple(whole), tuple(single), tuple(modules), tuple(term.text for term in missing)
    )


def _matches(term: Term, names: Names) -> list[tuple[str, set[str] | None]]:
    """(system, events) that one term names; None: all of them."""
    if _GLOB.search(term.system):
        systems = [name for name in names.systems() if fnmatchcase(name, term.system)]
    else:
        systems = [term.system] if names.has(term.system, None) else []
    if term.event == "*":
        return [(system, None) for system in systems]
    found: list[tuple[str, set[str] | None]] = []
    for system in systems:
        if not _GLOB.search(term.event):
            events = {term.event} if names.has(system, term.event) else set()
        else:
            events = {name for name in names.events(system) if fnmatchcase(name, term.event)}
        if events:
            found.append((system, events))
    return found


def _unknown(missing: Sequence[Term], names: Names, more: str) -> UnknownNameError:
    first = missing[0]
    text = first.text.removeprefix("!")
    systems = list(names.systems())
    if first.system in systems:
        near = [f"{first.system}:{e}" for e in nearest(first.event, names.events(first.system))]
    else:
        # a bare event name, or an event of another system, may have been meant
        wanted = text.partition(":")[2] or text
        near = [f"{s}:{wanted}" for s in systems if names.has(s, wanted)][:3]
        near += nearest(first.system, systems)
    message = "no such subsystem or event: " + ", ".join(term.text for term in missing)
    hint = f"did you mean {', '.join(near)}? " if near else ""
    if not _GLOB.search(text):
        hint += f"`tracecfg explain {text}` says why"
    return UnknownNameError(message, (hint + more).strip().removeprefix("; "))
