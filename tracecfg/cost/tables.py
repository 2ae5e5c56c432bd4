"""Entries of the kernel's tables: no symbol has their size, each points to what it is about.

include/asm-generic/vmlinux.lds.h names the tables; the entries are in include/linux/tracepoint.h,
include/linux/jump_label.h, include/linux/static_call_types.h, include/linux/objtool_types.h,
arch/x86/include/asm/orc_types.h and scripts/sorttable.c.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tracecfg.cost.parts import Kind, Part
from tracecfg.cost.systems import Systems
from tracecfg.kernel.symbols import Image, Symbol


class Table(NamedTuple):
    """One kind of table.

    sections: of a module; start, stop: the symbols around it in a vmlinux
    entry: its size in bytes; field: the offset of what tells whose it is
    width: 4 for a signed number relative to the field itself, 8 for an address
    beside: bytes that a second table holds for each entry
    """

    section: str
    start: str
    stop: str
    entry: int
    field: int
    width: int
    beside: int = 0


JUMPS = Table("__jump_table", "__start___jump_table", "__stop___jump_table", 16, 8, 8)
CALLS = Table(
    ".static_call_sites", "__start_static_call_sites", "__stop_static_call_sites", 8, 4, 4
)
_TABLES = (
    JUMPS,
    CALLS,
    Table("__tracepoints_ptrs", "__start___tracepoints_ptrs", "__stop___tracepoints_ptrs", 4, 0, 4),
    Table(".static_call_tramp_key", "__start_static_call_tramp_key",
          "__stop_static_call_tramp_key", 8, 4, 4),
    Table(".return_sites", "__return_sites", "__return_sites_end", 4, 0, 4),
    Table(".retpoline_sites", "__retpoline_sites", "__retpoline_sites_end", 4, 0, 4),
    Table(".call_sites", "__call_sites", "__call_sites_end", 4, 0, 4),
    Table(".cfi_sites", "__cfi_sites", "__cfi_sites_end", 4, 0, 4),
    Table(".ibt_endbr_seal", "__ibt_endbr_seal", "__ibt_endbr_seal_end", 4, 0, 4),
    Table("__mcount_loc", "__start_mcount_loc", "__stop_mcount_loc", 8, 0, 8),
    Table(".orc_unwind_ip", "__start_orc_unwind_ip", "__stop_orc_unwind_ip", 4, 0, 4, beside=6),
)  # fmt: skip


_ELSEWHERE = 64
"""Bytes of a symbol of another module, whose size is not known: the key is within."""


class Entry(NamedTuple):
    """place: of the entry; about: the address that it is about"""

    place: int
    about: int


def rows(image: Image, table: Table) -> Iterator[Entry]:
    """The entries of one table."""
    start, size = _extent(image, table)
    data = image.read(start, size - size % table.entry)
    form = struct.Struct("<q" if table.width == 8 else "<i")
    for offset in range(table.field, len(data) - table.width + 1, table.entry):
        (value,) = form.unpack_from(data, offset)
        # JUMP_TYPE_MASK, STATIC_CALL_SITE_FLAGS: bits that are no address
        flags = 3 if table in (JUMPS, CALLS) else 0
        relative = table.width == 4 or table is JUMPS
        address = (value + start + offset if relative else value) & (1 << 64) - 1
        yield Entry(start + offset - table.field, address & ~flags)


def _extent(image: Image, table: Table) -> tuple[int, int]:
    if table.section in image.sections:
        return image.sections[table.section]
    ends = {
        each.name: each.address for each in image.symbols if each.name in (table.start, table.stop)
    }
    start = ends.get(table.start, 0)
    return start, max(ends.get(table.stop, 0) - start, 0) if start else 0


def entries(image: Image, owners: Owners) -> Iterator[Part]:
    """Those that are about a tracepoint, its static call, or code and data that it owns."""
    for table in _TABLES:
        for entry in rows(image, table):
            if part := owners.of(entry.about):
                yield part._replace(
                    kind=Kind.ENTRY, name=table.section, size=table.entry + table.beside
                )


@dataclass(frozen=True)
class Owners:
    """Whose an address is. spans: size and part of each piece of memory, by its address"""

    spans: Mapping[int, tuple[int, Part]]

    @cached_property
    def _starts(self) -> list[int]:
        return sorted(self.spans)

    def of(self, address: int) -> Part | None:
        """The part that a symbol's memory is, or a tracepoint of another module."""
        at = bisect_right(self._starts, address) - 1
        if at < 0:
            return None
        start = self._starts[at]
        size, part = self.spans[start]
        return part if address - start < size else None


def owners(image: Image, known: Systems, owned: Mapping[int, tuple[Symbol, Part]]) -> Owners:
    """Of what the image owns; a module's entries are about other modules' tracepoints too."""
    found = {address: (symbol.size, part) for address, (symbol, part) in owned.items()}
    for symbol in image.symbols:
        if symbol.defined:
            continue
        for prefix in ("__tracepoint_", "__SCK__tp_func_", "__SCT__tp_func_"):
            event = symbol.name.removeprefix(prefix)
            if event != symbol.name:
                system = known.of_tracepoint.get(event)
                part = Part(Kind.ENTRY, symbol.name, 0, system, event)
                found[symbol.address] = _ELSEWHERE, part
    return Owners(found)
