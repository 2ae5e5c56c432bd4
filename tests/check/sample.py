"""Findings made for a test, as several rules would give them, and some of a stranger's tree."""

from __future__ import annotations

from collections.abc import Iterable

from tracecfg.check.result import Result
from tracecfg.check.rule import rules
from tracecfg.model import Finding

HEADER = "include/trace/events/radio.h"
UNUSED = "include/trace/events/queue.h"


def finding(
    rule: str,
    file: str = HEADER,
    line: int | None = 3,
    message: str = "radio_tune is never called",
    hint: str | None = None,
    column: int | None = None,
) -> Finding:
    known = rules()[rule]
    return Finding(
        rule, known.severity, file, line, message, known.hint if hint is None else hint, column
    )


def plain() -> list[Finding]:
    return [
        finding("TC201", line=2, column=1, message="the guard _TRACE_RADIO_H keeps its events out"),
        finding("TC301", line=14),
        finding("TC301", UNUSED, 41, "queue_full is never called", column=13),
        finding("TC301", UNUSED, 60, "queue_empty is never called", "call it in queue_pop()"),
        finding("TC302", UNUSED, 9, "queue_class has no event"),
        finding("TC110", "drivers/radio/trace.h", 7, f"radio_tune stands in {HEADER}:14, too"),
        finding("TC901", "Makefile", None, "it cannot be read: Permission denied"),
        finding("TC902", UNUSED, 1, "turns off TC999, which is no rule"),
    ]


HOSTILE = [
    finding("TC301", "a b%20#?/\x1b[31m,x:y.h", 1, "esc \x1b[2J\nsecond ##[add-mask]x [a](1)"),
    finding("TC301", "::error file=x::y.h", 2, "100% a,b:c\r\n::set-output name=a::b"),
    finding(
        "TC302",
        "\udcff.h",
        3,
        "<script>|`x`* @all https://example.org www.example.org \udcff \u202e",
    ),
]


def result(found: Iterable[Finding], **more: object) -> Result:
    return Result(root="/somewhere/linux", version="6.12.0", findings=tuple(found), **more)  # type: ignore[arg-type]
