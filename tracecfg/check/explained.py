"""What `check --explain` prints: the rules in their own words. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from tracecfg.check.rule import Rule


def to_json(chosen: Sequence[Rule]) -> dict[str, Any]:
    """The object of `check --explain --json`, schema tracecfg.rules/1."""
    return {
        "schema": "tracecfg.rules/1",
        "rules": [
            {key: str(value).strip() for key, value in rule._asdict().items()} for rule in chosen
        ],
    }


def to_text(chosen: Sequence[Rule]) -> str:
    """All about a single rule; a line for each of several."""
    if len(chosen) != 1:
        wide = max(len(rule.name) for rule in chosen)
        rows = (
            f"{rule.id}  {rule.severity.value:<7}  {rule.name:<{wide}}  {rule.title}"
            for rule in chosen
        )
        return "\n".join([*rows, "", "more of one: tracecfg check --explain ID"])
    (rule,) = chosen
    parts = [
        f"{rule.id} {rule.name} ({rule.severity.value})\n{rule.title}",
        rule.what.strip(),
        f"Why it matters\n{_indented(rule.why)}",
        f"How to mend it\n{_indented(rule.mend)}",
        f"How to turn it off\n{_indented(_off(rule))}",
    ]
    return "\n\n".join(parts)


def _off(rule: Rule) -> str:
    settings = f'{rule.id} = "off" in [check.rules] of the tree\'s tracecfg.toml'
    return f"{rule.comment}\n{settings}".lstrip()


def _indented(text: str) -> str:
    return textwrap.indent(text.strip(), "  ")
