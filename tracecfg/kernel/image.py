"""A kernel image or module as symbols and the memory behind them; sizes and addresses in bytes.

Both kinds look the same from here on: a module's sections get addresses, and its relocations are
applied, as the kernel's module loader does (arch/x86/kernel/module.c, arch/arm64/kernel/module.c).
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from tracecfg.errors import TracecfgError, UsageError
from tracecfg.kernel import elf, modules
from tracecfg.kernel.symbols import STT_FILE, STT_FUNC, STT_OBJECT, Image, Memory, Symbol

_RELOCATIONS = {
    # type: width in bytes, relative to the place itself
    "EM_X86_64": {
        **{1: (8, False), 10: (4, False), 11: (4, False)},
        **{2: (4, True), 4: (4, True), 24: (8, True)},
    },
    "EM_AARCH64": {257: (8, False), 258: (4, False), 260: (8, True), 261: (4, True)},
}
_RELATIVE = {"EM_X86_64": 8, "EM_AARCH64": 1027, "EM_RISCV": 3, "EM_LOONGARCH": 3}
"""The type of an address that moves with the image: one that can be has its pointers in .rela.dyn
alone (arch/arm64/Makefile: --no-apply-dynamic-relocs)."""
_MODULE = 0x1000_0000
_ELSEWHERE = 0x6000_0000
"""Where a module's sections go, and what it only refers to; both fit in a signed 32-bit number."""
_SETUP_MAGIC = 0x202, b"HdrS"
"""Documentation/arch/x86/boot.rst: the header of a bzImage"""


def read_image(path: Path, system_map: Path | None = None) -> Image:
    """A vmlinux. system_map: the symbols of one that has none; else the System.map beside it.

    Raises UsageError for what is no kernel image, TracecfgError for one that is damaged, has no
    symbols, or is not of a 64-bit little-endian machine.
    """
    try:
        if not path.is_file() and path.exists():
            raise UsageError(f"{path}: no regular file", "name a vmlinux")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    offset, magic = _SETUP_MAGIC
    if data[offset : offset + len(magic)] == magic:
        raise UsageError(
            f"{path}: a bzImage, which is compressed and has no symbols",
            "name the vmlinux: it is in the top folder of the build, or in a package such as "
            "Debian's linux-image-VERSION-dbg (scripts/extract-vmlinux unpacks one, without "
            "symbols: --map System.map)",
        )
    try:
        file = elf.parse(data)
    except ValueError as error:
        raise UsageError(f"{path}: no kernel image: {error}", "name a vmlinux") from error
    if file.kind == "ET_REL":
        raise UsageError(f"{path}: an object or a module, no kernel image", "name a vmlinux first")
    _check(path, file)
    has_symbols = any(each.kind == "SHT_SYMTAB" for each in file.sections)
    if not has_symbols:
        beside = system_map or path.parent / "System.map"
        image = _stripped(path, file, beside)
    else:
        image = _linked(path, file)
    if not any(each.name == "linux_banner" for each in image.symbols):
        raise UsageError(f"{path}: no kernel image: it has no linux_banner", "name a vmlinux")
    return image


def read_module(path: Path) -> Image | None:
    """A module; None for one that has nothing to do with tracepoints.

    Raises OSError or ValueError for one that is damaged, TracecfgError as modules.content() does.
    """
    data = modules.content(path)
    if elf.surely_without(data, b"__tracepoint_"):
        return None
    file = elf.parse(data)
    if file.kind != "ET_REL":
        raise ValueError("it is no module")
    _check(path, file)
    if file.machine not in _RELOCATIONS:
        raise ValueError(f"a module of {file.machine}: its relocations are not known")
    return _loaded(path, file)


def _check(path: Path, file: elf.Elf) -> None:
    if file.bits != 64 or not file.little:
        order = "little" if file.little else "big"
        raise TracecfgError(
            f"{path}: of a {file.bits}-bit {order}-endian machine ({file.machine})",
            "only 64-bit little-endian ones are known, such as x86-64 and arm64",
        )


def _linked(path: Path, file: elf.Elf) -> Image:
    symbols = []
    unit = -1
    for raw in file.symbols():
        if raw.kind == STT_FILE:
            unit += 1
        elif raw.name and 0 < raw.section < elf.SHN_LORESERVE:
            local = unit if raw.local else -1
            symbols.append(Symbol(raw.name, raw.value, raw.size, raw.kind, local, not raw.local))
    return Image(str(path), file.machine, tuple(symbols), _memory(file), {})


