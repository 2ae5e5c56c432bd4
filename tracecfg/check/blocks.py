"""The #if blocks of a C file: where each begins and ends, and what is around a place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tracecfg.kernel.ctext import ELIF, OPENING, Directive

MULTI_READ = "TRACE_HEADER_MULTI_READ"
"""What include/trace/define_trace.h defines while it reads a trace header again."""

_NOT_DEFINED = re.compile(r"!\s*defined\s*(?:\(\s*(\w+)\s*\)|(\w+))")


class Block(NamedTuple):
    """arms: the #if, #ifdef or #ifndef, each #elif and the #else; end: the offset of the #endif"""

    arms: tuple[Directive, ...]
    end: int

    @property
    def opening(self) -> Directive:
        return self.arms[0]

    def arm_at(self, offset: int) -> int | None:
        """The index of the arm in which a place stands."""
        if not self.opening.start < offset < self.end:
            return None
        return sum(arm.start < offset for arm in self.arms) - 1


class Blocks(NamedTuple):
    """closed: by their ends; unbalanced: each directive that lacks its counterpart, in order"""

    closed: tuple[Block, ...]
    unbalanced: tuple[Directive, ...]


def blocks(directives: Iterable[Directive]) -> Blocks:
    """All blocks of a file."""
    stack: list[list[Directive]] = []
    closed: list[Block] = []
    stray: list[Directive] = []
    for directive in directives:
        if directive.word in OPENING:
            stack.append([directive])
        elif directive.word in (*ELIF, "else", "endif"):
            if not stack:
                stray.append(directive)
            elif directive.word == "endif":
                closed.append(Block(tuple(stack.pop()), directive.start))
            else:
                stack[-1].append(directive)
    return Blocks(tuple(closed), tuple(sorted([*stray, *(each[0] for each in stack)], key=_start)))


class Guard(NamedTuple):
    """An include guard. name: of its macro; rereads: whether it lets define_trace.h in again"""

    name: str
    block: Block
    rereads: bool

    def holds(self, offset: int) -> bool:
        return self.block.arm_at(offset) == 0


def guards(directives: Sequence[Directive], found: Iterable[Block]) -> list[Guard]:
    """The include guards of a header, by shape: #ifndef X or #if !defined(X) with #define X in
    it, X never undefined again."""
    defined: dict[str, list[int]] = {}
    undefined = set()
    for directive in directives:
        if directive.word == "define":
            name = re.match(r"\w*", directive.rest)
            defined.setdefault(name[0] if name else "", []).append(directive.start)
        elif directive.word == "undef":
            undefined.add(directive.rest)
    return [
        Guard(name, block, _rereads(block.opening.rest))
        for block in found
        for name in _refused(block.opening)
        if name not in undefined and _first_in(block, defined.get(name, ()))
    ]


def _rereads(condition: str) -> bool:
    """Does a condition that refuses the guard's own macro hold for define_trace.h all the same?
    With && for a further demand it does not."""
    return any(
        MULTI_READ in part and not _NOT_DEFINED.search(part) for part in condition.split("||")
    )


def _first_in(block: Block, offsets: Sequence[int]) -> bool:
    """Is the first of these places in the first arm?"""
    return bool(offsets) and block.arm_at(offsets[0]) == 0


def undefined_guards(directives: Iterable[Directive], found: Iterable[Block]) -> list[Guard]:
    """Guards that let define_trace.h in again and that keep nobody out: #if !defined(X) where
    the header never defines X."""
    defined = {each.rest.split(None, 1)[0] for each in directives if each.word == "define"}
    return [
        Guard(name, block, True)
        for block in found
        if MULTI_READ in block.opening.rest
        for name in _refused(block.opening)
        if name not in defined and name != MULTI_READ
    ]


def _refused(opening: Directive) -> list[str]:
    """The macros that must not be defined for the block to be read."""
    if opening.word == "ifndef":
        return [opening.rest]
    if opening.word == "if":
        return [match[1] or match[2] for match in _NOT_DEFINED.finditer(opening.rest)]
    return []


def _start(directive: Directive) -> int:
    return directive.start
