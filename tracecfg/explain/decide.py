"""From facts to the reason why an event is missing: the first check that can tell answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracecfg.explain.answer import Cause, Evidence, Explanation
from tracecfg.explain.facts import Access, Facts
from tracecfg.explain.gates import built_in, lacking
from tracecfg.explain.names import Asked, resolve
from tracecfg.gate import Gate, holds, symbols, to_kconfig

_SHOWN = 6
"""Options of a gate that are shown as evidence."""


def explain(name: str, facts: Facts) -> Explanation:
    """name: a subsystem, system:event, or an event's name alone."""
    asked = resolve(name, facts)
    case = _Case(facts, asked)
    if case.present:
        return _present(case)
    for check in (
        _no_event_tracing,
        _option_off,
        _unknown,
        _without_event,
        _in_a_module,
        _hidden,
        _gate_off,
        _perhaps_a_module,
        _out_of_sight,
    ):
        found = check(case)
        if found is not None:
            return found
    return _undetermined(case)


@dataclass(frozen=True)
class _Case:
    facts: Facts
    asked: Asked

    @property
    def present(self) -> bool:
        tracefs, asked = self.facts.tracefs, self.asked
        if tracefs.by_path.get(asked.name):
            return True
        events = tracefs.events or ()
        if asked.event is not None:
            return f"{asked.system}:{asked.event}" in events
        return any(each.startswith(f"{asked.system}:") for each in events)

    @property
    def in_kernel(self) -> bool:
        """Whether the running kernel has the code of its tracepoints, tracefs or not."""
        known = self.facts.hints.systems.get(self.asked.system)
        names = {self.asked.event} if self.asked.event else known.events if known else set()
        return bool(names & (self.facts.tracepoints or frozenset()))

    @property
    def gate(self) -> Gate | None:
        known = self.facts.hints.systems.get(self.asked.system)
        if known is None:
            return None
        return known.gate(self.asked.event if self.asked.event in known.events else None)

    def option_names(self) -> tuple[str, ...]:
        """Symbols that may switch this system: of a series, with its old prefix, its own."""
        known = self.facts.hints.systems.get(self.asked.system)
        derived = "".join(c if c.isalnum() else "_" for c in self.asked.system.upper())
        names = [f"TRACING_{derived}", f"TRACING_EVENTS_{derived}"]
        if known is not None:
            names += [known.option, known.own_option]
        return tuple(dict.fromkeys(name for name in names if name))

    def hint_source(self) -> str:
        return f"Linux {self.facts.hints.version}"

    def seen(self) -> Iterator[Evidence]:
        tracefs = self.facts.tracefs
        if tracefs.events is not None:
            path = f"{tracefs.path}/available_events"
            yield Evidence(path, f"{len(tracefs.events)} events, none of {self.asked.name}")


def _present(case: _Case) -> Explanation:
    tracefs, asked = case.facts.tracefs, case.asked
    if asked.event is not None:
        evidence = Evidence(f"{tracefs.path}/events/{asked.system}/{asked.event}", "it is there")
    else:
        count = sum(each.startswith(f"{asked.system}:") for each in tracefs.events or ())
        says = f"{count} events" if count else "it is there"
        evidence = Evidence(f"{tracefs.path}/events/{asked.system}", says)
    return Explanation(
        event=asked.name,
        present=True,
        cause=None,
        summary="the running kernel has it",
        evidence=(*asked.notes, evidence),
    )


def _no_event_tracing(case: _Case) -> Explanation | None:
    config, tracefs = case.facts.config, case.facts.tracefs
    if config is not None and not config.on("EVENT_TRACING"):
        options = ("FTRACE", "EVENT_TRACING")
        evidence = tuple(Evidence(config.place(name), config.says(name)) for name in options)
    elif tracefs.access is Access.NOT_IN_KERNEL:
        evidence = (Evidence("/proc/filesystems", "tracefs does not stand there"),)
    else:
        return None
    return Explanation(
        event=case.asked.name,
        present=False,
        cause=Cause.NO_EVENT_TRACING,
        summary="the kernel is built without event tracing: it has no events at all",
        evidence=evidence,
        remedy="a kernel with CONFIG_FTRACE=y and CONFIG_ENABLE_DEFAULT_TRACERS=y, or any tracer",
        options=("CONFIG_EVENT_TRACING",),
    )


