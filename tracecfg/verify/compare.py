"""What was chosen against what is there: each difference with the option responsible. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from tracecfg.config.choice import meant
from tracecfg.errors import escaped, number, shortened
from tracecfg.explain.hints import DYNAMIC, WITHOUT_TRACEPOINTS
from tracecfg.model import Finding, Severity
from tracecfg.nearest import nearest
from tracecfg.verify.belongs import strangers
from tracecfg.verify.evidence import Evidence, why_extra, why_missing
from tracecfg.verify.held import Held, Source
from tracecfg.verify.known import Known

_SHOWN = 5
"""Names in one message."""


class Chosen(NamedTuple):
    """Subsystems, options and globs; without: globs of subsystems that are left out again
    allow_selected: those that a consumer selects may be there too"""

    terms: tuple[str, ...]
    without: tuple[str, ...] = ()
    allow_selected: bool = False


class Verdict(NamedTuple):
    """there: what was chosen and is there"""

    held: Held
    there: tuple[Known, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        return sum(each.severity is Severity.ERROR for each in self.findings)


def compare(chosen: Chosen, held: Held, known: Sequence[Known], evidence: Evidence) -> Verdict:
    """known: each subsystem of `held` is among them"""
    candidates = [each for each in known if not _any_glob(chosen.without, each.subsystem)]
    wanted: set[Known] = set()
    findings = list(strangers(held, evidence))
    if held.source is Source.CONFIG and evidence.is_unpatched:
        return Verdict(held, (), (*findings, _no_options(held)))
    for term in dict.fromkeys(chosen.terms):
        found, is_name = meant(term, candidates)
        wanted.update(found)
        if any(_is_there(each, held, evidence) for each in found) or any(
            fnmatchcase(group, term) for group in held.defined
        ):
            continue
        if is_name:
            findings += (_missing(each, held, evidence) for each in found)
        # what is left out again need not be there
        elif found or not meant(term, known)[0]:
            findings.append(_no_match(term, found, held, known))
    here = [each for each in known if each.subsystem in held.subsystems]
    findings += (
        _extra(each, held, evidence, chosen.allow_selected)
        for each in [*here, *_unseen(known, held, evidence)]
        if each not in wanted and each.subsystem not in WITHOUT_TRACEPOINTS
    )
    there = tuple(each for each in here if each in wanted)
    findings += (
        _contradicted(each, held, evidence)
        for each in there
        if evidence.config is not None and evidence.config.off(each.name)
    )
    findings += _not_known(held, {each.subsystem for each in wanted})
    return Verdict(held, there, tuple(findings))


def _no_options(held: Held) -> Finding:
    """The options that subsystems have upstream say nothing of all the others."""
    message = "no option leaves a subsystem out: all that is built has its tracepoints"
    hint = "is it of a tree with the series of `tracecfg generate`?"
    return Finding("no-options", Severity.ERROR, held.path, None, message, hint)


def _is_there(of: Known, held: Held, evidence: Evidence) -> bool:
    """Events without tracepoints are in no image, and some in no kernel until they are defined:
    the option is all that there is of them."""
    may_be_unseen = of.subsystem in WITHOUT_TRACEPOINTS and (
        held.source is not Source.LIVE or of.subsystem in DYNAMIC
    )
    return of.subsystem in held.subsystems or (may_be_unseen and evidence.on(of))


def _unseen(known: Sequence[Known], held: Held, evidence: Evidence) -> Iterator[Known]:
    """Subsystems that only modules have which were not given."""
    for each in known if held.without_modules else ():
        if (
            each.subsystem not in held.subsystems
            and evidence.on(each)
            and evidence.of_modules(each)
        ):
            yield each


def _missing(of: Known, held: Held, evidence: Evidence) -> Finding:
    if (
        of.subsystem in WITHOUT_TRACEPOINTS
        and held.source is Source.IMAGE
        and evidence.config is None
    ):
        message = f"{_named(of)}: chosen, and no image shows events without tracepoints"
        hint = f"--config tells whether CONFIG_{of.name} is on"
        return _finding("missing-subsystem", of, held, evidence, message, hint, Severity.NOTE)
    message = f"{_named(of)}: chosen, and not there"
    hint = why_missing(of, held, evidence)
    return _finding("missing-subsystem", of, held, evidence, message, hint)


def _no_match(term: str, found: Sequence[Known], held: Held, known: Sequence[Known]) -> Finding:
    message = f"{shortened(escaped(term))}: chosen, and nothing of that name is there"
    hint = ""
    if found:
        hint = f"it would be {_list([_named(each) for each in found])}"
    elif near := nearest(term, [each.subsystem for each in known]):
        hint = f"did you mean {', '.join(near)}?"
    return Finding("missing-subsystem", Severity.ERROR, held.path, None, message, hint)


def _extra(of: Known, held: Held, evidence: Evidence, allow_selected: bool) -> Finding:
    message = f"{_named(of)}: not chosen, and {_amount(of, held, evidence)}"
    if evidence.on(of) and (who := evidence.selected(of)):
        hint = f"while {who} selects it; `tracecfg config --minimize` says what to turn off"
        severity = Severity.NOTE if allow_selected else Severity.ERROR
        return _finding("selected-subsystem", of, held, evidence, message, hint, severity)
    return _finding("extra-subsystem", of, held, evidence, message, why_extra(of, evidence))


def _contradicted(of: Known, held: Held, evidence: Evidence) -> Finding:
    message = f"{_named(of)}: chosen, there, and off in the configuration"
    hint = "the kernel was not built with this configuration: name its own"
    return _finding("other-configuration", of, held, evidence, message, hint)


def _not_known(held: Held, wanted: Collection[str]) -> Iterator[Finding]:
    """What nobody can tell is no difference when all that it may belong to was chosen."""
    unknown = [
        name
        for name, candidates in held.undecided.items()
        if not candidates or not candidates.issubset(wanted)
    ]
    if unknown:
        yield Finding(
            "unknown-subsystem",
            Severity.ERROR,
            held.path,
            None,
            f"{number(len(unknown), 'tracepoint')} of a subsystem that cannot be told: "
            f"{_list([escaped(name) for name in unknown])}",
            "nothing in the image names the subsystem of a tracepoint without an event",
        )
    for line in held.unread:
        file, _, problem = line.partition(": ")
        hint = "nobody knows what is in it"
        yield Finding("unread-module", Severity.ERROR, file, None, problem, hint)
    if held.without_modules:
        message = "the kernel can load modules, and none were given"
        hint = "--modules names their folder"
        yield Finding("modules-not-given", Severity.NOTE, held.path, None, message, hint)


def _amount(of: Known, held: Held, evidence: Evidence) -> str:
    if of.subsystem not in held.subsystems:
        return f"on, with {evidence.of_modules(of)}: in a module that was not given"
    tracepoints = held.subsystems[of.subsystem]
    if held.source is Source.CONFIG:
        return "on"
    if held.source is Source.LIVE:
        return f"there: {number(len(tracepoints), 'event')}"
    files = sorted(set(tracepoints.values()) - {held.path})
    in_modules = f" in {_list(files)}" if files else ""
    return f"there: {number(len(tracepoints), 'tracepoint')}{in_modules}"


def _finding(
    rule: str,
    of: Known,
    held: Held,
    evidence: Evidence,
    message: str,
    hint: str,
    severity: Severity = Severity.ERROR,
) -> Finding:
    """At the option's line of the configuration, where it has one."""
    config = evidence.config
    if config is not None and of.name in config.lines:
        return Finding(rule, severity, config.source, config.lines[of.name], message, hint)
    return Finding(rule, severity, held.path, None, message, hint)


def _named(of: Known) -> str:
    return f"{escaped(of.subsystem)} ({of.name})"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def _any_glob(globs: Sequence[str], name: str) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
