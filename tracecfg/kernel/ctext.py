"""C source as text: comments blanked, directives found, calls taken apart.

Nothing here knows what a tracepoint is. Blanking keeps every offset and every newline, so a
position in the blanked text is a position in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

_COMMENT_OR_LITERAL = re.compile(
    r"""\#[ \t]*+include[ \t]*+"[^"\n]*+"|/\*(?:.*?\*/|.*)|//[^\n]*+"""
    # a literal that is not closed ends with its line: tried again from each quote in it, a long
    # one would take hours
    r"""|"(?:[^"\\\n]++|\\.)*+"?|'(?:[^'\\\n]++|\\.)*+'?""",
    re.DOTALL,
)
_STRAY_BACKSLASH = re.compile(r"\\(?=\r?\n)")
# a plain newline instead of ^ makes the search several times faster
_DIRECTIVE = re.compile(r"\n[ \t]*+\#[ \t]*+(\w+)([^\n\\]*+(?:\\(?:\r?\n|.)?[^\n\\]*+)*+)")
_CONTINUATION = re.compile(r"\\\r?\n")


def _bracketed(depth: int) -> str:
    """A pattern for a closed pair of brackets with at most so many within each other."""
    inner = rf"|{_bracketed(depth - 1)}" if depth > 1 else ""
    return rf"[({{\[](?:[^][(){{}}]++{inner})*+[)}}\]]"


_BRACKETED_OR_MARK = re.compile(rf"{_bracketed(5)}|([][(){{}},])")
_ARGUMENT = re.compile(rf"\s*+((?:[^][(){{}},]++|{_bracketed(5)})*+)([,)}}\]])")


@lru_cache(maxsize=32)
def blank(text: str) -> str:
    """The text with comments and the insides of literals turned into spaces, offsets kept; what an
    #include names stays."""
    return _COMMENT_OR_LITERAL.sub(_blank_match, text)


def _blank_match(match: re.Match[str]) -> str:
    found = match[0]
    first = found[0]
    if first == "/":
        return _spaces(found)
    if first == "#":
        return found
    last = first if len(found) > 1 and found[-1] == first else ""
    return first + _spaces(found[1 : len(found) - len(last)]) + last


def comments(text: str) -> Iterator[tuple[int, int]]:
    """Where each comment begins and ends."""
    for match in _COMMENT_OR_LITERAL.finditer(text):
        if text[match.start()] == "/":
            yield match.span()


class _Blanks(dict[int, int]):
    """For str.translate: everything but a newline is a space."""

    def __missing__(self, _: int) -> int:
        return ord(" ")


# what stands in the table needs no call
_BLANKS = _Blanks(dict.fromkeys(range(128), ord(" ")) | {ord("\n"): ord("\n")})


def _spaces(text: str) -> str:
    """As long, with newlines in the same places."""
    return text.translate(_BLANKS) if "\n" in text else " " * len(text)


