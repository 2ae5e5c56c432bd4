"""The forms in which `check` gives its findings. Pure."""

from __future__ import annotations

from enum import StrEnum

from tracecfg.check.result import Result


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def rendered(result: Result, form: Format, *, colour: bool) -> str:
    """colour: of text, which a person looks at"""
    # imported here: each is for its own form
    if form is Format.GITHUB:
        from tracecfg.check.github import to_annotations

        return to_annotations(result)
    from tracecfg.check import report

    if form is Format.TEXT:
        return report.to_text(result, colour=colour)
    from tracecfg.report import json_text

    if form is Format.JSON:
        return _no_command(json_text(report.to_json(result)))
    from tracecfg.check.sarif import to_sarif

    return _no_command(json_text(to_sarif(result)))


def _no_command(text: str) -> str:
    """The same JSON, in which a log of GitHub Actions finds no command: see errors.in_a_log()."""
    return text.replace("##[", "##\\u005b")
