"""Which findings are one and the same, in two states of a tree. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from tracecfg.model import Finding

_LINE = re.compile(r"(?<=[\w)]):\d+(?::\d+)?(?!\w)|(?<=\blines )\d+|(?<=\bline )\d+")
"""The numbers of lines that messages speak of: a.h:12, a.h:12:5, line 12. What other numbers say,
such as the length of an array, is part of the finding."""


def fingerprint(finding: Finding) -> str:
    """32 hexadecimal digits of the rule, the file and what the message says, lines apart: code that
    moves up or down in its file keeps it, and so does a finding whose severity or hint is put
    another way."""
    parts = (finding.rule, finding.file, _LINE.sub("", finding.message))
    # a stranger's baseline may hold any surrogate
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:32]


def numbered(findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """Each with its fingerprint, a colon and its number among those of the same fingerprint, from
    1, in the order given."""
    seen: Counter[str] = Counter()
    found = []
    for finding in findings:
        mark = fingerprint(finding)
        seen[mark] += 1
        found.append((finding, f"{mark}:{seen[mark]}"))
    return found
