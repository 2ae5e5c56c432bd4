"""The parts of an ELF file, as elf(5) describes them: header and sections by pyelftools, symbols
and relocations, of which there are hundreds of thousands, by struct.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

SHF_ALLOC = 2
SHN_UNDEF = 0
SHN_LORESERVE = 0xFF00


class Section(NamedTuple):
    """One section header; address, offset, size and align in bytes."""

    name: str
    kind: str
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int


class RawSymbol(NamedTuple):
    """One entry of .symtab. section: its index; value: an address, in a .ko or .o an offset"""

    name: str
    value: int
    size: int
    kind: int
    local: bool
    section: int


class Relocation(NamedTuple):
    """An entry of a .rela section: where, of which type, to which symbol's index."""

    offset: int
    kind: int
    symbol: int
    addend: int


@dataclass(frozen=True)
class Elf:
    """A whole file. kind: ET_REL, ET_EXEC, ET_DYN; machine: EM_X86_64 and so on"""

    data: bytes
    kind: str
    machine: str
    bits: int
    little: bool
    sections: tuple[Section, ...]

    def content(self, section: Section) -> bytes:
        """What stands in the file: nothing for .bss."""
        if section.kind == "SHT_NOBITS":
            return b""
        return self.data[section.offset : section.offset + section.size]

    def symbols(self) -> Iterator[RawSymbol]:
        """.symtab in its order, which groups local symbols behind the name of their source file.

        Raises ValueError when there is none.
        """
        table = next((each for each in self.sections if each.kind == "SHT_SYMTAB"), None)
        if table is None:
            raise ValueError("the ELF file has no symbol table")
        if table.link >= len(self.sections):
            raise ValueError("the ELF file is cut off")
        names = self.content(self.sections[table.link])
        order = "<" if self.little else ">"
        entry = struct.Struct(order + ("IBBHQQ" if self.bits == 64 else "IIIBBH"))
        data = self.content(table)
        for fields in entry.iter_unpack(data[: len(data) - len(data) % entry.size]):
            if self.bits == 64:
                name, info, _, section, value, size = fields
            else:
                name, value, size, info, _, section = fields
            text = names[name : names.find(b"\0", name)].decode(errors="replace")
            yield RawSymbol(text, value, size, info & 15, info >> 4 == 0, section)

    def relocations(self, table: Section) -> Iterator[Relocation]:
        """Of a 64-bit SHT_RELA section."""
        entry = struct.Struct(("<" if self.little else ">") + "QQq")
        data = self.content(table)
        for offset, info, addend in entry.iter_unpack(data[: len(data) - len(data) % entry.size]):
            yield Relocation(offset, info & 0xFFFFFFFF, info >> 32, addend)


def surely_without(data: bytes, name: bytes) -> bool:
    """Whether a 64-bit little-endian module is whole and has no symbol with such a name: takes no
    time, unlike parse(). The section headers are the last of a module."""
    if name in data or data[:6] != b"\x7fELF\x02\x01" or len(data) < 64:
        return False
    (table,) = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    return bool(count) and table + size * count <= len(data)


def parse(data: bytes) -> Elf:
    """Raises ValueError for what is no ELF file, or a broken one."""
    from elftools.elf.elffile import ELFFile

    if data[:4] != b"\x7fELF":
        raise ValueError("it is no ELF file")
    try:
        file = ELFFile(io.BytesIO(data))
        sections = tuple(
            Section(
                each.name,
                str(each["sh_type"]),
                *(each[f"sh_{field}"] for field in ("flags", "addr", "offset", "size")),
                *(each[f"sh_{field}"] for field in ("link", "info", "addralign")),
            )
            for each in file.iter_sections()
        )
        kind, machine = str(file["e_type"]), str(file["e_machine"])
    except Exception as error:
        # pyelftools trusts what it reads: a damaged file fails in any way an expression can
        raise ValueError("the ELF file is cut off or damaged") from error
    if any(each.kind != "SHT_NOBITS" and each.offset + each.size > len(data) for each in sections):
        raise ValueError("the ELF file is cut off")
    return Elf(data, kind, machine, file.elfclass, file.little_endian, sections)


def defined_symbols(data: bytes) -> Iterator[str]:
    """The names that an ELF file of either class and byte order defines.

    Raises ValueError as parse() and Elf.symbols() do.
    """
    return (each.name for each in parse(data).symbols() if each.section != SHN_UNDEF)
