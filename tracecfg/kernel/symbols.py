"""What a kernel image or module holds, as values: symbols and the memory behind them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

STT_OBJECT = 1
STT_FUNC = 2
STT_FILE = 4
"""Kinds of symbols: elf(5)."""


class Symbol(NamedTuple):
    """unit: the number of the source file it is local to; -1 for global ones, and when unknown
    kind: STT_FUNC, STT_OBJECT or 0
    is_global: seen from other source files
    defined: False in a module for what another one has"""

    name: str
    address: int
    size: int
    kind: int
    unit: int = -1
    is_global: bool = False
    defined: bool = True


class Memory(NamedTuple):
    address: int
    data: bytes


@dataclass(frozen=True)
class Image:
    """symbols: all that have an address and a name
    memory: by address
    sections: of a module: address and size by name
    exact: whether the symbols' sizes are the compiler's; else distances to the next symbol
    """

    path: str
    machine: str
    symbols: tuple[Symbol, ...]
    memory: tuple[Memory, ...]
    sections: Mapping[str, tuple[int, int]]
    exact: bool = True

    @cached_property
    def addresses(self) -> Mapping[str, int]:
        """Of symbols by name; which of several local ones with the same name is not said."""
        return {each.name: each.address for each in self.symbols}

    def read(self, address: int, size: int) -> bytes:
        """b"" for what the image does not hold as a whole, such as .bss."""
        found = self.up_to(address, size)
        return found if len(found) == size else b""

    def up_to(self, address: int, size: int) -> bytes:
        """As much of it as the image holds."""
        at = bisect_right(self.memory, (address, b"\xff" * 9)) - 1
        if at < 0 or size < 0:
            return b""
        start, data = self.memory[at]
        return data[address - start : address - start + size]

    def pointer(self, address: int) -> int:
        """The 64-bit value there, 0 when there is none."""
        return int.from_bytes(self.read(address, 8), "little")

    def text(self, address: int) -> str:
        """The string there, as far as its end or 255 bytes."""
        return self.up_to(address, 255).partition(b"\0")[0].decode(errors="replace")
