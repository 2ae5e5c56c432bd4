"""What `check` prints: JSON for a program, text for a person. Pure.

What comes from the tree may be a stranger's: it is shown without control characters, and so that no
line of it is a command to the log of GitHub Actions.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

from tracecfg.check.fingerprint import numbered
from tracecfg.check.result import ORDER, Result, by_place, counted, gone, importance
from tracecfg.check.rule import rules
from tracecfg.errors import in_a_log
from tracecfg.model import Finding, Severity

_STYLES = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
_BOLD, _FAINT = "1", "2"


def to_json(result: Result) -> dict[str, Any]:
    """The object of `check --format json`, schema tracecfg.check/1."""
    return {
        "schema": "tracecfg.check/1",
        "tree": result.root,
        "version": result.version,
        "failed": result.failed,
        "counts": {each.value: result.counts[each] for each in ORDER},
        "baselined": len(result.known),
        "suppressed": len(result.off),
        "findings": [
            {
                "rule": each.rule,
                "name": rules()[each.rule].name,
                "severity": each.severity.value,
                "file": each.file,
                "line": each.line,
                "column": each.column,
                "message": each.message,
                "hint": each.hint,
                "fingerprint": mark,
            }
            for each, mark in numbered(sorted(result.findings, key=by_place))
        ],
        "gone": [
            {"rule": each.rule, "file": each.file, "message": each.message}
            for each in sorted(result.gone, key=by_place)
        ],
        "abi_summary": list(result.abi_summary),
    }


def place(finding: Finding) -> str:
    """file:line:column, as far as they are known."""
    path = in_a_log(finding.file)
    if path.lstrip().startswith("::"):
        path = f"./{path}"
    numbers = [str(each) for each in (finding.line, finding.column) if each is not None]
    return ":".join([path, *numbers])


def to_text(result: Result, *, colour: bool = False) -> str:
    """The findings by rule, the worst first, a line each; then what they come to."""

    def styled(text: str, style: str) -> str:
        return f"\033[{style}m{text}\033[0m" if colour else text

    lines: list[str] = []
    for name, group in groupby(sorted(result.findings, key=importance), lambda each: each.rule):
        rule = rules()[name]
        lines.append(styled(f"{rule.id} {rule.name}: {rule.title}", _BOLD))
        found = list(group)
        common = found[0].hint if len({each.hint for each in found}) == 1 else rule.hint
        if common:
            lines.append(styled(f"  {in_a_log(common)}", _FAINT))
        for each in found:
            severity = styled(f"{each.severity.value}:", _STYLES[each.severity])
            lines.append(f"{place(each)}: {severity} {in_a_log(each.message)} [{each.rule}]")
            if each.hint != common:
                lines.append(styled(f"  {in_a_log(each.hint)}", _FAINT))
        lines.append("")
    lines += summary(result)
    return "\n".join(lines)


def summary(result: Result) -> list[str]:
    """What the findings come to."""
    by_name = Counter(each.rule for each in result.findings)
    lines = ["in short, for a changelog:"] if result.abi_summary else []
    lines += [f"  {in_a_log(each)}" for each in result.abi_summary]
    lines += ["", counted(result)] if lines else [counted(result)]
    if len(by_name) > 1:
        wide = len(str(max(by_name.values())))
        severity = {each.rule: each.severity for each in result.findings}
        order = sorted(by_name, key=lambda name: (ORDER.index(severity[name]), name))
        lines += [
            f"  {by_name[name]:>{wide}}  {severity[name].value:<7}  {name}  {rules()[name].name}"
            for name in order
        ]
    if said := gone(result):
        lines.append(said)
    if result.written is not None:
        lines.append(f"wrote {in_a_log(result.written)}")
    if by_name:
        worst = min(result.findings, key=importance)
        lines.append(f"what it means and how to mend it: tracecfg check --explain {worst.rule}")
    return lines
