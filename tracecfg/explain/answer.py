"""What `explain` answers, and how it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Cause(StrEnum):
    """Why an event cannot be seen."""

    UNKNOWN_NAME = "unknown-name"
    COMPILED_OUT = "compiled-out"
    MODULE_NOT_LOADED = "module-not-loaded"
    NO_EVENT = "tracepoint-without-event"
    LOCKED_DOWN = "locked-down"
    NO_PERMISSION = "no-permission"
    NOT_MOUNTED = "tracefs-not-mounted"
    NO_EVENT_TRACING = "no-event-tracing"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Evidence:
    """source: a file, or file:line; hint: it comes from another kernel's source, see hints.py"""

    source: str
    says: str
    hint: bool = False


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """event: the name that was asked about
    present: whether the running kernel has it; None when that could not be seen
    cause: None when nothing is in the way
    options: with CONFIG_, those that would have to be on; modules: any of them defines the event
    """

    event: str
    present: bool | None
    cause: Cause | None
    summary: str
    evidence: tuple[Evidence, ...] = ()
    remedy: str = ""
    options: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()


def to_json(release: str, answers: Sequence[Explanation]) -> dict[str, Any]:
    """The object of `explain --json`; with a single name its fields stand at the top as well."""
    listed = [_fields(answer) for answer in answers]
    only = listed[0] if len(listed) == 1 else {}
    return {"schema": "tracecfg.explain/1", "kernel": release, **only, "explanations": listed}


def _fields(answer: Explanation) -> dict[str, Any]:
    return {
        "event": answer.event,
        "present": answer.present,
        "cause": answer.cause.value if answer.cause else None,
        "summary": answer.summary,
        "evidence": [
            {"source": each.source, "says": each.says, "hint": each.hint}
            for each in answer.evidence
        ],
        "remedy": answer.remedy or None,
        "options": list(answer.options),
        "modules": list(answer.modules),
        "nearest": list(answer.nearest),
    }


def to_text(answers: Sequence[Explanation]) -> str:
    return "\n\n".join(map(_paragraph, answers))


def _paragraph(answer: Explanation) -> str:
    lines = [f"{answer.event}: {answer.summary}"]
    for each in answer.evidence:
        kind = "hint" if each.hint else "evidence"
        lines.append(f"  {kind}: {each.source}: {each.says}")
    if answer.remedy:
        lines.append(f"  remedy: {answer.remedy}")
    return "\n".join(lines)
