"""How the fields of an event changed, from one TP_STRUCT__entry to another. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import NamedTuple

from tracecfg.kernel.fieldmacros import spelled
from tracecfg.kernel.fields import Field, Fields

_NO_PART = re.compile(r"\b(?:const|volatile|__percpu|__user|__rcu|__iomem|__force)\b ?")
"""Of a type, as far as tools are concerned."""
_EQUAL = {
    "unsigned": "unsigned int",
    "signed": "int",
    "signed int": "int",
    "long int": "long",
    "unsigned long int": "unsigned long",
    "long unsigned int": "unsigned long",
    "short int": "short",
    "unsigned short int": "unsigned short",
    "long long int": "long long",
    "unsigned long long int": "unsigned long long",
    "uint": "unsigned int",
    "ulong": "unsigned long",
    "ushort": "unsigned short",
    # a macro
    "pgoff_t": "unsigned long",
    **dict.fromkeys(("u8", "__u8", "uint8_t"), "unsigned char"),
    **dict.fromkeys(("u16", "__u16", "uint16_t"), "unsigned short"),
    **dict.fromkeys(("u32", "__u32", "uint32_t"), "unsigned int"),
    **dict.fromkeys(("u64", "__u64", "uint64_t"), "unsigned long long"),
    **dict.fromkeys(("s8", "__s8", "int8_t"), "signed char"),
    **dict.fromkeys(("s16", "__s16", "int16_t"), "short"),
    **dict.fromkeys(("s32", "__s32", "int32_t"), "int"),
    **dict.fromkeys(("s64", "__s64", "int64_t"), "long long"),
}
_TAGS = ("struct", "union", "enum")
_BASIC = frozenset(
    ("bool", "char", "void", *(word for each in _EQUAL.values() for word in each.split()))
)
_NONE: Mapping[str, str] = MappingProxyType({})
_WORD = re.compile(r"[A-Za-z_]\w*")
_NAME = re.compile(r"^[A-Za-z_]\w*$")
_DEPTH = 3
"""Types that stand for each other."""
_LONGEST = 1000
"""Fields that are compared one by one."""


class Change(NamedTuple):
    """rule: "" for what breaks no tool; at: the field, of those that are there now, at which it
    shows; "" for none"""

    rule: str
    says: str
    at: str = ""


def same(old: tuple[Fields, ...] | None, new: tuple[Fields, ...] | None) -> bool:
    """Have two events the same fields? Not, where that cannot be told."""
    if old is None or new is None:
        return False
    return [_bare(each) for each in old] == [_bare(each) for each in new]


def _bare(fields: Fields) -> list[tuple[str, str]]:
    return [(each.name, kind(each.type)) for each in fields]


def kind(type_name: str, meanings: Mapping[str, str] = _NONE) -> str:
    """What is the same for two types that differ in nothing that a reader of the record sees.

    meanings: of names of types, and of numbers
    """
    how, of, length = _parts(type_name, meanings)
    return f"{how}{of}{length}"


def _parts(type_name: str, meanings: Mapping[str, str]) -> tuple[str, str, str]:
    base, bracket, rest = spelled(_NO_PART.sub("", type_name)).partition("[")
    how, blank, of = base.rpartition("__data_loc ") if "__data_loc " in base else ("", "", base)
    for _ in range(_DEPTH):
        of = _EQUAL.get(of, of)
        of = meanings.get(of, of)
    rest = _WORD.sub(lambda word: meanings.get(word[0], word[0]), rest)
    return f"{how}{blank}", _EQUAL.get(of, of), f"{bracket}{rest}"


def unknown(type_name: str) -> set[str]:
    """Names in it that may stand for what another one is."""
    _, of, length = _parts(type_name, _NONE)
    found = set(_WORD.findall(length))
    return found if _is_plain(of) else found | set(_NAME.findall(of))


def _is_plain(of: str) -> bool:
    # of the arms of an #ifdef
    every = of.removeprefix("__rel_loc ").split(" or ")
    words = (each.split(" ") for each in every if not each.endswith("*"))
    return all(each[0] in _TAGS or _BASIC.issuperset(each) for each in words)


def _may_be_same(old: str, new: str, meanings: Mapping[str, str]) -> bool:
    """Types that are not known to be different."""
    (how, of, length), (how_now, of_now, length_now) = (
        _parts(each, meanings) for each in (old, new)
    )
    if how != how_now or bool(length) != bool(length_now):
        return False
    tags = [each.split(" ")[0] in _TAGS for each in (of, of_now)]
    # a struct has its name: what stands for another type is hardly a struct's
    sure = (_is_plain(of) and _is_plain(of_now)) or tags[0] != tags[1]
    told = not (_WORD.search(length) or _WORD.search(length_now))
    return (of == of_now or not sure) and (length == length_now or not told)


def likeness(name: str, other: str) -> float:
    """From 0 to 1: how much of the longer one is at both ends of the other, too."""
    most = min(len(name), len(other))
    head = next((at for at in range(most) if name[at] != other[at]), most)
    left = most - head
    tail = next((at for at in range(left) if name[-1 - at] != other[-1 - at]), left)
    return (head + tail) / max(len(name), len(other))


def found(
    before: tuple[Fields, ...],
    after: tuple[Fields, ...],
    meanings: Mapping[str, str] = _NONE,
) -> list[Change]:
    """What changed, of events whose #ifdefs choose one of several structs: each with its like."""
    old = [each for each in before if each not in after]
    new = [each for each in after if each not in before]
    if not old or not new:
        # a variant came or went; what is left was there
        return []
    changes: list[Change] = []
    for number, each in enumerate(old):
        changes += _between(each, new[min(number, len(new) - 1)], meanings)
    return list(dict.fromkeys(changes))


