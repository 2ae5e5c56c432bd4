"""Rectangles whose areas are sizes, as square as they can be.

Bruls, Huizing, van Wijk: Squarified Treemaps (2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """In the unit of what it was made from."""

    left: float
    top: float
    width: float
    height: float


def squarified(sizes: Sequence[int], whole: Box) -> list[Box]:
    """A box in `whole` for each size. sizes: the largest first, all above 0"""
    boxes: list[Box] = []
    rest = whole
    scale = whole.width * whole.height / (sum(sizes) or 1)
    areas = [size * scale for size in sizes]
    while len(boxes) < len(areas):
        row = _row(areas[len(boxes) :], min(rest.width, rest.height))
        made, rest = _laid(row, rest)
        boxes += made
    return boxes


def _row(areas: Sequence[float], side: float) -> Sequence[float]:
    """As many as get squarer by standing beside one another on that side."""
    total = areas[0]
    worst = _worst(areas[0], areas[0], total, side)
    for count in range(1, len(areas)):
        longer = total + areas[count]
        then = _worst(areas[0], areas[count], longer, side)
        if then > worst:
            return areas[:count]
        total, worst = longer, then
    return areas


def _worst(largest: float, smallest: float, total: float, side: float) -> float:
    """How far from square the boxes of a row are: 1 is square."""
    deep = total / side
    return max(largest / deep**2, deep**2 / smallest)


def _laid(row: Sequence[float], rest: Box) -> tuple[list[Box], Box]:
    """The boxes of a row along the shorter side, and what is left."""
    upright = rest.width >= rest.height
    deep = sum(row) / (rest.height if upright else rest.width)
    made = []
    at = rest.top if upright else rest.left
    for area in row:
        long = area / deep
        made.append(Box(rest.left, at, deep, long) if upright else Box(at, rest.top, long, deep))
        at += long
    if upright:
        return made, rest._replace(left=rest.left + deep, width=max(rest.width - deep, 1e-9))
    return made, rest._replace(top=rest.top + deep, height=max(rest.height - deep, 1e-9))
