"""Findings for GitHub Actions: annotations of a step, and the Markdown of its summary. Pure."""

from __future__ import annotations

import re

from tracecfg.check import report
from tracecfg.check.result import ORDER, Result, counted, importance
from tracecfg.check.rule import rules
from tracecfg.errors import escaped, in_a_log, number, shortened
from tracecfg.model import Finding, Severity

MOST = 10
"""Annotations of each kind that GitHub takes from a step; what comes after them it drops."""
MOST_ROWS = 500
"""Of the summary, which GitHub takes up to a megabyte."""
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_MARKS = re.compile(r"[]\\`*_<>|@&~#\[]|:(?=//)|(?<=www)\.")


def to_annotations(result: Result) -> str:
    """The worst findings as annotations, all of them in the log, and a notice of how many."""
    lines: list[str] = []
    left_out = 0
    found = sorted(result.findings, key=importance)
    for severity in ORDER:
        of_kind = [each for each in found if each.severity is severity]
        # the notice at the end is one of them
        most = MOST - (severity is Severity.NOTE)
        lines += [_annotation(each) for each in of_kind[:most]]
        left_out += len(of_kind[most:])
    if left_out:
        lines.append(f"::group::all {number(len(found), 'finding')}")
        # behind its severity nothing can be taken for a command
        lines += [
            f"{each.severity.value}: {report.place(each)}: {in_a_log(each.message)} [{each.rule}]"
            for each in found
        ]
        lines.append("::endgroup::")
    said = counted(result)
    if left_out:
        said += f"; {left_out} of them in the log alone"
    lines.append(_command("notice", said, title="tracecfg check"))
    return "\n".join(lines)


def _annotation(finding: Finding) -> str:
    where = {"file": finding.file, "line": finding.line, "col": finding.column}
    title = f"{finding.rule} {rules()[finding.rule].name}"
    text = "\n".join(escaped(part) for part in (finding.message, finding.hint) if part)
    return _command(_COMMANDS[finding.severity], text, **where, title=title)


def _command(name: str, text: str, **properties: str | int | None) -> str:
    """As actions/toolkit writes it: in core.command."""
    pairs = ((key, value) for key, value in properties.items() if value is not None)
    said = ",".join(f"{key}={_property(str(value))}" for key, value in pairs)
    return f"::{name} {said}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(escaped(text)).replace(":", "%3A").replace(",", "%2C")


def to_markdown(result: Result) -> str:
    """A table of the findings for a summary."""
    found = sorted(result.findings, key=importance)
    lines = [f"### tracecfg check: {counted(result)}", ""]
    if found:
        lines += ["| | rule | where | what |", "|---|---|---|---|"]
        lines += [_row(each) for each in found[:MOST_ROWS]]
        lines.append("")
    if len(found) > MOST_ROWS:
        lines += [f"... and {len(found) - MOST_ROWS} more", ""]
    if result.abi_summary:
        lines += [f"- {_marked(each)}" for each in result.abi_summary] + [""]
    return "\n".join(lines)


def _row(finding: Finding) -> str:
    cells = (
        finding.severity.value,
        f"{finding.rule} {rules()[finding.rule].name}",
        _marked(report.place(finding)),
        _marked(finding.message),
    )
    return f"| {' | '.join(cells)} |"


def _marked(text: str) -> str:
    """A text that is no Markdown, and in which GitHub finds no address to link."""
    return _MARKS.sub(r"\\\g<0>", shortened(escaped(text)))
