"""What a Makefile's lines come to before anything is expanded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tracecfg.gate import Gate
from tracecfg.kernel.maketext import Statement
from tracecfg.kernel.makevalue import Words, is_opaque, matches_opaque
from tracecfg.model import Place


class Condition(NamedTuple):
    """One ifdef, ifndef, ifeq or ifneq; at: which statement it is, see make.Makefile"""

    statement: Statement
    at: int
    path: str
    negated: bool = False


@dataclass
class Frame:
    """The branch of a conditional that statements stand in; gate: None until asked for."""

    parent: Frame | None
    conditions: tuple[Condition, ...]
    gate: Gate | None = None


class Assignment(NamedTuple):
    """One line that sets a variable.

    at: which statement it is, counted by make.Makefile
    gate: when the name, as far as it is computed, is this one
    immediate: whether the text is expanded where it stands, not where it is used
    """

    at: int
    frame: Frame
    gate: Gate
    operator: str
    immediate: bool
    text: str
    path: str
    line: int

    @property
    def place(self) -> Place:
        return Place(self.path, self.line)


class Index:
    """A variable's assignments by the words in them, so that a long list is gone through once.

    every: all of them, in order
    others: those that take more than looking at their words
    """

    def __init__(self, every: list[Assignment]) -> None:
        self.every = every
        self.others: list[Assignment] = []
        self._plain: dict[str, list[tuple[int, Assignment, str]]] = {}
        for one in every:
            if one.operator != "+=" or "$" in one.text:
                self.others.append(one)
            else:
                for word in one.text.split():
                    self._plain.setdefault(last_part(word), []).append((one.at, one, word))

    def plain(self, last: str) -> list[tuple[int, Assignment, str]]:
        """The words with this last part that are added as they stand, and which line does it."""
        return self._plain.get(last, [])


class WordsByEnd:
    """The words of a value by their last part, found again without going through all."""

    def __init__(self, items: Words) -> None:
        self._open = [item for item in items if is_opaque(last_part(item[1]))]
        self._by_last: dict[str, Words] = {}
        for item in items:
            self._by_last.setdefault(last_part(item[1]), []).append(item)

    def ending(self, last: str) -> Words:
        """Those with this last part and those that may have it."""
        found = self._by_last.get(last, [])
        return found + [item for item in self._open if matches_opaque(last_part(item[1]), last)]


def last_part(word: str) -> str:
    """b.o of a/b.o, b/ of a/b/"""
    return word[word.rfind("/", 0, -1) + 1 :]