def _memory(file: elf.Elf) -> tuple[Memory, ...]:
    # percpu variables have addresses from 0 on
    pieces = sorted(
        (each.address, bytearray(file.content(each)))
        for each in file.sections
        if each.flags & elf.SHF_ALLOC and each.address
    )
    starts = [address for address, _ in pieces]
    for table in file.sections:
        # those that are not loaded are what the linker has worked in (CONFIG_X86_NEED_RELOCS)
        if table.kind != "SHT_RELA" or not table.flags & elf.SHF_ALLOC:
            continue
        for address, kind, _, value in file.relocations(table):
            at = bisect_right(starts, address) - 1
            if kind != _RELATIVE.get(file.machine) or at < 0:
                continue
            start, content = pieces[at]
            if address - start <= len(content) - 8:
                struct.pack_into("<q", content, address - start, value)
    return tuple(Memory(address, bytes(content)) for address, content in pieces)


def _stripped(path: Path, file: elf.Elf, system_map: Path) -> Image:
    """The symbols are the map's: type letters as nm(1) has them, no sizes."""
    if system_map.exists() and not system_map.is_file():
        raise UsageError(f"{system_map}: no regular file", "name a System.map with --map")
    try:
        text = system_map.read_text(errors="replace")
    except OSError as error:
        raise TracecfgError(
            f"{path}: it has no symbols, and {system_map}: {error.strerror}",
            "name the build's vmlinux, or its System.map with --map",
        ) from error
    lines = re.findall(r"^([0-9a-f]{16}) ([TtDdRrBbVvWw]) (\S+)$", text, re.MULTILINE)
    ends = sorted(each.address + each.size for each in file.sections if each.address)
    places = sorted({int(address, 16) for address, _, _ in lines} | set(ends))
    symbols = []
    for address, letter, name in lines:
        start = int(address, 16)
        after = bisect_right(places, start)
        size = places[after] - start if after < len(places) else 0
        kind = STT_FUNC if letter in "Tt" else STT_OBJECT
        symbols.append(Symbol(name, start, size, kind, is_global=letter.isupper()))
    image = Image(str(path), file.machine, tuple(symbols), _memory(file), {}, exact=False)
    banner = next((each for each in symbols if each.name == "linux_banner"), None)
    if banner is None or not image.text(banner.address).startswith("Linux version"):
        raise UsageError(f"{system_map}: not the System.map of {path}")
    return image


def _loaded(path: Path, file: elf.Elf) -> Image:
    address = _MODULE
    places: list[int] = []
    contents: list[bytearray] = []
    for section in file.sections:
        allocated = bool(section.flags & elf.SHF_ALLOC)
        if allocated:
            align = max(section.align, 1)
            address = (address + align - 1) // align * align
        places.append(address if allocated else 0)
        contents.append(bytearray(file.content(section)) if allocated else bytearray())
        address += section.size + 16 if allocated else 0
    symbols, values = _module_symbols(file, places)
    for table in file.sections:
        if table.kind == "SHT_RELA" and table.info < len(places) and places[table.info]:
            _relocate(file, table, contents[table.info], places[table.info], values)
    return Image(
        str(path),
        file.machine,
        tuple(symbols),
        tuple(
            sorted(
                Memory(place, bytes(content))
                for place, content in zip(places, contents, strict=True)
                if place
            )
        ),
        {
            section.name: (place, section.size)
            for section, place in zip(file.sections, places, strict=True)
            if place
        },
    )


def _module_symbols(file: elf.Elf, places: Sequence[int]) -> tuple[list[Symbol], list[int]]:
    """The symbols, and the value of each entry of .symtab."""
    symbols = []
    values = []
    unit = -1
    elsewhere = _ELSEWHERE
    for raw in file.symbols():
        value = 0
        if raw.kind == STT_FILE:
            unit += 1
        elif raw.section == elf.SHN_UNDEF:
            value = elsewhere
            elsewhere += 1 << 12
            symbols.append(Symbol(raw.name, value, 0, raw.kind, defined=False))
        elif raw.section < len(places) and places[raw.section]:
            value = places[raw.section] + raw.value
            if raw.name:
                local = unit if raw.local else -1
                symbols.append(Symbol(raw.name, value, raw.size, raw.kind, local, not raw.local))
        values.append(value)
    return symbols, values


def _relocate(
    file: elf.Elf, table: elf.Section, content: bytearray, place: int, values: Sequence[int]
) -> None:
    kinds = _RELOCATIONS.get(file.machine, {})
    forms = {4: struct.Struct("<I"), 8: struct.Struct("<Q")}
    for offset, kind, symbol, addend in file.relocations(table):
        width, relative = kinds.get(kind, (0, False))
        if not width or offset + width > len(content) or symbol >= len(values):
            continue
        value = values[symbol] + addend - (place + offset if relative else 0)
        forms[width].pack_into(content, offset, value & ((1 << 8 * width) - 1))
