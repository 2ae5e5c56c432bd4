"""What `check` prints: JSON for a program, text for a person. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracecfg.check.run import Result


def to_json(result: Result) -> dict[str, Any]:
    """The object of `check --format json`, schema tracecfg.check/1."""
    return {
        "schema": "tracecfg.check/1",
        "tree": result.root,
        "version": result.version,
        "findings": [
            {**each._asdict(), "severity": each.severity.value} for each in result.findings
        ],
    }


def to_text(result: Result) -> str:
    """A line for each finding."""
    return "\n".join(
        f"{each.file}:{each.line}: {each.severity.value}: {each.message} [{each.rule}]"
        for each in result.findings
    )