def _option_off(case: _Case) -> Explanation | None:
    config = case.facts.config
    off = [name for name in case.option_names() if config is not None and config.off(name)]
    if config is None or not off:
        return None
    options = tuple(f"CONFIG_{name}" for name in off)
    return Explanation(
        event=case.asked.name,
        present=False,
        cause=Cause.COMPILED_OUT,
        summary=f"compiled out: the kernel is built without {' and '.join(options)}",
        evidence=tuple(Evidence(config.place(name), config.says(name)) for name in off),
        remedy=f"a kernel with {' and '.join(f'{option}=y' for option in options)}",
        options=options,
    )


def _unknown(case: _Case) -> Explanation | None:
    asked = case.asked
    if asked.known or case.in_kernel or case.facts.tracefs.events is None:
        return None
    return Explanation(
        event=asked.name,
        present=False,
        cause=Cause.UNKNOWN_NAME,
        summary="no such subsystem or event is known",
        evidence=(
            *case.seen(),
            *asked.notes,
            Evidence(case.hint_source(), f"no {asked.name} there either", hint=True),
        ),
        remedy=f"did you mean {', '.join(asked.nearest)}?" if asked.nearest else _LIST,
        nearest=asked.nearest,
    )


_LIST = "`tracecfg list` shows what the running kernel has"


def _without_event(case: _Case) -> Explanation | None:
    known = case.facts.hints.systems.get(case.asked.system)
    if known is None or case.asked.event not in known.bare:
        return None
    return Explanation(
        event=case.asked.name,
        present=False,
        cause=Cause.NO_EVENT,
        summary="a bare tracepoint (DECLARE_TRACE): it has no event and no place in tracefs",
        evidence=(Evidence(case.hint_source(), "declared without an event", hint=True),),
        remedy="attach to it with a tracepoint probe (dynamic_events, `t:`) or with BPF (raw_tp)",
    )


def _in_a_module(case: _Case) -> Explanation | None:
    index, asked = case.facts.modules, case.asked
    if index is None:
        return None
    modules = set(index.systems.get(asked.system.replace("-", "_"), ()))
    if asked.event is not None:
        with_event = set(index.events.get(asked.event, ()))
        modules = modules & with_event or (set() if modules else with_event)
    waiting = tuple(sorted(modules - case.facts.loaded))
    if not waiting or modules & case.facts.loaded:
        return None
    return _module(
        case,
        evidence=(
            Evidence(index.source, f"{asked.name} is defined by {', '.join(waiting)}"),
            Evidence("/proc/modules", f"{', '.join(waiting)} not loaded"),
        ),
        summary=f"its module is not loaded: {' or '.join(waiting)}",
        remedy=f"modprobe {waiting[0]}",
        modules=waiting,
    )


def _module(
    case: _Case,
    *,
    evidence: tuple[Evidence, ...],
    summary: str,
    remedy: str,
    modules: tuple[str, ...] = (),
) -> Explanation:
    return Explanation(
        event=case.asked.name,
        present=False,
        cause=Cause.MODULE_NOT_LOADED,
        summary=summary,
        evidence=evidence,
        remedy=remedy,
        modules=modules,
    )


def _hidden(case: _Case) -> Explanation | None:
    """The kernel has it, as /proc/kallsyms shows, and tracefs cannot be read."""
    return _out_of_sight(case) if case.in_kernel else None


def _gate_off(case: _Case) -> Explanation | None:
    config, gate = case.facts.config, case.gate
    if config is None or gate is None or holds(gate, config.values):
        return None
    missing = lacking(gate, config.values)
    options = tuple(f"CONFIG_{name}" for name in missing)
    return Explanation(
        event=case.asked.name,
        present=False,
        cause=Cause.COMPILED_OUT,
        summary=f"compiled out: the kernel is built without {' and '.join(options)}",
        evidence=(
            Evidence(
                case.hint_source(), f"{case.asked.name} is built when {to_kconfig(gate)}", hint=True
            ),
            *(Evidence(config.place(name), config.says(name)) for name in missing[:_SHOWN]),
            *case.seen(),
        ),
        remedy=f"a kernel with {' and '.join(options)}",
        options=options,
    )


