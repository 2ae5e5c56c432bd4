"""What the names in the types of fields that changed stand for: the whole tree is asked, once.

A name with several meanings, as of several architectures, has none here, and neither has one that
is defined in a file that differs from the base.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from tracecfg.check import fieldchanges
from tracecfg.kernel.fieldmacros import spelled
from tracecfg.kernel.fields import Shape
from tracecfg.kernel.grep import matches
from tracecfg.kernel.search import best_searcher
from tracecfg.kernel.tree import Tree

_ROUNDS = 2
_MOST = 20
"""Names that are looked for."""
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)|//.*")
_DEFINE = re.compile(r"#[ \t]*+define[ \t]++(\w++)[ \t]++(.*)")
_TYPEDEF = re.compile(r"typedef[ \t]++([^;{}]*?)[ \t]*(\w+)[ \t]*;")
_NUMBER = re.compile(r"\(?(0[xX][0-9a-fA-F]+|[1-9]\d*|0)[uUlL]*\)?")
_WORDS = re.compile(r"[A-Za-z_][\w ]*")


def asked_for(before: Iterable[Shape], after: Iterable[Shape]) -> set[str]:
    """The names in the types of fields that have others now, with no meaning of their own."""
    old, new = _types(before), _types(after)
    changed = (old[name] ^ new[name] for name in old.keys() & new.keys())
    return {word for types in changed for each in types for word in fieldchanges.unknown(each)}


def _types(shapes: Iterable[Shape]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for shape in shapes:
        for variants in shape.classes.values():
            for fields in variants:
                for field in fields:
                    found[field.name].add(fieldchanges.kind(field.type))
    return found


def meanings(tree: Tree, names: set[str], differs: Collection[str]) -> dict[str, str]:
    """By name: another type, or a number."""
    found: dict[str, str] = {}
    for _ in range(_ROUNDS):
        wanted = sorted(names - found.keys())[:_MOST]
        if not wanted:
            break
        made: dict[str, set[str]] = defaultdict(set)
        any_of = "|".join(wanted)
        pattern = f"#[ \t]*define[ \t]+({any_of})[ \t]+.*|typedef[ \t][^;]*[ \t]({any_of})[ \t]*;"
        for path, text in matches(tree, best_searcher(tree), pattern):
            name, meaning = _definition(text)
            made[name].add("" if path in differs else meaning)
        new = {name: value for name in wanted for value in made[name] if made[name] == {value}}
        found.update({name: value for name, value in new.items() if value})
        names = {word for value in new.values() for word in fieldchanges.unknown(value)}
    return found


def _definition(text: str) -> tuple[str, str]:
    """The name and what it stands for, "" for what is neither a type nor a number."""
    text = _COMMENT.sub("", text).strip()
    if define := _DEFINE.match(text):
        name, value = define[1], define[2].strip()
    elif typedef := _TYPEDEF.match(text):
        name, value = typedef[2], typedef[1].strip()
    else:
        return "", ""
    if number := _NUMBER.fullmatch(value):
        return name, str(int(number[1], 0))
    return name, spelled(value) if _WORDS.fullmatch(value) else ""
