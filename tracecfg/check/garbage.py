"""What stands in the tree's files and is no C or no Kconfig: rule TC901.

What a creator includes and cannot be read becomes a problem of the facts' `includes`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracecfg.check.blocks import blocks
from tracecfg.check.creation import CREATES
from tracecfg.check.facts import Facts, Hit
from tracecfg.kconfigtext import first_conflict
from tracecfg.kernel.source import Source

_CONFLICT = "merge conflict markers"


def hits(facts: Facts) -> Iterator[Hit]:
    """In the files that have to do with tracepoints, and in Kconfig."""
    told = {place for place, _ in facts.plan.problems}
    for path, source in facts.files.items():
        if "\0" in source.text:
            yield _hit(source, source.text.index("\0"), "has a NUL byte: is it a binary file?")
        if (place := first_conflict(path, source.text)) and place not in told:
            yield Hit("TC901", place, _CONFLICT, "resolve the conflict")
        if path.endswith(".c") and CREATES in source.text:
            for include, _ in source.includes_behind(source.text.find(CREATES)):
                facts.includes.follow_symlinks(path, include)
    for decision in facts.plan.decisions:
        for path in decision.system.headers:
            source = facts.files[path]
            for directive in blocks(source.directives).unbalanced[:1]:
                lacks = "#endif" if directive.word.startswith("if") else "#if"
                yield _hit(source, directive.start, f"#{directive.word} without {lacks}")
    yield from _makefiles(facts)
    for place in facts.kconfig.conflicts():
        yield Hit("TC901", place, _CONFLICT, "resolve the conflict")


def _makefiles(facts: Facts) -> Iterator[Hit]:
    """Those that cannot be read, so that nobody knows when a creator is built."""
    for decision in facts.plan.decisions:
        for creator in decision.system.creators:
            _, place, reason = creator.gate
            if place is not None and reason.startswith(f"{place.file}: "):
                yield Hit("TC901", place, reason.removeprefix(f"{place.file}: "))


def _hit(source: Source, offset: int, message: str) -> Hit:
    return Hit("TC901", source.place(offset), message, "", source.column(offset))
