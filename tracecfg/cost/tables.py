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


class Form(NamedTuple):
    """What an entry looks like: first the code that it is about, if any.

    entry: its size in bytes; field: the offset of what tells whose it is
    width: of that field; relative: numbers are distances from their own place, else addresses
    """

    entry: int
    field: int = 0
    width: int = 4
    relative: bool = True


class Table(NamedTuple):
    """One kind of table.

    section: of a module; start, stop: the symbols around it in a vmlinux
    forms: those that it may have, depending on the configuration
    beside: the table that holds as many entries of its own
    """

    section: str
    start: str
    stop: str
    forms: tuple[Form, ...] = (Form(4),)
    beside: Table | None = None


JUMPS = Table(
    "__jump_table",
    "__start___jump_table",
    "__stop___jump_table",
    # CONFIG_HAVE_ARCH_JUMP_LABEL_RELATIVE or not
    (Form(16, 8, 8), Form(24, 16, 8, relative=False)),
)
CALLS = Table(
    ".static_call_sites", "__start_static_call_sites", "__stop_static_call_sites", (Form(8, 4),)
)
_ORC = Table(".orc_unwind", "__start_orc_unwind", "__stop_orc_unwind")
TABLES = (
    JUMPS,
    CALLS,
    Table("__tracepoints_ptrs", "__start___tracepoints_ptrs", "__stop___tracepoints_ptrs",
          # CONFIG_HAVE_ARCH_PREL32_RELOCATIONS or not
          (Form(4), Form(8, 0, 8, relative=False))),
    Table(".static_call_tramp_key", "__start_static_call_tramp_key",
          "__stop_static_call_tramp_key", (Form(8, 4),)),
    Table(".return_sites", "__return_sites", "__return_sites_end"),
    Table(".retpoline_sites", "__retpoline_sites", "__retpoline_sites_end"),
    Table(".call_sites", "__call_sites", "__call_sites_end"),
    Table(".cfi_sites", "__cfi_sites", "__cfi_sites_end"),
    Table(".ibt_endbr_seal", "__ibt_endbr_seal", "__ibt_endbr_seal_end"),
    Table("__mcount_loc", "__start_mcount_loc", "__stop_mcount_loc",
          (Form(8, 0, 8, relative=False),)),
    Table(".orc_unwind_ip", "__start_orc_unwind_ip", "__stop_orc_unwind_ip", beside=_ORC),
)  # fmt: skip

_LOOKED_AT = 16
"""Entries by which the form of a table is known."""
_ELSEWHERE = 64
"""Bytes of a symbol of another module, whose size is not known: the key is within."""


class Entry(NamedTuple):
    """code: the address that it is about; target: the second number, of a jump where it leads;
    about: whose it is"""

    code: int
    target: int
    about: int


def form(image: Image, table: Table) -> Form | None:
    """Which one a table has; None for an empty one, and for one that is like none of them."""
    start, size = _extent(image, table)
    if not size:
        return None
    if len(table.forms) == 1:
        return table.forms[0]
    for each in table.forms:
        first = list(_entries(image, start, min(size, _LOOKED_AT * each.entry), each))
        if size % each.entry == 0 and all(image.up_to(entry.code, 1) for entry in first):
            return each
    return None


def unknown(image: Image) -> list[str]:
    """The tables whose form is not known."""
    return [
        table.section for table in TABLES if _extent(image, table)[1] and form(image, table) is None
    ]


def rows(image: Image, table: Table) -> Iterator[Entry]:
    """The entries of one table."""
    found = form(image, table)
    return _entries(image, *_extent(image, table), found) if found else iter(())


def _entries(image: Image, start: int, size: int, form: Form) -> Iterator[Entry]:
    data = image.read(start, size - size % form.entry)
    short = 4 if form.relative else 8
    of_code = struct.Struct("<i" if form.relative else "<Q")
    of_field = struct.Struct("<Q" if not form.relative else "<q" if form.width == 8 else "<i")
    low = (1 << 64) - 1
    for at in range(0, len(data) - form.entry + 1, form.entry):
        place = start + at if form.relative else 0
        (code,) = of_code.unpack_from(data, at)
        code = code + place & low
        if not form.field:
            yield Entry(code, 0, code)
            continue
        (target,) = of_code.unpack_from(data, at + short)
        (about,) = of_field.unpack_from(data, at + form.field)
        if form.relative:
            target, about = target + place + short, about + place + form.field
        # JUMP_TYPE_MASK, STATIC_CALL_SITE_FLAGS: bits that are no address
        yield Entry(code, target & low, about & low & ~3)


def _extent(image: Image, table: Table) -> tuple[int, int]:
    if table.section in image.sections:
        return image.sections[table.section]
    start = image.addresses.get(table.start, 0)
    return start, max(image.addresses.get(table.stop, 0) - start, 0) if start else 0


def entries(image: Image, owners: Owners, code: Mapping[int, Part]) -> Iterator[Part]:
    """Those that are about a tracepoint, its static call, or code and data that it owns: another
    static call that is made in its code, too.

    code: whose each instruction is that tracepoints cause in other functions, by address
    """
    for table in TABLES:
        size = _size(image, table)
        for entry in rows(image, table):
            part = owners.of(entry.about) or code.get(entry.code)
            if part is None and entry.code != entry.about:
                part = owners.of(entry.code)
            if part:
                yield part._replace(kind=Kind.ENTRY, name=table.section, size=size)


def _size(image: Image, table: Table) -> int:
    """Of an entry in bytes, with what stands beside it."""
    found = form(image, table)
    if found is None or table.beside is None:
        return found.entry if found else 0
    count = _extent(image, table)[1] // found.entry
    return found.entry + (_extent(image, table.beside)[1] // count if count else 0)


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