class Lines:
    """Line numbers, from 1, of offsets in a text: cheap where one is near the last."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._offset, self._line = 0, 1

    def of(self, offset: int) -> int:
        if offset >= self._offset:
            self._line += self._text.count("\n", self._offset, offset)
        else:
            self._line -= self._text.count("\n", offset, self._offset)
        self._offset = offset
        return self._line


class Directive(NamedTuple):
    """One preprocessor line with its continuation lines.

    word: `define`, `if`, ...; rest: what follows, in one line; start, end: offsets in the text
    """

    word: str
    rest: str
    start: int
    end: int


def directives(blanked: str) -> list[Directive]:
    # the newline that is put before is the last of the line above
    return [_directive(match, match[2]) for match in _DIRECTIVE.finditer("\n" + blanked)]


def directives_at_once(text: str) -> list[Directive] | None:
    """The directives of a text that is not blanked; None where comments and literals stand so that
    it takes blanking to tell."""
    found = []
    at = 0
    for match in _DIRECTIVE.finditer("\n" + text):
        start = match.start()
        if _may_be_inside(text, at, start):
            return None
        rest = match[2]
        if "/" in rest or '"' in rest or "'" in rest:
            line = _COMMENT_OR_LITERAL.sub(_blank_match, text[start : match.end() - 1])
            again = _DIRECTIVE.fullmatch("\n" + line)
            if again is None:
                return None
            rest = again[2]
        found.append(_directive(match, rest))
        at = start
    return found


def _may_be_inside(text: str, at: int, start: int) -> bool:
    """Can the line at `start` be part of a comment or literal? The line at `at` is not."""
    opened = text.rfind("/*", at, start)
    closed = opened >= 0 and text.find("*/", opened + 2, start) >= 0
    return (opened >= 0 and not closed) or text.endswith(("\\\n", "\\\r\n"), at, start)


def begin_lines(text: str, offsets: Iterable[int]) -> bool:
    """Does each begin a line that is certainly no part of a comment, literal or directive? As far
    as that shows without blanking."""
    at = 0
    for offset in offsets:
        if text[offset - 1 : offset] not in ("", "\n") or _may_be_inside(text, at, offset):
            return False
        at = offset
    return True


def _directive(match: re.Match[str], rest: str) -> Directive:
    if "\\" in rest:
        rest = _CONTINUATION.sub(" ", rest)
    return Directive(match[1], rest.strip(), match.start(), match.end() - 1)


def without(blanked: str, found: list[Directive]) -> str:
    """The text with the directives blanked too: the code that is left."""
    parts = []
    at = 0
    for directive in found:
        parts.append(blanked[at : directive.start])
        parts.append(_spaces(blanked[directive.start : directive.end]))
        at = directive.end
    parts.append(blanked[at:])
    return _STRAY_BACKSLASH.sub(" ", "".join(parts))


def arguments(blanked: str, opening: int) -> tuple[list[str], int] | None:
    """The top-level arguments of the call whose `(` is at `opening`, and the offset behind `)`.

    None when the bracket is never closed.
    """
    parts: list[str] = []
    start = opening + 1
    while argument := _ARGUMENT.match(blanked, start):
        text, mark = argument.groups()
        parts.append(text.rstrip())
        start = argument.end()
        if mark != ",":
            return parts, start
    # brackets deeper within each other
    depth = 1
    for match in _BRACKETED_OR_MARK.finditer(blanked, start):
        char = match[1]
        if char is None:
            continue
        if char in "({[":
            depth += 1
        elif char in ")}]":
            depth -= 1
            if depth == 0:
                parts.append(blanked[start : match.start()].strip())
                return parts, match.end()
        elif depth == 1:
            parts.append(blanked[start : match.start()].strip())
            start = match.end()
    return None


_CONFIG = r"CONFIG_(\w+)"
_TEST = rf"(?:defined\s*\(?\s*|IS_(?:ENABLED|REACHABLE|BUILTIN)\s*\(\s*)?{_CONFIG}\s*\)?"
_POSITIVE = re.compile(rf"\(?\s*{_TEST}\s*\)?")
_NEGATIVE = re.compile(rf"!\s*{_TEST}")


OPENING = ("if", "ifdef", "ifndef")
ELIF = ("elif", "elifdef", "elifndef")


class Branch(NamedTuple):
    """One arm of a conditional, as far as it speaks of configuration symbols.

    needs: the symbols that must all be set for the arm, when it is a plain conjunction
    refuses: the symbols whose absence (also) opens the arm
    dead: `#if 0`
    """

    needs: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    dead: bool = False


def branch(directive: Directive) -> Branch:
    """What a directive of OPENING or ELIF says."""
    rest = directive.rest
    if directive.word.endswith("def"):
        match = re.match(rf"{_CONFIG}$", rest)
        if match is None:
            return Branch()
        named = (match[1],)
        return Branch(refuses=named) if directive.word.endswith("ndef") else Branch(needs=named)
    if rest in ("0", "(0)"):
        return Branch(dead=True)
    refuses = tuple(found[1] for found in _NEGATIVE.finditer(rest))
    if "||" in rest:
        return Branch(refuses=refuses)
    parts = [_POSITIVE.fullmatch(part.strip()) for part in rest.split("&&")]
    return Branch(needs=tuple(part[1] for part in parts if part), refuses=refuses)


def may_be_dead(text: str) -> bool:
    """Has it code under #if 0? Quick, and sure only of a no."""
    return "if 0" in text or "if (0)" in text


def opposite(taken: list[Branch]) -> Branch:
    """The #else of the arms `taken`."""
    first = taken[0]
    if first.dead or len(taken) > 1:
        return Branch()
    if first.needs:
        return Branch(refuses=first.needs if len(first.needs) == 1 and not first.refuses else ())
    return Branch(needs=first.refuses if len(first.refuses) == 1 else ())


_NESTED = 200
"""Blocks within each other: people write ten at most."""


def conditionals(found: list[Directive]) -> Iterator[tuple[Directive, tuple[Branch, ...]]]:
    """Each directive with the stack of arms it stands in, of more than _NESTED the outermost (its
    own #if not yet counted)."""
    stack: list[list[Branch]] = []
    current: list[Branch] = []
    for directive in found:
        if directive.word in (*ELIF, "else", "endif") and stack:
            current.pop()
        yield directive, tuple(current[:_NESTED])
        if directive.word in OPENING:
            arm = branch(directive)
            stack.append([arm])
            current.append(arm)
        elif directive.word in ELIF and stack:
            arm = branch(directive)
            stack[-1].append(arm)
            current.append(arm)
        elif directive.word == "else" and stack:
            current.append(opposite(stack[-1]))
        elif directive.word == "endif" and stack:
            stack.pop()