def _perhaps_a_module(case: _Case) -> Explanation | None:
    config, gate, facts = case.facts.config, case.gate, case.facts
    if config is None or gate is None or built_in(gate, config.values):
        return None
    if facts.tracefs.events is None and facts.tracepoints is None:
        return None
    as_module = [name for name in sorted(symbols(gate)) if config.values.get(name) == "m"]
    where = Evidence(f"/lib/modules/{facts.release}", facts.modules_note or "no module defines it")
    return _module(
        case,
        evidence=(
            Evidence(case.hint_source(), f"built when {to_kconfig(gate)}", hint=True),
            *(Evidence(config.place(name), config.says(name)) for name in as_module[:_SHOWN]),
            where,
            *case.seen(),
        ),
        summary=f"its module is not loaded: the one that {' or '.join(as_module)} builds",
        remedy="`tracecfg explain --index` finds the module's name; then modprobe it"
        if facts.modules is None
        else f"install the module of {' or '.join(f'CONFIG_{name}' for name in as_module)}",
    )


def _out_of_sight(case: _Case) -> Explanation | None:
    tracefs, facts = case.facts.tracefs, case.facts
    evidence: tuple[Evidence, ...] = case.asked.notes
    if facts.lockdown == "confidentiality" and not tracefs.events:
        cause, summary = Cause.LOCKED_DOWN, "tracing is locked down"
        evidence += (Evidence("/sys/kernel/security/lockdown", "[confidentiality]"),)
        remedy = "boot without lockdown=confidentiality: a running kernel never lowers it"
    elif tracefs.access is Access.NO_PERMISSION:
        cause, summary = Cause.NO_PERMISSION, "no permission to look into tracefs"
        evidence += (Evidence(tracefs.path, "permission denied"),)
        remedy = f"as root: tracecfg explain {case.asked.name}"
    elif tracefs.access is Access.NOT_MOUNTED:
        cause, summary = Cause.NOT_MOUNTED, "tracefs is not mounted"
        evidence += (Evidence("/proc/self/mounts", "no tracefs stands there"),)
        remedy = "as root: mount -t tracefs nodev /sys/kernel/tracing"
    else:
        return None
    if case.in_kernel:
        evidence += (Evidence("/proc/kallsyms", "the kernel has the code of its tracepoints"),)
        summary += "; the kernel itself has it"
    return Explanation(
        event=case.asked.name,
        present=True if case.in_kernel else None,
        cause=cause,
        summary=summary,
        evidence=evidence,
        remedy=remedy,
        nearest=case.asked.nearest,
    )


def _undetermined(case: _Case) -> Explanation:
    facts, gate = case.facts, case.gate
    evidence = [*case.asked.notes, *case.seen()]
    if gate is not None:
        evidence.append(Evidence(case.hint_source(), f"built when {to_kconfig(gate)}", hint=True))
    if facts.config is None:
        evidence.append(
            Evidence(", ".join(facts.looked_for), "none of these kernel configurations is there")
        )
        remedy = "name the running kernel's configuration with --kernel-config"
    else:
        evidence += [
            Evidence(facts.config.place(name), facts.config.says(name))
            for name in case.option_names()
            if facts.config.on(name)
        ]
        remedy = "look for it in this kernel's own source: `tracecfg scan TREE`"
    if facts.modules_note:
        evidence.append(Evidence(f"/lib/modules/{facts.release}", facts.modules_note))
        remedy += "; `tracecfg explain --index` finds what a module would bring"
    return Explanation(
        event=case.asked.name,
        present=False,
        cause=Cause.UNDETERMINED,
        summary="this kernel does not have it, and nothing here tells why",
        evidence=tuple(evidence),
        remedy=remedy,
    )
