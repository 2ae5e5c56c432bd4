"""The fields that the text of trace headers gives, against those that a kernel was built with."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import product
from pathlib import Path

import pytest

from tests.kernel.lab.build import Build
from tracecfg.check.fieldchanges import kind
from tracecfg.kernel.fieldmacros import spelled
from tracecfg.kernel.fields import Fields, Shape
from tracecfg.kernel.image import read_image
from tracecfg.kernel.scan import read
from tracecfg.kernel.search import best_searcher, search
from tracecfg.kernel.shapes import shapes
from tracecfg.kernel.tree import open_tree

pytestmark = pytest.mark.kernel

SYMBOL = "trace_event_fields_"
ROW = 40
"""Bytes of a struct trace_event_fields; its type and name come first."""
ARRAY = re.compile(r"(.*)\[(.*)\]")


@pytest.fixture(scope="module")
def told(linux_tree: Path) -> dict[str, Shape]:
    tree = open_tree(linux_tree)
    scanned = read(tree, search(tree, best_searcher(tree)))
    headers = [header for each in scanned.inventory.systems for header in each.headers]
    return shapes(tree, scanned.files, scanned.includes, headers)


def test_every_field_of_the_tree_can_be_told(told: dict[str, Shape]) -> None:
    assert [problem for each in told.values() for problem in each.problems] == []
    classes = [(shape, name) for shape in told.values() for name in shape.classes]
    assert len(classes) > 3000
    events = [event for shape in told.values() for event in shape.events.values()]
    assert len(events) > 6000
    lost = [
        event.place
        for shape in told.values()
        for event in shape.events.values()
        for each in event.classes
        if each not in shape.classes
    ]
    assert lost == []


def test_fields_are_those_of_a_kernel_that_was_built(
    told: dict[str, Shape], runtime_build: Build
) -> None:
    """Names, types and order, of every class in the image."""
    built = fields_of(runtime_build.vmlinux)
    assert len(built) > 290
    classes: dict[str, list[Fields]] = defaultdict(list)
    for shape in told.values():
        for name, variants in shape.classes.items():
            classes[name] += variants
    wrong = [
        (name, rows)
        for name, rows in built
        if not any(may_be(each, rows) for each in classes[name])
    ]
    assert wrong == []


def fields_of(vmlinux: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each class with the types and names of its fields: what format shows."""
    image = read_image(vmlinux)
    found = []
    for symbol in image.symbols:
        if symbol.name.startswith(SYMBOL):
            rows = []
            for at in range(symbol.address, symbol.address + symbol.size, ROW):
                if not image.pointer(at):
                    break
                rows.append((image.text(image.pointer(at)), image.text(image.pointer(at + 8))))
            assert len(rows) == symbol.size // ROW - 1
            found.append((symbol.name.removeprefix(SYMBOL), rows))
    return found


def may_be(fields: Fields, rows: list[tuple[str, str]]) -> bool:
    """Are they, with some of the conditions met?"""
    conditions = sorted({each.needs for each in fields} - {""})
    for met in product((True, False), repeat=len(conditions)):
        on = {"", *(each for each, is_met in zip(conditions, met, strict=True) if is_met)}
        there = [each for each in fields if each.needs in on]
        if len(there) == len(rows) and all(
            each.name == name and same(each.type, type_name)
            for each, (type_name, name) in zip(there, rows, strict=True)
        ):
            return True
    return False


def same(told: str, built: str) -> bool:
    """As far as text can tell: pgoff_t and __percpu are macros, and so may a length be."""
    if kind(told) == kind(spelled(built)):
        return True
    one, other = ARRAY.fullmatch(told), ARRAY.fullmatch(spelled(built))
    return bool(
        one and other and kind(one[1]) == kind(other[1]) and one[2] and not one[2].isdigit()
    )
