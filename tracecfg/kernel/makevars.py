"""What make's variables and conditions are worth, as of a line, for all configurations at once.

Assignments and conditionals are only noted; their right sides are expanded when something asks
for them, as of the line they stand on. So what no object depends on costs nothing and can fail
without harm: $(shell ...), compiler probes, files that a build makes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tracecfg.gate import ALWAYS, NEVER, Equals, Gate, all_of, any_of, both, negate
from tracecfg.kernel.makeexpand import Expander
from tracecfg.kernel.makelines import Assignment, Condition, Frame, Index, WordsByEnd
from tracecfg.kernel.maketext import Statement
from tracecfg.kernel.makevalue import (
    Marks,
    TooMuchError,
    Value,
    Words,
    alternatives,
    is_opaque,
    matches_opaque,
    nonempty,
    opaque_gate,
    words,
)
from tracecfg.model import Place

MAX_NESTED = 50

_END = 1 << 60
_CONFIG_ALONE = re.compile(r"\$[({]CONFIG_(\w+)[)}]")

PRESET_EMPTY = frozenset(
    f"{kind}-{suffix}" for kind in ("obj", "lib", "always", "subdir") for suffix in ("y", "m")
)
"""What scripts/Makefile.build sets with := before it includes a Makefile: += expands at once."""


class Variables:
    """The assignments of one Makefile and what they come to.

    outside: gives the value of a variable that the Makefile does not set
    """

    def __init__(self, outside: Callable[[str, Place], Value], marks: Marks) -> None:
        self._outside = outside
        self._marks = marks
        self._nameless: list[tuple[str, Assignment]] = []
        self._conditions: dict[int, Gate] = {}
        self._expanded: dict[tuple[int, int], Value] = {}
        self._known_words: dict[int, WordsByEnd] = {}
        self._indexes: dict[str, Index] = {}
        self._active: set[tuple[str, int]] = set()
        self._expander = Expander(self._variable, self._is_set, marks)
        self._expand = self._expander.expand
        self.variables: dict[str, list[Assignment]] = {}

    def may_set(self, name: str) -> bool:
        """Whether it has a line for the variable or one whose name cannot be told."""
        return bool(self._assignments(name))

    def value(self, name: str) -> Value:
        """The variable as it is after the last line."""
        place = self._place_of(name)
        try:
            return self._variable(name, _END, place)
        except TooMuchError as error:
            return [(ALWAYS, self._marks.text(place, str(error)))]

    def words(self, name: str, last: str) -> Words:
        """The variable's words, after the last line, that have this last_part or a mark."""
        place = self._place_of(name)
        try:
            return self._words(name, last, place)
        except TooMuchError as error:
            return [(ALWAYS, self._marks.text(place, str(error)))]

    def _frame_gate(self, frame: Frame) -> Gate:
        if frame.gate is None:
            gate = self._frame_gate(frame.parent) if frame.parent else ALWAYS
            if gate is not NEVER:
                gate = all_of((gate, *map(self._condition, frame.conditions)))
            frame.gate = gate
        return frame.gate

    def _condition(self, condition: Condition) -> Gate:
        known = self._conditions.get(condition.at)
        if known is None:
            place = Place(condition.path, condition.statement.line)
            try:
                known = self._evaluate(condition.statement, condition.at, place)
            except TooMuchError as error:
                known = self._marks.gate(place, str(error))
            self._conditions[condition.at] = known
        return negate(known) if condition.negated else known

    def _evaluate(self, statement: Statement, at: int, place: Place) -> Gate:
        operator, left, right = statement.operator, statement.name, statement.text
        if operator in ("ifdef", "ifndef"):
            gate = any_of(
                both(gate, nonempty(self._variable(name, at, place)))
                for gate, name in alternatives(self._expand(left, at, place))
            )
        else:
            gate = self._equal(left, right, at, place)
        return gate if operator in ("ifdef", "ifeq") else negate(gate)

    def _equal(self, left: str, right: str, at: int, place: Place) -> Gate:
        for one, other in ((left, right), (right, left)):
            alone = _CONFIG_ALONE.fullmatch(one)
            if alone and other and "$" not in other and not self._is_set(f"CONFIG_{alone[1]}"):
                return Equals(alone[1], other)
            if not one:
                return negate(nonempty(self._expand(other, at, place)))
        ours, theirs = (alternatives(self._expand(side, at, place)) for side in (left, right))
        gates = []
        for our_gate, ours_text in ours:
            for gate, text in theirs:
                if is_opaque(ours_text) or is_opaque(text):
                    if matches_opaque(ours_text, text) or matches_opaque(text, ours_text):
                        gates.append(all_of((our_gate, gate, opaque_gate(ours_text + text))))
                elif ours_text == text:
                    gates.append(both(our_gate, gate))
        return any_of(gates)

    def _is_set(self, name: str) -> bool:
        return name in self.variables

    def _place_of(self, name: str) -> Place:
        assignments = self.variables.get(name)
        return assignments[0].place if assignments else Place("", 0)

    def _assignments(self, name: str) -> list[Assignment]:
        """Those of the variable and those of names that cannot be told but may be this one."""
        assignments = self.variables.get(name, [])
        for pattern, one in self._nameless:
            if matches_opaque(pattern, name):
                gate = both(one.gate, opaque_gate(pattern))
                assignments = [*assignments, one._replace(operator="+=", gate=gate)]
        return assignments

    def _variable(self, name: str, at: int, place: Place) -> Value:
        assignments = self._assignments(name)
        if not assignments:
            return self._default(name, place)
        key = (name, at)
        if key in self._active or len(self._active) > MAX_NESTED:
            return [(ALWAYS, self._marks.text(place, f"{name} refers to itself, or on and on"))]
        self._active.add(key)
        try:
            start = self._last_certain(assignments, at)
            value = self._default(name, place) if start < 0 else []
            for one in assignments[max(start, 0) :]:
                if one.at >= at:
                    break
                gate = self._gate(one, assignments)
                if gate is NEVER:
                    continue
                right = self._right(one, one.at if one.immediate else at)
                added = [(both(gate, inner), text) for inner, text in right]
                if one.operator == "+=":
                    value = [*value, (ALWAYS, " "), *added] if value else added
                else:
                    value = _unless(gate, value) + added
            return value
        finally:
            self._active.discard(key)

    def _words(self, name: str, last: str, place: Place) -> Words:
        index = self._indexes.get(name)
        if index is None:
            index = self._indexes[name] = Index(self._assignments(name))
        start = self._last_certain(index.others, _END)
        lines: list[tuple[int, Assignment, Words]] = [
            (at, one, [(ALWAYS, word)]) for at, one, word in index.plain(last)
        ]
        for one in index.others[max(start, 0) :]:
            lines.append((one.at, one, self._words_of(one).ending(last)))
        lines.sort(key=lambda line: line[0])
        found = words(self._default(name, place)) if start < 0 else []
        for at, one, right in lines:
            # the gates of lines that do not matter need not be known
            if (right or (found and one.operator != "+=")) and (
                start < 0 or at >= index.others[start].at
            ):
                gate = self._gate(one, index.every)
                if one.operator != "+=":
                    found = _unless(gate, found)
                found += [(both(gate, inner), word) for inner, word in right]
        return [item for item in found if item[0] is not NEVER]

    def _words_of(self, one: Assignment) -> WordsByEnd:
        known = self._known_words.get(one.at)
        if known is None:
            value = self._right(one, one.at if one.immediate else _END)
            known = self._known_words[one.at] = WordsByEnd(words(value))
        return known

    def _last_certain(self, assignments: list[Assignment], at: int) -> int:
        """The last assignment that leaves nothing of those before it, -1 when there is none."""
        for index in range(len(assignments) - 1, -1, -1):
            one = assignments[index]
            if one.at < at and one.operator in ("=", ":=") and self._gate_of(one) is ALWAYS:
                return index
        return -1

    def _gate(self, one: Assignment, assignments: list[Assignment]) -> Gate:
        if one.operator != "?=":
            return self._gate_of(one)
        earlier = any_of(self._gate_of(other) for other in assignments if other.at < one.at)
        return both(self._gate_of(one), negate(earlier))

    def _gate_of(self, one: Assignment) -> Gate:
        return both(self._frame_gate(one.frame), one.gate)

    def _right(self, one: Assignment, at: int) -> Value:
        """What an assignment's right side is worth as of statement `at`."""
        if one.operator == "!=":
            return [(ALWAYS, self._marks.text(one.place, "the output of a shell command"))]
        if "$" not in one.text:
            return [(ALWAYS, one.text)]
        if self._expander.locals:
            return self._expand(one.text, at, one.place)
        key = (one.at, at)
        known = self._expanded.get(key)
        if known is None:
            known = self._expanded[key] = self._expand(one.text, at, one.place)
        return known

    def _default(self, name: str, place: Place) -> Value:
        if name.startswith("CONFIG_"):
            return [(Equals(name[7:], "y"), "y"), (Equals(name[7:], "m"), "m")]
        return [] if name in PRESET_EMPTY else self._outside(name, place)


def _unless(gate: Gate, value: Value) -> Value:
    if gate is ALWAYS or not value:
        return []
    kept = negate(gate)
    return [(both(inner, kept), text) for inner, text in value]
