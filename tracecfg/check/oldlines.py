"""Where lines of a file that changed stand now, or stood. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher

_MOST = 4000
"""Lines that are compared one by one, what is equal at both ends apart."""


def now(old: str, new: str, line: int) -> int:
    """The line that an old one, from 1, is now; where it is gone, what took its place, or else the
    line before it that is left."""
    olds, news = old.splitlines(), new.splitlines()
    most = min(len(olds), len(news))
    head = next((at for at in range(most) if olds[at] != news[at]), most)
    if line <= head:
        return line
    left = most - head
    tail = next((at for at in range(left) if olds[-1 - at] != news[-1 - at]), left)
    if line > len(olds) - tail:
        return line + len(news) - len(olds)
    olds, news = olds[head : len(olds) - tail], news[head : len(news) - tail]
    if max(len(olds), len(news)) > _MOST:
        return max(head, 1)
    at = line - 1 - head
    for _, i1, i2, j1, j2 in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        if i1 <= at < i2:
            return max(head + min(j1 + at - i1, j2 - 1) + 1, 1)
    return max(head, 1)
