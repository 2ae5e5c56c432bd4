"""make's functions on values, after the GNU make manual, "Functions for Transforming Text".

Each takes its expanded arguments and returns a value, or None when the arguments do not tell:
functions that count words cannot, where it depends on the configuration which words there are.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from tracecfg.gate import ALWAYS, NEVER, Gate, any_of, both, negate
from tracecfg.kernel.makevalue import (
    Value,
    Words,
    alternatives,
    is_opaque,
    joined,
    matches_opaque,
    nonempty,
    opaque_gate,
    words,
)

Function = Callable[[list[Value]], Value | None]


def _subst(arguments: list[Value]) -> Value | None:
    old, new, text = arguments
    result: Value = []
    for gate, (before, after) in _pairs(old, new):
        if not before or before.isspace() or is_opaque(before):
            return None
        # words, not fragments: $(subst yy,y,$(CONFIG_A)$(CONFIG_B))
        changed = [(both(gate, guard), word.replace(before, after)) for guard, word in words(text)]
        result += joined(changed)
    return result


def _patsubst(arguments: list[Value]) -> Value | None:
    pattern, replacement, text = arguments
    result: Words = []
    items = words(text)
    for gate, (before, after) in _pairs(pattern, replacement):
        result += [(both(gate, guard), _replaced(before, after, word)) for guard, word in items]
    return joined(result)


def _replaced(pattern: str, replacement: str, word: str) -> str:
    stem = _stem(pattern, word)
    return word if stem is None else replacement.replace("%", stem, 1)


def _stem(pattern: str, word: str) -> str | None:
    """What % stands for, "" for a pattern without, None when the word does not match."""
    before, percent, after = pattern.partition("%")
    if not percent:
        return "" if word == pattern else None
    if len(word) >= len(before) + len(after) and word.startswith(before) and word.endswith(after):
        return word[len(before) : len(word) - len(after)]
    return None


def _matching_gate(patterns: Words, word: str) -> Gate:
    gates = []
    for gate, pattern in patterns:
        if is_opaque(pattern) or is_opaque(word):
            if matches_opaque(pattern, word) or matches_opaque(word, pattern):
                gates.append(both(gate, opaque_gate(pattern + word)))
        elif _stem(pattern, word) is not None:
            gates.append(gate)
    return any_of(gates)


def _filter(arguments: list[Value]) -> Value:
    patterns = words(arguments[0])
    return joined(
        [(both(gate, _matching_gate(patterns, word)), word) for gate, word in words(arguments[1])]
    )


def _filter_out(arguments: list[Value]) -> Value:
    patterns = words(arguments[0])
    return joined(
        [
            (both(gate, negate(_matching_gate(patterns, word))), word)
            for gate, word in words(arguments[1])
        ]
    )


def _findstring(arguments: list[Value]) -> Value:
    result: Value = []
    for gate, (needle, hay) in _pairs(arguments[0], arguments[1]):
        if is_opaque(needle) or is_opaque(hay):
            gate = both(gate, opaque_gate(needle + hay))
        elif needle not in hay:
            continue
        result.append((gate, needle))
    return result


def _addprefix(arguments: list[Value]) -> Value:
    items = words(arguments[1])
    result: Words = []
    for gate, prefix in alternatives(arguments[0]):
        result += [(both(gate, guard), prefix + word) for guard, word in items]
    return joined(result)


def _addsuffix(arguments: list[Value]) -> Value:
    items = words(arguments[1])
    result: Words = []
    for gate, suffix in alternatives(arguments[0]):
        result += [(both(gate, guard), word + suffix) for guard, word in items]
    return joined(result)


def _pairs(one: Value, other: Value) -> Iterator[tuple[Gate, tuple[str, str]]]:
    others = alternatives(other)
    for gate, text in alternatives(one):
        for guard, second in others:
            together = both(gate, guard)
            if together is not NEVER:
                yield together, (text, second)


def _each(change: Callable[[str], str]) -> Function:
    def function(arguments: list[Value]) -> Value | None:
        items = words(arguments[0])
        if any(is_opaque(word) for _, word in items):
            return None
        return joined([(gate, change(word)) for gate, word in items])

    return function


def _choose(choose: Callable[[list[str], list[str]], str | None]) -> Function:
    """Of a function that depends on how many words there are. The last argument is the text."""

    def function(arguments: list[Value]) -> Value | None:
        items = words(arguments[-1])
        numbers = [alternatives(argument) for argument in arguments[:-1]]
        certain = all(gate is ALWAYS and not is_opaque(word) for gate, word in items)
        if not certain or any(len(number) != 1 for number in numbers):
            return None
        chosen = choose([number[0][1] for number in numbers], [word for _, word in items])
        return None if chosen is None else [(ALWAYS, chosen)]

    return function


def _word(numbers: list[str], items: list[str]) -> str | None:
    if not numbers[0].isdecimal() or numbers[0] == "0":
        return None
    return "".join(items[int(numbers[0]) - 1 : int(numbers[0])])


def _wordlist(numbers: list[str], items: list[str]) -> str | None:
    if not all(number.isdecimal() for number in numbers) or int(numbers[0]) < 1:
        return None
    return " ".join(items[int(numbers[0]) - 1 : int(numbers[1])])


def _strip(arguments: list[Value]) -> Value:
    return joined(words(arguments[0]))


def _sort(arguments: list[Value]) -> Value:
    # the order of objects does not matter, nor does it that one is named twice
    return joined(sorted(words(arguments[0]), key=lambda item: item[1]))


def _directory(word: str) -> str:
    head, slash, _ = word.rpartition("/")
    return head + slash or "./"


def _silent(_: list[Value]) -> Value:
    return []


def choice(condition: Value, yes: Value, no: Value) -> Value:
    """$(if condition,yes,no)"""
    gate = nonempty(condition)
    otherwise = negate(gate)
    return [(both(gate, guard), text) for guard, text in yes] + [
        (both(otherwise, guard), text) for guard, text in no
    ]


FUNCTIONS: dict[str, tuple[int, Function]] = {
    "subst": (3, _subst),
    "patsubst": (3, _patsubst),
    "filter": (2, _filter),
    "filter-out": (2, _filter_out),
    "findstring": (2, _findstring),
    "addprefix": (2, _addprefix),
    "addsuffix": (2, _addsuffix),
    "strip": (1, _strip),
    "sort": (1, _sort),
    "dir": (1, _each(_directory)),
    "notdir": (1, _each(lambda word: word.rpartition("/")[2])),
    "basename": (1, _each(lambda word: posixpath.splitext(word)[0])),
    "suffix": (1, _each(lambda word: posixpath.splitext(word)[1])),
    "abspath": (1, _each(posixpath.normpath)),
    "realpath": (1, _each(posixpath.normpath)),
    "word": (2, _choose(_word)),
    "wordlist": (3, _choose(_wordlist)),
    "words": (1, _choose(lambda _, items: str(len(items)))),
    "firstword": (1, _choose(lambda _, items: "".join(items[:1]))),
    "lastword": (1, _choose(lambda _, items: "".join(items[-1:]))),
    "info": (1, _silent),
    "warning": (1, _silent),
    "error": (1, _silent),
}
"""The number of arguments (the last one keeps its commas) and the function itself."""
