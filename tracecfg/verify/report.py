"""What `verify` prints: text for a person, JSON for a program. Pure."""

from __future__ import annotations

from typing import Any

from tracecfg.errors import escaped, number
from tracecfg.model import Finding
from tracecfg.verify.compare import Verdict
from tracecfg.verify.held import Source


def to_json(verdict: Verdict) -> dict[str, Any]:
    """The object of `verify --json`, schema tracecfg.verify/1."""
    return {
        "schema": "tracecfg.verify/1",
        "source": verdict.held.source.value,
        "path": verdict.held.path,
        "as_chosen": not verdict.errors,
        "subsystems": [{"name": each.subsystem, "option": each.name} for each in verdict.there],
        "findings": [
            {
                "rule": each.rule,
                "severity": each.severity.value,
                "file": each.file,
                "line": each.line,
                "message": each.message,
                "hint": each.hint,
            }
            for each in verdict.findings
        ],
    }


def to_text(verdict: Verdict) -> str:
    """A line for each finding, as compilers write it, then one for all."""
    held = verdict.held
    notes = len(verdict.findings) - verdict.errors
    if verdict.errors:
        said = f"not as chosen: {number(verdict.errors, 'error')}"
    else:
        said = f"as chosen: {', '.join(each.subsystem for each in verdict.there) or 'no subsystem'}"
        if held.source is not Source.CONFIG:
            count = sum(len(held.subsystems[each.subsystem]) for each in verdict.there)
            said += f" ({number(count, 'event' if held.source is Source.LIVE else 'tracepoint')})"
    if notes:
        said += f", {number(notes, 'note')}"
    lines = [*map(_line, verdict.findings), f"{held.path}: {said}"]
    return "\n".join(map(escaped, lines))


def _line(finding: Finding) -> str:
    where = finding.file if finding.line is None else f"{finding.file}:{finding.line}"
    hint = f"; {finding.hint}" if finding.hint else ""
    return f"{where}: {finding.severity.value}: {finding.message}{hint}"
