"""What was chosen against what is there: each difference with the option responsible. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from tracecfg.config.choice import meant
from tracecfg.errors import escaped, number, shortened
from tracecfg.explain.hints import WITHOUT_TRACEPOINTS
from tracecfg.explain.kconfig import KernelConfig
from tracecfg.kernel.kconffacts import Selector
from tracecfg.model import Finding, Severity
from tracecfg.nearest import nearest
from tracecfg.verify.held import Held, Source
from tracecfg.verify.known import Known

_SHOWN = 5
"""Names in one message."""


class Chosen(NamedTuple):
    """Subsystems, options and globs; without: globs of subsystems that are left out again"""

    terms: tuple[str, ...]
    without: tuple[str, ...] = ()


class Verdict(NamedTuple):
    """there: what was chosen and is there"""

    held: Held
    there: tuple[Known, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        return sum(each.severity is Severity.ERROR for each in self.findings)


def compare(
    chosen: Chosen,
    held: Held,
    known: Sequence[Known],
    config: KernelConfig | None,
    selectors: Mapping[str, Sequence[Selector]] | None,
) -> Verdict:
    """known: each subsystem of `held` is among them
    config: that of `held`, where there is one
    selectors: of options that are on, the consumers that select them; None when no tree tells
    """
    candidates = [
        each
        for each in known
        if not any(fnmatchcase(each.subsystem, glob) for glob in chosen.without)
    ]
    wanted: set[Known] = set()
    findings: list[Finding] = []
    for term in dict.fromkeys(chosen.terms):
        found, is_name = meant(term, candidates)
        wanted.update(found)
        if any(each.subsystem in held.subsystems for each in found):
            continue
        if is_name:
            findings += (_missing(each, held, config) for each in found)
        elif not meant(term, known)[0] or found:
            findings.append(_no_match(term, held, known))
    here = [each for each in known if each.subsystem in held.subsystems]
    findings += (
        _extra(each, held, config, None if selectors is None else selectors.get(each.name, ()))
        for each in here
        if each not in wanted and each.subsystem not in WITHOUT_TRACEPOINTS
    )
    there = tuple(each for each in here if each in wanted)
    findings += (
        _contradicted(each, held, config)
        for each in there
        if config is not None and config.off(each.name)
    )
    findings += _not_known(held, {each.subsystem for each in wanted})
    return Verdict(held, there, tuple(findings))


def _missing(of: Known, held: Held, config: KernelConfig | None) -> Finding:
    message = f"{_named(of)}: chosen, and not there"
    if of.subsystem in WITHOUT_TRACEPOINTS and held.source is not Source.LIVE:
        hint = "its events have no tracepoints of their own: --live shows them"
    elif config is None:
        hint = f"CONFIG_{of.name}=y puts it in, in a kernel built with what it depends on"
    elif config.on(of.name):
        hint = f"{config.says(of.name)}: it is in no file that was given; --modules names more"
        if held.source is Source.LIVE:
            hint = f"{config.says(of.name)}: `tracecfg explain {of.subsystem}` says why"
    elif config.off(of.name):
        hint = f"CONFIG_{of.name}=y puts it in"
    else:
        hint = f"{config.says(of.name)}; `tracecfg config` says what it needs"
    return _finding("missing-subsystem", of, held, config, message, hint)


def _no_match(term: str, held: Held, known: Sequence[Known]) -> Finding:
    near = nearest(term, [each.subsystem for each in known])
    return Finding(
        "missing-subsystem",
        Severity.ERROR,
        held.path,
        None,
        f"{shortened(escaped(term))}: chosen, and nothing of that name is there",
        f"did you mean {', '.join(near)}?" if near else "",
    )


def _extra(
    of: Known, held: Held, config: KernelConfig | None, selectors: Sequence[Selector] | None
) -> Finding:
    message = f"{_named(of)}: not chosen, and {_amount(of, held)}"
    if config is not None and config.on(of.name) and selectors:
        who = ", ".join(f"{each.name} ({each.place})" for each in selectors[:_SHOWN])
        hint = f"while {who} selects it; `tracecfg config --minimize` says what to turn off"
        return _finding("selected-subsystem", of, held, config, message, hint, Severity.NOTE)
    if config is None or config.on(of.name):
        hint = f"CONFIG_{of.name}=n takes it out"
        if selectors is None:
            hint += ", unless a consumer selects it: --config and --tree tell"
    elif config.off(of.name):
        hint = f"{config.says(of.name)}: the kernel was not built with this configuration"
    else:
        hint = f"no CONFIG_{of.name}: is it a kernel with the series of `tracecfg generate`?"
    return _finding("extra-subsystem", of, held, config, message, hint)


def _contradicted(of: Known, held: Held, config: KernelConfig) -> Finding:
    message = f"{_named(of)}: chosen, there, and off in the configuration"
    hint = "the kernel was not built with this configuration: name its own"
    return _finding("other-configuration", of, held, config, message, hint)


def _not_known(held: Held, wanted: Collection[str]) -> Iterator[Finding]:
    """What nobody can tell is no difference when all that it may belong to was chosen."""
    unknown = [
        name
        for name, candidates in held.undecided.items()
        if not candidates or not candidates.issubset(wanted)
    ]
    if unknown:
        shown = ", ".join(map(escaped, unknown[:_SHOWN]))
        more = ", ..." if len(unknown) > _SHOWN else ""
        yield Finding(
            "unknown-subsystem",
            Severity.ERROR,
            held.path,
            None,
            f"{number(len(unknown), 'tracepoint')} of a subsystem that cannot be told: "
            f"{shown}{more}",
            "nothing in the image names the subsystem of a tracepoint without an event",
        )
    for line in held.unread:
        file = line.partition(": ")[0]
        yield Finding("unread-module", Severity.ERROR, file, None, line, "")


def _amount(of: Known, held: Held) -> str:
    tracepoints = held.subsystems[of.subsystem]
    if held.source is Source.CONFIG:
        return "on"
    if held.source is Source.LIVE:
        return f"there: {number(len(tracepoints), 'event')}"
    files = sorted(set(tracepoints.values()) - {held.path})
    more = ", ..." if len(files) > _SHOWN else ""
    of_modules = f" in {', '.join(files[:_SHOWN])}{more}" if files else ""
    return f"there: {number(len(tracepoints), 'tracepoint')}{of_modules}"


def _finding(
    rule: str,
    of: Known,
    held: Held,
    config: KernelConfig | None,
    message: str,
    hint: str,
    severity: Severity = Severity.ERROR,
) -> Finding:
    """At the option's line of the configuration, where it has one."""
    if config is not None and of.name in config.lines:
        return Finding(rule, severity, config.source, config.lines[of.name], message, hint)
    return Finding(rule, severity, held.path, None, message, hint)


def _named(of: Known) -> str:
    return f"{escaped(of.subsystem)} ({of.name})"
