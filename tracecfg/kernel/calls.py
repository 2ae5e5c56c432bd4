"""Which tracepoints the code calls: what is told of one text. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tracecfg.kernel.source import Source

MANY = 100
"""Names in one file, above which it is read through for all of them at once."""
WORD = re.compile(r"[A-Za-z_]\w*")
HEAD = "trace_"
"""In the names of all functions that call a tracepoint."""
_CALL_FUNCTION = re.compile(
    r"\bvoid\s++(\w*)\s*+\#\#\s*+name\s*+(?:\#\#\s*+(\w+)\s*+)?\(\s*+proto\s*+\)"
)
_DIRECTIVE = re.compile(r"[ \t]*\#[ \t]*(\w+)[ \t]*")
_TYPES_ALONE = re.compile(r"[\w \t*]+")
_LAST = re.compile(r"\w+$")
_TYPES = frozenset(
    (
        *("void", "int", "bool", "char", "short", "long", "signed", "unsigned", "float"),
        *("const", "volatile", "inline", "extern", "static", "struct", "union", "enum", "typedef"),
        *("goto", "noinline", "notrace", "noinstr", "asmlinkage"),
    )
)
_TYPE = re.compile(r"__\w+|[us]\d+|\w+_t")
"""__always_inline, u32, size_t"""
_NEAR = 200
"""Characters within which what stands before a name is looked for."""
_LONG = 100
"""Characters that no event's name has."""
_GAPS = 4
"""In a name that is pasted; one with more may be any name that begins so."""
_WIDE = 32
"""Characters of the longest keyword, and of what may stand before trace_."""


class Function(NamedTuple):
    """What the kernel calls a function that calls a tracepoint: trace_<name>_rcuidle."""

    prefix: str
    suffix: str


def call_functions(tracepoint_h: str) -> tuple[Function, ...]:
    """Those that include/linux/tracepoint.h makes for each tracepoint, trace_<name> first: they
    take what the tracepoint takes."""
    text = tracepoint_h.replace("\\\n", " ")
    made = (Function(*match.groups(default="")) for match in _CALL_FUNCTION.finditer(text))
    found = {function for function in made if HEAD in function.prefix}
    plain = Function(HEAD, "")
    return (plain, *sorted(found - {plain}))


Pattern = tuple[str, ...]
"""A name that is pasted: what stands before, between and behind its gaps."""


class Paste(NamedTuple):
    """Names of functions that are pasted together.

    pattern: of the whole name; words: what may stand in its gaps
    chains: patterns of what macros paste to put it there
    """

    pattern: Pattern
    words: frozenset[str]
    chains: tuple[Pattern, ...] = ()

    def makes(self, function: str) -> bool:
        head, *behind = self.pattern
        if len(function) > _LONG or not function.startswith(head):
            return False
        if len(behind) > _GAPS:
            return bool(self.words)
        # where what is before a gap can end
        ends = {len(head)}
        for literal in behind:
            ends = {
                at + len(literal)
                for start in ends
                for at in range(start + 1, len(function) + 1)
                if function.startswith(literal, at) and self._may_stand(function[start:at])
            }
        return len(function) in ends

    def _may_stand(self, word: str) -> bool:
        return word in self.words or any(
            len(chain) > 2 or word[len(chain[0]) : len(word) - len(chain[-1])] in self.words
            for chain in self.chains
            if word.startswith(chain[0]) and word.endswith(chain[-1])
        )


@dataclass(frozen=True, kw_only=True)
class Called:
    """What the code of a whole tree calls.

    functions: what the kernel calls those that call a tracepoint
    names: of functions that are called, or handed on; `&event_x` for an event's structure
    """

    functions: tuple[Function, ...]
    names: frozenset[str]
    pastes: tuple[Paste, ...]

    def calls(self, event: str) -> bool:
        """Whether any code calls it, or is likely to."""
        made = [f"{prefix}{event}{suffix}" for prefix, suffix in self.functions]
        return (
            f"&event_{event}" in self.names
            or not self.names.isdisjoint(made)
            or any(paste.makes(name) for paste in self.pastes for name in made)
        )


def uses(text: str, word: str) -> Iterator[int]:
    """Where a word stands in a text, whatever is there."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (_in_word(text[at - 1 : at]) or _in_word(text[end : end + 1])):
            yield at
        at = text.find(word, end)


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def named(text: str, tails: Collection[str], heads: Collection[str]) -> Iterator[tuple[str, int]]:
    """The functions that a text names, each with where.

    tails: how their names end, from trace_ on; heads: how they may begin, up to there and with it
    """
    if len(tails) > MANY:
        for match in WORD.finditer(text):
            head, trace, rest = match[0].partition(HEAD)
            if trace and trace + rest in tails and head + trace in heads:
                yield match[0], match.start()
        return
    for tail in sorted(tails):
        at = text.find(tail)
        while at >= 0:
            end = at + len(tail)
            if not _in_word(text[end : end + 1]):
                start = at
                while start and at - start < _WIDE and _in_word(text[start - 1]):
                    start -= 1
                if text[start : at + len(HEAD)] in heads:
                    yield text[start:end], start
            at = text.find(tail, end)


def surely_code(text: str, at: int) -> bool:
    """Is it outside comments and literals? As far as that shows at a look."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    if '"' in line or "'" in line or "//" in line:
        return False
    opened = text.rfind("/*", 0, at)
    return opened < 0 or text.find("*/", opened + 2, at) >= 0


def is_code(source: Source, at: int) -> bool:
    """Is it outside comments, literals and #if 0? Takes time where that does not show."""
    plain = "blanked" not in source.__dict__ and surely_code(source.text, at)
    if not plain and source.blanked[at] != source.text[at]:
        return False
    return not source.is_dead(at)


def on_directive(text: str, at: int) -> re.Match[str] | None:
    """The # and the word of a preprocessor line, when the offset stands on its first line."""
    return _DIRECTIVE.match(text, text.rfind("\n", 0, at) + 1, at)


def hands_on(text: str, at: int) -> bool:
    """Does a function's name at an offset of the code call it, or take its address? Its
    declaration does not, nor a member, structure or macro of that name."""
    directive = on_directive(text, at)
    if directive and (directive[1] != "define" or directive.end() == at):
        return False
    start = text.rfind("\n", 0, at) + 1
    before = text[max(start, at - _NEAR) : at].rstrip()
    if not before:
        above = text[max(0, start - _NEAR) : start].rstrip()
        before = above[above.rfind("\n") + 1 :]
        # static inline void
        if not _TYPES_ALONE.fullmatch(before):
            return True
    if before.endswith(("*", ".", "->")):
        return False
    token = _LAST.search(before[-_WIDE:])
    return not token or not (token[0] in _TYPES or _TYPE.fullmatch(token[0]))


def rust_names(text: str) -> Iterator[str]:
    """The tracepoints that Rust code declares, to call them."""
    for block in re.finditer(r"\bdeclare_trace!\s*+[{(]([^{}]*)", text):
        for match in re.finditer(r"\bfn\s++(\w+)", block[1]):
            yield match[1]
