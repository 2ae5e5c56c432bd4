"""Rules that a comment in the source turns off: `tracecfg: off TC301`. Pure.

Behind code it speaks of that line; on lines of its own, of the next one too. With `off-file` it
speaks of the whole file. Behind the rules, ids or names, may stand a reason.

Sources are of strangers: no comment, however often it says so, takes longer than its length.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from tracecfg.check import rule
from tracecfg.check.facts import Hit
from tracecfg.errors import escaped, shortened
from tracecfg.kernel import ctext
from tracecfg.model import Finding, Place

MARK = "tracecfg:"
_MARK = re.compile(r"(?<!\w)tracecfg:[ \t]*+off(-file)?(?![\w-])[ \t]*+([^\n]*)")
_HASH = re.compile(r"^([^\n#]*+)#[^\n]*+", re.MULTILINE)
_ID = re.compile(r"TC\d+", re.IGNORECASE)
_MOST_WORDS = 100
_INDENT = 1000
"""Characters that can be before a comment which stands alone."""


class Off(NamedTuple):
    """One rule that a comment turns off. place: of the mark; lines: that it speaks of, None for
    the whole file"""

    rule: str
    place: Place
    lines: frozenset[int] | None


class Marks(NamedTuple):
    """What comments turn off, and those among them that name no rule."""

    offs: tuple[Off, ...]
    wrong: tuple[Hit, ...]


def read(texts: Iterable[tuple[str, str]]) -> Marks:
    """The marks of files, given by path and text."""
    found = [_marks(path, text) for path, text in texts if MARK in text]
    return Marks(
        tuple(off for each in found for off in each.offs),
        tuple(hit for each in found for hit in each.wrong),
    )


def _marks(path: str, text: str) -> Marks:
    offs: list[Off] = []
    wrong: list[Hit] = []
    of_comments, of_marks = ctext.Lines(text), ctext.Lines(text)
    for start, end in _comments(path, text):
        found = list(_MARK.finditer(text, start, end))
        if not found:
            continue
        before = text[max(0, start - _INDENT) : start].rpartition("\n")[2]
        first, last = of_comments.of(start), of_comments.of(end)
        lines = frozenset({first, last, last + (not before.strip())})
        for match in found:
            place = Place(path, of_marks.of(match.start()))
            rules, unknown = _rules(match[2].removesuffix("*/"))
            wrong += [Hit("TC902", place, what) for what in unknown]
            offs += [Off(each, place, None if match[1] else lines) for each in rules]
    return Marks(tuple(offs), tuple(wrong))


def _comments(path: str, text: str) -> Iterator[tuple[int, int]]:
    if path.endswith((".c", ".h", ".S")):
        yield from ctext.comments(text)
    else:
        for match in _HASH.finditer(text):
            yield match.end(1), match.end()


def _rules(said: str) -> tuple[list[str], list[str]]:
    """The ids of the rules that the words behind a mark begin with, and what is wrong with them."""
    rules: list[str] = []
    wrong: list[str] = []
    words = re.split(r"[\s,]+", said.strip(), maxsplit=_MOST_WORDS)
    for number, word in enumerate(words):
        is_id = _ID.fullmatch(word)
        if known := rule.find(word):
            rules.append(known.id)
        elif is_id or number == 0:
            what = f"{escaped(shortened(word))}, which is no rule" if word else "no rule"
            wrong.append(f"turns off {what}")
        if not known and not is_id:
            break
    return rules, wrong


class Applied(NamedTuple):
    """What is left of the findings, what was turned off, and the marks that turned off nothing."""

    findings: tuple[Finding, ...]
    off: tuple[Finding, ...]
    idle: tuple[Hit, ...]


def apply(findings: Iterable[Finding], offs: Collection[Off], asked: Collection[str]) -> Applied:
    """asked: the rules whose findings are all here"""
    by_line: dict[tuple[str, str, int | None], Off] = {}
    for off in offs:
        for line in off.lines or (None,):
            by_line.setdefault((off.rule, off.place.file, line), off)
    left: list[Finding] = []
    gone: list[Finding] = []
    used: set[Off] = set()
    for finding in findings:
        at = (finding.rule, finding.file)
        by = by_line.get((*at, finding.line)) or by_line.get((*at, None))
        (left if by is None else gone).append(finding)
        if by is not None:
            used.add(by)
    idle = dict.fromkeys(off for off in offs if off not in used and off.rule in asked)
    hits = (Hit("TC903", off.place, f"turns off {off.rule}, which is not here") for off in idle)
    return Applied(tuple(left), tuple(gone), tuple(hits))