def _between(before: Fields, after: Fields, meanings: Mapping[str, str]) -> Iterator[Change]:
    old, new = _by_name(before), _by_name(after)
    names, others = list(old), list(new)
    if max(len(names), len(others)) > _LONGEST:
        return
    renamed, inserted = _aligned(old, new)
    above = next(iter(others), "")
    for name in names:
        if name in renamed:
            above = renamed[name]
            yield Change("TC404", f"field {name} is {above} now ({old[name].type})", above)
            continue
        if name not in new:
            yield Change("TC403", f"field {name} is gone ({old[name].type})", above)
            continue
        above = name
        if kind(old[name].type, meanings) != kind(new[name].type, meanings):
            says = f"field {name} is {new[name].type} now, not {old[name].type}"
            if _may_be_same(old[name].type, new[name].type, meanings):
                yield Change("TC407", f"{says}: whether that is the same cannot be told", name)
            else:
                yield Change("TC405", says, name)
        elif new[name].needs and new[name].needs != old[name].needs:
            says = f"field {name} is there only under {new[name].needs} now"
            yield Change("TC403", says, name)
    kept = [name for name in names if name in new or name in renamed]
    now = [renamed.get(name, name) for name in kept]
    order = [name for name in others if name in set(now)]
    if now != order:
        apart = _apart(order, now)
        yield Change("TC406", f"{', '.join(apart)} is the order of fields now", apart[0])
    for name, behind in inserted:
        yield Change("TC406", f"new field {name} is before {behind} ({new[name].type})", name)
    taken = {*renamed.values(), *(name for name, _ in inserted)}
    for name in others:
        if name not in old and name not in taken:
            yield Change("", f"field {name} added ({new[name].type})")


def _by_name(fields: Fields) -> dict[str, Field]:
    """One for each name; of the arms of an #ifdef all types."""
    merged: dict[str, list[Field]] = {}
    for each in fields:
        merged.setdefault(each.name, []).append(each)
    return {
        name: every[0]
        if len(every) == 1
        else Field(" or ".join(sorted({each.type for each in every})), name)
        for name, every in merged.items()
    }


def _aligned(
    old: dict[str, Field], new: dict[str, Field]
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Old names with new ones that have taken their places; and new fields, each with the field
    that was there and is behind it now."""
    names, others = list(old), list(new)
    renamed: dict[str, str] = {}
    inserted: list[tuple[str, str]] = []
    matcher = SequenceMatcher(None, names, others, autojunk=False)
    for _, i1, i2, j1, j2 in matcher.get_opcodes():
        gone = [name for name in names[i1:i2] if name not in new]
        came = [name for name in others[j1:j2] if name not in old]
        for name in gone.copy():
            for other in came:
                if kind(old[name].type) == kind(new[other].type):
                    renamed[name] = other
                    gone.remove(name)
                    # those before it cannot be what a later one became
                    came = came[came.index(other) + 1 :]
                    break
        behind = next((name for name in others[j2:] if name in old), None)
        if behind is None:
            continue
        extra = [name for name in others[j1:j2] if name not in old]
        extra = [name for name in extra if name not in renamed.values()]
        # one that takes the place of one that is gone shifts no other, as far as its size is alike
        inserted += [(name, behind) for name in extra[len(gone) :]]
    return renamed, inserted


def _apart(these: Sequence[str], others: Sequence[str]) -> Sequence[str]:
    """These, as long as the others, without what both begin and end with."""
    differ = [at for at, name in enumerate(these) if name != others[at]]
    return these[differ[0] : differ[-1] + 1]
