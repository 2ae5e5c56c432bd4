"""Values of make variables that depend on the configuration.

A value is a list of fragments, each with the gate under which its text is there. What cannot be
evaluated is a mark: in a text a stand-in for any text, in a gate a symbol that no Kconfig has. A
mark that cancels out or that nothing asked for depends on does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from tracecfg.gate import ALWAYS, NEVER, Equals, Gate, Sym, any_of, both, negate, symbols
from tracecfg.model import Place

MAX_ALTERNATIVES = 64
MAX_CHOICES = 4

_OPAQUE = re.compile("\0(\\d+)\0")

Fragment = tuple[Gate, str]
Value = list[Fragment]
Words = list[Fragment]
"""Like a Value, but each text is one word without blanks."""


class Marks:
    """What could not be evaluated, by number."""

    def __init__(self) -> None:
        self.found: dict[tuple[Place, str], int] = {}

    def text(self, place: Place, reason: str) -> str:
        return f"\0{self.found.setdefault((place, reason), len(self.found))}\0"

    def gate(self, place: Place, reason: str) -> Gate:
        return opaque_gate(self.text(place, reason))

    def in_gate(self, gate: Gate) -> tuple[Place, str] | None:
        """The first mark that the gate depends on."""
        numbers = {int(name[1:]) for name in symbols(gate) if name[0] == "?"}
        return list(self.found)[min(numbers)] if numbers else None

    def in_text(self, text: str) -> tuple[Place, str] | None:
        match = _OPAQUE.search(text)
        return list(self.found)[int(match[1])] if match else None


def is_opaque(text: str) -> bool:
    return "\0" in text


def matches_opaque(pattern: str, text: str) -> bool:
    """Whether the text could be what a word with marks in it stands for."""
    parts = [re.escape(part) for part in _OPAQUE.split(pattern)[::2]]
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None


def opaque_gate(text: str) -> Gate:
    return any_of(Sym(f"?{number}") for number in _OPAQUE.findall(text))


def words(value: Value) -> Words:
    """The value's words; a word may be made of several fragments (`foo-$(CONFIG_X).o`)."""
    done: Words = []
    unfinished: Value = []
    for gate, text in value:
        if not text or gate is NEVER:
            continue
        if gate is not ALWAYS:
            unfinished.append((gate, text))
            continue
        pieces = text.split()
        ends = text[-1].isspace()
        if not text[0].isspace():
            unfinished.append((ALWAYS, pieces.pop(0)))
            if not pieces and not ends:
                continue
        done += _glued(unfinished)
        unfinished = [] if ends else [(ALWAYS, pieces.pop())]
        done += [(ALWAYS, piece) for piece in pieces]
    return done + _glued(unfinished)


def _glued(value: Value) -> Words:
    """The words of fragments between which there need not be blanks."""
    if len(value) == 1:
        return [(value[0][0], word) for word in value[0][1].split()]
    done: Words = []
    unfinished: dict[str, Gate] = {"": ALWAYS}
    for choices, otherwise in _choices(value):
        after: dict[str, Gate] = {}
        for word, guard in unfinished.items():
            _put(after, word, both(guard, otherwise))
            for gate, text in choices:
                here = both(guard, gate)
                if here is NEVER:
                    continue
                pieces = (word + text).split()
                last = "" if text[-1].isspace() else pieces.pop()
                done += [(here, piece) for piece in pieces]
                _put(after, last, here)
        unfinished = after
    return done + [(guard, word) for word, guard in unfinished.items() if word]


def alternatives(value: Value) -> Words:
    """Every text the value can have, with its gate: exhaustive, mutually exclusive; blanks at the
    ends removed and runs of blanks made one."""
    texts: dict[str, Gate] = {"": ALWAYS}
    for choices, otherwise in _choices(value):
        after: dict[str, Gate] = {}
        for before, guard in texts.items():
            for gate, text in choices:
                _put(after, before + text, both(guard, gate))
            _put(after, before, both(guard, otherwise))
        texts = after
    tidy: dict[str, Gate] = {}
    for text, guard in texts.items():
        _put(tidy, " ".join(text.split()), guard)
    return [(guard, text) for text, guard in tidy.items()]


def _choices(value: Value) -> Iterator[tuple[Words, Gate]]:
    """The value's fragments, those together that are values of one symbol and so exclude each
    other; and when none of them is there."""
    run: Words = []
    for item in value:
        gate, text = item
        if not text or gate is NEVER:
            continue
        if run and not all(_exclude(other, gate) for other, _ in run):
            yield run, negate(any_of(gate for gate, _ in run))
            run = []
        run.append(item)
    if run:
        yield run, negate(any_of(gate for gate, _ in run))


def _exclude(one: Gate, other: Gate) -> bool:
    return (
        isinstance(one, Equals)
        and isinstance(other, Equals)
        and one.name == other.name
        and one.value != other.value
    )


def _put(table: dict[str, Gate], text: str, gate: Gate) -> None:
    if gate is not NEVER:
        add(table, text, gate)
        if len(table) > MAX_ALTERNATIVES:
            raise TooMuchError("a text with too many spellings")


def nonempty(value: Value) -> Gate:
    """When the value has anything but blanks."""
    gates = []
    for gate, text in value:
        known = _OPAQUE.sub("", text)
        if known and not known.isspace():
            gates.append(gate)
        elif is_opaque(text):
            gates.append(both(gate, opaque_gate(text)))
    return any_of(gates)


def joined(items: Words) -> Value:
    """The words with blanks between them; without where only one of them can be there, so that
    it can be part of a name: `obj-$(subst m,y,$(CONFIG_X))`."""
    present = [item for item in items if item[0] is not NEVER]
    if len(present) <= MAX_CHOICES and all(
        both(one, other) is NEVER for (one, _), (other, _) in combinations(present, 2)
    ):
        return present
    value: Value = []
    for item in present:
        value += ((ALWAYS, " "), item)
    return value


def add(table: dict[str, Gate], text: str, gate: Gate) -> None:
    table[text] = any_of((table[text], gate)) if text in table else gate


class TooMuchError(Exception):
    """A value grew past every honest Makefile's; the caller turns it into a mark."""
