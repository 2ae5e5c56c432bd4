"""By which fixed strings a file shows that it has to do with tracepoints."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmap import mmap

WORDS = (
    "TRACE_SYSTEM",
    "CREATE_TRACE_POINTS",
    "TRACE_EVENT",
    "DEFINE_EVENT",
    "DECLARE_TRACE",
    "TRACEPOINT",
    "__tracepoint_",
    "tracepoint_enabled",
    "register_trace_",
    "CUSTOM_EVENT",
    "set_clr_event",
    "trace_get_event_file",
    "include <trace/events/",
)
"""Fixed strings. The last one finds code that registers probes through a macro of its own."""

PARTS = (
    "TRACE_SYSTEM",
    "TRACE_POINTS",
    "TRACE_EVENT",
    "TRACEPOINT",
    "FINE_EVENT",
    "ARE_TRACE",
    "OM_EVENT",
    "tracepoint_",
    "trace_get_event_file",
    "r_trace_",
    "clr_event",
    "<trace/events/",
)
"""Parts of WORDS, one in each of them. A search for several strings at once looks for how they
begin: beginnings that are few and that C code seldom has make rg's a third cheaper."""

BESIDES = ("&event_",)
"""Looked for as well, but it takes one of WORDS to make a file worth reading."""

EVERY = frozenset((*PARTS, *BESIDES))


@cache
def signs(word: str) -> frozenset[str]:
    """Of PARTS and BESIDES those of which one at least is told of each file that holds the word."""
    every = (*PARTS, *BESIDES)
    part = next(part for part in every if part in word)
    ahead = word[: word.index(part)]
    return frozenset(sign for sign in every if sign == part or _hides(sign, ahead, part))


def _hides(sign: str, ahead: str, part: str) -> bool:
    """Can it begin before a part, which has this text ahead of it, and reach into it?"""
    return any(
        (part.startswith(sign[at:]) or sign[at:].startswith(part))
        and (ahead.endswith(sign[:at]) or sign[:at].endswith(ahead))
        for at in range(1, len(sign))
    )


def parts_in(data: bytes | mmap) -> frozenset[str]:
    """Which of PARTS and BESIDES a file holds; none without one of PARTS."""
    # a plain search for each word is several times faster than one pattern of them all
    told = frozenset(
        part.decode()
        for common, parts in _BY_COMMON
        if data.find(common) >= 0
        for part in parts
        if data.find(part) >= 0
    )
    return told and told | {part for part in BESIDES if data.find(part.encode()) >= 0}


_COMMON = ("TRACE", "trace_")
"""What several parts have in common: most files have none of them, and one look tells."""
_BY_COMMON = [
    (common.encode(), [part.encode() for part in PARTS if common in part]) for common in _COMMON
] + [
    (part.encode(), [part.encode()])
    for part in PARTS
    if not any(common in part for common in _COMMON)
]
