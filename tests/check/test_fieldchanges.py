"""What is said of the fields of an event that changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracecfg.check.fieldchanges import found, kind, likeness
from tracecfg.kernel.fields import Field, Fields


def fields(text: str) -> Fields:
    """From `type name, type name [condition]`."""
    made = []
    for each in filter(None, map(str.strip, text.split(","))):
        head, _, needs = each.partition(" [")
        type_name, _, name = head.rpartition(" ")
        made.append(Field(type_name, name, needs.rstrip("]")))
    return tuple(made)


def told(before: str, after: str) -> list[tuple[str, str]]:
    return [each[:2] for each in found((fields(before),), (fields(after),))]


@pytest.mark.parametrize(
    ("after", "change"),
    [
        ("int a, u64 b, u8 c", []),
        ("int a, u64 b", [("TC403", "field c is gone (u8)")]),
        ("u64 b, u8 c", [("TC403", "field a is gone (int)")]),
        ("", [("TC403", f"field {each}") for each in ("a is gone (int)", "b is gone (u64)", "c is gone (u8)")]),
        ("int a, u64 z, u8 c", [("TC404", "field b is z now (u64)")]),
        ("int x, u64 y, u8 z", [("TC404", f"field {each}") for each in ("a is x now (int)", "b is y now (u64)", "c is z now (u8)")]),
        ("int a, u32 b, u8 c", [("TC405", "field b is u32 now, not u64")]),
        ("int a, u8 c, u64 b", [("TC406", "c, b is the order of fields now")]),
        ("u64 b, int a, u8 c", [("TC406", "b, a is the order of fields now")]),
        ("int a, u8 n, u64 b, u8 c", [("TC406", "new field n is before b (u8)")]),
        ("int n, int a, u64 b, u8 c", [("TC406", "new field n is before a (int)")]),
        ("int a, u64 b, u8 c, int n", [("", "field n added (int)")]),
        # another type in its place: one is gone, and those behind are where they were
        ("int a, u32 z, u8 c", [("TC403", "field b is gone (u64)"), ("", "field z added (u32)")]),
        ("int a, u64 b [CONFIG_X], u8 c", [("TC403", "field b is there only under CONFIG_X now")]),
        ("int a, u64 z, u32 c", [("TC404", "field b is z now (u64)"), ("TC405", "field c is u32 now, not u8")]),
    ],
)  # fmt: skip
def test_each_kind_of_change(after: str, change: list[tuple[str, str]]) -> None:
    assert told("int a, u64 b, u8 c", after) == change


def test_a_condition_that_goes_takes_nothing_away() -> None:
    assert told("int a [CONFIG_X]", "int a") == []


def test_arms_of_one_ifdef_are_one_field() -> None:
    both = "int a [X], long a [!X], u8 b"
    assert told(both, both) == []
    assert told(both, "int a [X], int a [!X], u8 b") == [
        ("TC405", "field a is int now, not int or long")
    ]


def test_variants_are_compared_with_their_like() -> None:
    one, two, other = (fields(each) for each in ("int a", "int a, u8 b", "int a, u8 c"))
    assert found((one, two), (one, two)) == []
    assert [each.rule for each in found((one, two), (one, other))] == ["TC404"]
    # one that came or went takes nothing from the others
    assert found((one, two), (one,)) == []
    assert found((one,), (one, two)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("const char*", "char*"),
        ("void __percpu*", "void*"),
        ("unsigned", "unsigned int"),
        ("u32", "__u32"),
        ("u32", "uint32_t"),
        ("uint", "u32"),
        ("u64", "unsigned long long"),
        ("u8[6]", "unsigned char[6]"),
        ("__data_loc u8[]", "__data_loc unsigned char[]"),
        ("pgoff_t", "unsigned long"),
    ],
)
def test_types_that_are_the_same_to_a_reader(one: str, other: str) -> None:
    assert kind(one) == kind(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("u32", "s32"),
        ("u8[6]", "u8[8]"),
        ("__data_loc char[]", "__data_loc unsigned long[]"),
        ("__data_loc char[]", "__rel_loc char[]"),
        ("unsigned long", "u64"),
        ("struct a*", "struct b*"),
        ("constant", "ant"),
    ],
)
def test_types_that_are_not(one: str, other: str) -> None:
    assert kind(one) != kind(other)


def test_likeness() -> None:
    assert likeness("task_wake", "task_wake") == 1
    assert likeness("task_wake", "task_woken") > likeness("task_wake", "task_sleep")
    assert likeness("a", "b") == 0
    assert likeness("aa", "aaa") == 2 / 3


NAMES = st.sampled_from("abcdef")
TYPES = st.sampled_from(["int", "u8", "u64", "char*"])
STRUCTS = st.lists(st.builds(Field, TYPES, NAMES, st.just("")), max_size=6).map(tuple)


@given(STRUCTS)
def test_what_is_the_same_did_not_change(struct: Fields) -> None:
    assert found((struct,), (struct,)) == []


@given(STRUCTS, STRUCTS)
def test_what_changed_is_told(before: Fields, after: Fields) -> None:
    before, after = (tuple({each.name: each for each in them}.values()) for them in (before, after))
    changes = found((before,), (after,))
    assert bool(changes) == (before != after)
    kept = before[: len(after)] == after[: len(before)] and len(before) <= len(after)
    # fields added behind the others break nothing, all else does
    if kept:
        assert not any(each.rule for each in changes)
    assert changes == found((before,), (after,))
    gone = {each.name for each in before} - {each.name for each in after}
    said = [each.says.split()[1] for each in changes if each.rule in ("TC403", "TC404")]
    assert sorted(said) == sorted(gone)
