"""The symbols that an ELF file defines, as elf(5) describes them; both classes and byte orders."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_SHT_SYMTAB = 2
_SHN_UNDEF = 0


def defined_symbols(data: bytes) -> Iterator[str]:
    """Raises ValueError for what is no ELF file with a symbol table, or a broken one."""
    try:
        yield from _symbols(data)
    except (struct.error, IndexError) as error:
        raise ValueError("the ELF file is cut off") from error


def _symbols(data: bytes) -> Iterator[str]:
    if data[:4] != b"\x7fELF":
        raise ValueError("it is no ELF file")
    wide = data[4] == 2
    order = ">" if data[5] == 2 else "<"
    # e_shoff; e_shentsize and e_shnum; sh_type, sh_offset, sh_size, sh_link; st_name, st_shndx
    (table,) = struct.unpack_from(order + ("Q" if wide else "I"), data, 40 if wide else 32)
    size, count = struct.unpack_from(order + "HH", data, 58 if wide else 46)

    def section(index: int) -> tuple[int, int, int, int]:
        at = table + index * size
        (kind,) = struct.unpack_from(order + "I", data, at + 4)
        form, skip = ("QQI", 24) if wide else ("III", 16)
        offset, length, link = struct.unpack_from(order + form, data, at + skip)
        return kind, offset, length, link

    if count == 0:
        # more sections than fit: the number stands in the first one's sh_size
        count = section(0)[2]
    if size < (64 if wide else 40) or table + count * size > len(data):
        raise ValueError("the ELF file is cut off")
    for index in range(count):
        kind, offset, length, link = section(index)
        if kind == _SHT_SYMTAB:
            _, names_at, names_length, _ = section(link)
            names = data[names_at : names_at + names_length]
            entry = struct.Struct(order + ("IBBHQQ" if wide else "IIIBBH"))
            which = 3 if wide else 5
            usable = length - length % entry.size
            for symbol in entry.iter_unpack(data[offset : offset + usable]):
                if symbol[which] != _SHN_UNDEF:
                    end = names.find(b"\0", symbol[0])
                    yield names[symbol[0] : end].decode(errors="replace")
            return
    raise ValueError("the ELF file has no symbol table")
