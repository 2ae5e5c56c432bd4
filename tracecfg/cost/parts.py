"""What cost is made of: each symbol, table entry and piece of code that a tracepoint causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """Symbols are what nm -S sums up; entries of tables have no symbol; code is the part of a
    function that asks for a tracepoint and calls it."""

    SYMBOL = "symbol"
    ENTRY = "entry"
    CODE = "code"


class Part(NamedTuple):
    """size: in bytes; system: None when the image does not tell; event: None for what all of a
    subsystem's events share, such as a DECLARE_EVENT_CLASS"""

    kind: Kind
    name: str
    size: int
    system: str | None
    event: str | None


@dataclass(frozen=True)
class Found:
    """What one image or module holds.

    systems: of its events
    symbol_bytes: the sizes of all its symbols, as nm -S has them
    notes: what could not be known, a sentence each
    """

    path: str
    parts: tuple[Part, ...]
    systems: Mapping[str, str]
    symbol_bytes: int
    notes: tuple[str, ...] = ()
