"""What a check comes to. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tracecfg.errors import number
from tracecfg.model import Finding, Severity

ORDER = tuple(Severity)
"""The worst first."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """findings: by place
    known: those that the baseline has; off: those that a comment in the source turned off
    gone: entries of the baseline that were not found again; only rule, file and message are told
    abi_summary: lines for a changelog, of what --since found
    limit: of the severities, from which on a finding makes the check fail
    written: the baseline that is to have the known findings, and no others
    """

    root: str
    version: str
    findings: tuple[Finding, ...]
    known: tuple[Finding, ...] = ()
    off: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()
    abi_summary: tuple[str, ...] = ()
    limit: Severity = Severity.WARNING
    written: str | None = None
    counts: Counter[Severity] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", Counter(each.severity for each in self.findings))

    @property
    def failed(self) -> bool:
        return any(self.counts[each] for each in ORDER[: ORDER.index(self.limit) + 1])


def by_place(finding: Finding) -> tuple[object, ...]:
    """To sort by: place, then rule."""
    line, column = finding.line or 0, finding.column or 0
    return (finding.file, line, column, finding.rule, finding.message, finding.hint)


def importance(finding: Finding) -> tuple[object, ...]:
    """To sort by: the worst first, then by rule and place."""
    return (ORDER.index(finding.severity), finding.rule, by_place(finding))


def counted(result: Result) -> str:
    """One line: how many of each severity, and what was not counted."""
    found = [number(result.counts[each], each.value) for each in ORDER if result.counts[each]]
    files = len({each.file for each in result.findings})
    said = f"{', '.join(found)} in {number(files, 'file')}" if found else "no findings"
    besides = []
    if result.known:
        besides.append(f"{number(len(result.known), 'known finding')} in the baseline")
    if result.off:
        besides.append(f"{len(result.off)} turned off in the source")
    return f"{said} ({', '.join(besides)})" if besides else said


def gone(result: Result) -> str:
    """What to do about entries of the baseline that are gone; "" for none."""
    count = len(result.gone)
    if not count:
        return ""
    return (
        f"{number(count, 'known finding')} {'is' if count == 1 else 'are'} gone: --update-baseline"
    )
