"""Known findings, in a file of their own: they are no news. Pure.

One line for each, sorted, so that a change of the file reads well in git. Which findings are the
same is what fingerprint.py says; it is asked again of each entry, and not kept in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from tracecfg.check.fingerprint import numbered
from tracecfg.errors import UsageError, escaped
from tracecfg.model import Finding, Severity

SCHEMA = "tracecfg.baseline/1"
MAX_SIZE = 64 * 1024 * 1024
"""Bytes: some hundred thousand findings."""
_KEYS = ("rule", "file", "message")


class Split(NamedTuple):
    """Findings by what a baseline knows of them; gone: its entries that were not found again."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    gone: tuple[Finding, ...]


def split(findings: Iterable[Finding], baseline: Iterable[Finding]) -> Split:
    """Of several that are alike, as many are known as the baseline has, the first ones."""
    entries = {mark: entry for entry, mark in numbered(baseline)}
    new: list[Finding] = []
    known: list[Finding] = []
    for finding, mark in numbered(findings):
        (new if entries.pop(mark, None) is None else known).append(finding)
    return Split(tuple(new), tuple(known), tuple(entries.values()))


def to_text(findings: Iterable[Finding]) -> str:
    """The file's text."""
    rows = sorted((each.rule, each.file, each.message) for each in findings)
    lines = [json.dumps(dict(zip(_KEYS, row, strict=True))) for row in rows]
    inner = ",\n".join(f"    {line}" for line in lines)
    return f'{{\n  "schema": "{SCHEMA}",\n  "findings": [\n{inner}\n  ]\n}}\n'


def is_one(text: str) -> bool:
    """Was it a baseline once, though it may be damaged? Such a file may be replaced."""
    return '"tracecfg.baseline/' in text[:1000] or not text.strip()


def parse(text: str, file: str) -> tuple[Finding, ...]:
    """The entries of a file's text, as findings of which only rule, file and message are known.

    Raises UsageError, with file:line.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise _broken(file, error.lineno, f"no JSON: {error.msg}", text) from error
    except ValueError as error:
        raise _broken(file, 1, f"no JSON of ours: {error}", text) from error
    except RecursionError as error:
        raise _broken(file, 1, "no JSON: nested too deep", text) from error
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        has = value.get("schema") if isinstance(value, dict) else None
        said = f"its schema is {escaped(repr(has)[:60])}" if has else "it has no schema"
        raise _broken(file, 1, f"{said}, not {SCHEMA}", text)
    entries = value.get("findings")
    if not isinstance(entries, list):
        raise _broken(file, 1, "findings is no list", text)
    found = []
    for index, entry in enumerate(entries):
        parts = [entry.get(key) for key in _KEYS] if isinstance(entry, dict) else [None]
        if not all(isinstance(part, str) for part in parts):
            what = "an entry has rule, file and message, which are strings"
            raise _broken(file, _line(text, index), what, text)
        rule, path, message = map(str, parts)
        found.append(Finding(rule, Severity.NOTE, path, None, message, ""))
    return tuple(found)


def _broken(file: str, line: int, what: str, text: str) -> UsageError:
    anew = "--update-baseline writes it anew"
    return UsageError(f"{file}:{line}: {what}", anew if is_one(text) else "name another baseline")


def _line(text: str, index: int) -> int:
    """Where an element of `findings` begins, in text that is JSON: found by reading it again."""
    decoder = json.JSONDecoder()
    try:
        at = _space(text, text.index("[", text.index('"findings"')) + 1)
        for _ in range(index):
            _, end = decoder.raw_decode(text, at)
            at = _space(text, text.index(",", end) + 1)
    except (ValueError, IndexError):
        # "findings" in escapes, or as somebody's value before
        return 1
    return text.count("\n", 0, at) + 1


def _space(text: str, at: int) -> int:
    while text[at].isspace():
        at += 1
    return at
