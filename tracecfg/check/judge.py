"""From what the rules hit upon to findings: severities, and comments that turn a rule off. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from tracecfg.check import suppress
from tracecfg.check.facts import Hit
from tracecfg.check.result import by_place
from tracecfg.check.rule import Rule
from tracecfg.model import Finding


class Judged(NamedTuple):
    """Findings by place, and those that comments turned off."""

    findings: tuple[Finding, ...]
    off: tuple[Finding, ...]


def judge(
    hits: Iterable[Hit],
    known: Mapping[str, Rule],
    texts: Iterable[tuple[str, str]],
    asked: Collection[str],
) -> Judged:
    """known: the rules in force; texts: files by path in which comments count
    asked: those of the rules of which all findings are here
    """
    marks = suppress.read(texts)
    found = sorted(_findings([*hits, *marks.wrong], known), key=by_place)
    applied = suppress.apply(found, marks.offs, asked)
    idle = _findings(applied.idle, known)
    return Judged(tuple(sorted([*applied.findings, *idle], key=by_place)), applied.off)


def _findings(hits: Iterable[Hit], known: Mapping[str, Rule]) -> Iterator[Finding]:
    """Those of the rules in force, each with its severity."""
    for hit in dict.fromkeys(hits):
        if (rule := known.get(hit.rule)) is not None:
            yield Finding(
                rule.id,
                rule.severity,
                hit.place.file,
                hit.place.line,
                hit.message,
                hit.hint or rule.hint,
                hit.column,
            )
