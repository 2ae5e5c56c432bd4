"""Findings as SARIF 2.1.0, the form of code scanning and of editors' viewers. Pure.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/. What GitHub takes of it is in its documentation,
"SARIF support for code scanning". Findings that are known or turned off are left out: GitHub does
not read `suppressions` and would show them as open alerts.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tracecfg import __version__
from tracecfg.check.fingerprint import numbered
from tracecfg.check.result import Result, importance
from tracecfg.check.rule import Rule, rules
from tracecfg.errors import escaped
from tracecfg.model import Finding

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
MOST_RESULTS = 25_000
"""A run of more is refused by GitHub; it shows the 5,000 worst."""
_ROOT = "SRCROOT"
_RANKS = {"error": "error", "warning": "warning", "note": "recommendation"}


def to_sarif(result: Result) -> dict[str, Any]:
    """The log file, of one run. It says nothing of where the tree lies on this machine."""
    index = {name: at for at, name in enumerate(rules())}
    found = numbered(sorted(result.findings, key=importance))
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "tracecfg",
                        "version": __version__,
                        "semanticVersion": __version__,
                        "rules": [_rule(rule) for rule in rules().values()],
                    }
                },
                # up to the last slash GitHub takes it for the category: one analysis for a commit
                "automationDetails": {"id": "tracecfg/check/"},
                "originalUriBaseIds": {
                    _ROOT: {"description": {"text": "The top folder of the kernel tree."}}
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [_invocation(len(found))],
                "results": [_result(each, mark, index) for each, mark in found[:MOST_RESULTS]],
            }
        ],
    }


def _invocation(count: int) -> dict[str, Any]:
    told: dict[str, Any] = {"executionSuccessful": True}
    if count > MOST_RESULTS:
        what = f"{count} findings: the {MOST_RESULTS} worst are here, as many as GitHub accepts"
        told["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": what}}]
    return told


def _rule(rule: Rule) -> dict[str, Any]:
    parts = {"": rule.what, "Why it matters": rule.why, "How to mend it": rule.mend}
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": _line(rule.what)},
        "help": {
            "text": "\n\n".join(_titled(title, part, ": ") for title, part in parts.items()),
            "markdown": "\n\n".join(
                _titled(title and f"**{title}**", markdown(part), "\n\n")
                for title, part in parts.items()
            ),
        },
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {
            "tags": ["kernel", "tracing"],
            "precision": "high",
            "problem.severity": _RANKS[rule.severity.value],
        },
    }


def _titled(title: str, text: str, between: str) -> str:
    return (f"{title}{between}" if title else "") + text.strip()


def _line(text: str) -> str:
    return " ".join(text.split())


def markdown(text: str) -> str:
    """A rule's text, in which only what stands in backticks is marked up."""
    pieces = text.split("`")
    for at in range(0, len(pieces), 2):
        for sign in "\\*_<[":
            pieces[at] = pieces[at].replace(sign, f"\\{sign}")
    return "`".join(pieces)


def _result(finding: Finding, mark: str, index: dict[str, int]) -> dict[str, Any]:
    text = "\n".join(escaped(part) for part in (finding.message, finding.hint) if part)
    location: dict[str, Any] = {"artifactLocation": _artifact(finding.file)}
    if finding.line is not None:
        location["region"] = {"startLine": finding.line}
        if finding.column is not None:
            location["region"]["startColumn"] = finding.column
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": finding.severity.value,
        # [text](1) would be a link
        "message": {"text": text.replace("](", "\\](")},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"tracecfg/v1": mark},
    }


def _artifact(file: str) -> dict[str, Any]:
    if file.startswith("/"):
        # a file that the user named, outside of the tree: its folder is nobody's business
        return {"uri": _uri(file.rpartition("/")[2])}
    return {"uri": _uri(file), "uriBaseId": _ROOT}


def _uri(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"))
