"""From facts to the reason why an event is missing: the first check that can tell answers."""

from __future__ import annotations

from tracecfg.errors import number
from tracecfg.explain.answer import Cause, Evidence, Explanation
from tracecfg.explain.case import Case
from tracecfg.explain.facts import Access, Facts
from tracecfg.explain.gates import built_in, lacking
from tracecfg.explain.hints import DYNAMIC
from tracecfg.explain.names import resolve
from tracecfg.gate import holds, symbols

_SHOWN = 6
"""Options of a gate that are shown as evidence."""


def explain(name: str, facts: Facts) -> Explanation:
    """name: a subsystem, system:event, or an event's name alone."""
    asked = resolve(name, facts)
    case = Case(facts, asked)
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


def _present(case: Case) -> Explanation:
    tracefs, asked = case.facts.tracefs, case.asked
    if asked.event is not None:
        evidence = Evidence(f"{tracefs.path}/events/{asked.system}/{asked.event}", "it is there")
    else:
        count = sum(each.startswith(case.prefix) for each in tracefs.events or ())
        says = number(count, "event") if count else "it is there"
        evidence = Evidence(f"{tracefs.path}/events/{asked.system}", says)
    return Explanation(
        event=asked.name,
        present=True,
        cause=None,
        summary="the running kernel has it",
        evidence=(*asked.notes, evidence),
    )


def _no_event_tracing(case: Case) -> Explanation | None:
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


def _option_off(case: Case) -> Explanation | None:
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


def _unknown(case: Case) -> Explanation | None:
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


def _without_event(case: Case) -> Explanation | None:
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


def _in_a_module(case: Case) -> Explanation | None:
    index, asked = case.facts.modules, case.asked
    if index is None:
        return None
    modules = case.modules()
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
    case: Case,
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


def _hidden(case: Case) -> Explanation | None:
    """The kernel has it, as /proc/kallsyms shows, and tracefs cannot be read."""
    return _out_of_sight(case) if case.in_kernel else None


def _gate_off(case: Case) -> Explanation | None:
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
            case.built_when(gate),
            *(Evidence(config.place(name), config.says(name)) for name in missing[:_SHOWN]),
            *case.seen(),
        ),
        remedy=f"a kernel with {' and '.join(options)}",
        options=options,
    )


def _perhaps_a_module(case: Case) -> Explanation | None:
    config, gate, facts = case.facts.config, case.gate, case.facts
    if config is None or gate is None or built_in(gate, config.values) or case.modules():
        return None
    if facts.tracefs.events is None and facts.tracepoints is None:
        return None
    as_module = [name for name in sorted(symbols(gate)) if config.values.get(name) == "m"]
    where = Evidence(f"/lib/modules/{facts.release}", facts.modules_note or "no module defines it")
    return _module(
        case,
        evidence=(
            case.built_when(gate),
            *(Evidence(config.place(name), config.says(name)) for name in as_module[:_SHOWN]),
            where,
            *case.seen(),
        ),
        summary=f"its module is not loaded: the one that {' or '.join(as_module)} builds",
        remedy="`tracecfg explain --index` finds the module's name; then modprobe it"
        if facts.modules is None
        else f"install the module of {' or '.join(f'CONFIG_{name}' for name in as_module)}",
    )


def _out_of_sight(case: Case) -> Explanation | None:
    tracefs, facts = case.facts.tracefs, case.facts
    evidence: tuple[Evidence, ...] = case.asked.notes
    if facts.lockdown and facts.lockdown[1] == "confidentiality" and not tracefs.events:
        cause, summary = Cause.LOCKED_DOWN, "tracing is locked down"
        evidence += (Evidence(facts.lockdown[0], f"the mode is {facts.lockdown[1]}"),)
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
    elif not case.asked.known:
        near = case.asked.nearest
        says = f"no {case.asked.name} there" + (f"; near: {', '.join(near)}" if near else "")
        evidence += (Evidence(case.hint_source(), says, hint=True),)
    return Explanation(
        event=case.asked.name,
        present=True if case.in_kernel else None,
        cause=cause,
        summary=summary,
        evidence=evidence,
        remedy=remedy,
        nearest=case.asked.nearest,
    )


def _undetermined(case: Case) -> Explanation:
    facts, gate = case.facts, case.gate
    evidence = [*case.asked.notes, *case.seen()]
    if gate is not None:
        evidence.append(case.built_when(gate))
    if facts.config is None:
        known = facts.hints.systems.get(case.asked.system)
        if known is not None and known.option:
            says = f"tracecfg's patches make it depend on CONFIG_{known.option}"
            evidence.append(Evidence(case.hint_source(), says, hint=True))
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
        if facts.has_modules:
            remedy += "; `tracecfg explain --index` finds what a module would bring"
    others = [each for each in facts.tracefs.events or () if each.startswith(case.prefix)]
    if others:
        count = number(len(others), "other event")
        says = f"it has {count}: an #if in the trace header, or another version"
        evidence.append(Evidence(f"{facts.tracefs.path}/events/{case.asked.system}", says))
    summary = "this kernel does not have it, and nothing here tells why"
    if facts.tracefs.empty:
        summary = "tracefs is empty, and nothing here tells why"
    elif case.asked.system in DYNAMIC:
        summary = "its events are defined at run time, and none is now"
        remedy = f"define one in dynamic_events of {facts.tracefs.path}"
    return Explanation(
        event=case.asked.name,
        present=False,
        cause=Cause.UNDETERMINED,
        summary=summary,
        evidence=tuple(evidence),
        remedy=remedy,
    )
