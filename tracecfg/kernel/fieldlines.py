"""At which lines of a trace header the fields of its classes stand. Pure."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection, Mapping

from tracecfg.kernel import ctext
from tracecfg.kernel.source import Source
from tracecfg.model import Place

_CALL = re.compile(r"\b\w++\s*+\(")


def field_places(
    header: Source, entry: str, classes: Mapping[str, tuple[Place, Collection[str]]]
) -> dict[tuple[str, str], Place]:
    """By class and field; not of those that another file or a macro makes. "" is where they begin.

    entry: the macro in whose brackets they stand
    classes: where each begins, and the names of its fields
    """
    found: dict[tuple[str, str], Place] = {}
    code = header.code
    begins = sorted(header.line_start(place.line) for place, _ in classes.values())
    for name, (place, fields) in classes.items():
        begin = header.line_start(place.line)
        after = bisect(begins, begin)
        end = begins[after] if after < len(begins) else len(code)
        opening = _CALL.match(code, at) if (at := code.find(entry, begin, end)) >= 0 else None
        struct = ctext.arguments(code, opening.end() - 1) if opening else None
        if opening is None or struct is None:
            continue
        found[name, ""] = header.place(opening.start())
        at = opening.end()
        while call := _CALL.search(code, at, struct[1]):
            args = ctext.arguments(code, call.end() - 1)
            if args is None:
                break
            given = (arg.strip() for arg in args[0])
            if field := next((each for each in given if each in fields), None):
                found.setdefault((name, field), header.place(call.start()))
            at = args[1]
    return found
