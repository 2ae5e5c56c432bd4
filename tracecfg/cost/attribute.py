"""From an image to its parts: each symbol that exists because of a tracepoint, with its event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from tracecfg.cost import names
from tracecfg.cost.parts import Found, Kind, Part
from tracecfg.cost.systems import Systems, systems
from tracecfg.cost.tables import Owners, entries, owners, unknown
from tracecfg.kernel.symbols import STT_FUNC, STT_OBJECT, Image, Symbol

_EXPORT_ENTRY = 12
"""sizeof(struct kernel_symbol) with CONFIG_HAVE_ARCH_PREL32_RELOCATIONS, where a single export does
not tell."""


def attribute(image: Image, bare: Mapping[str, str]) -> Found:
    """Every part of an image, each counted once. bare: as systems() takes it"""
    known = systems(image, bare)
    owned: dict[int, tuple[Symbol, Part]] = {}
    exports = []
    size_of_entry = _export_entry(image)
    for symbol in image.symbols:
        if not symbol.defined:
            continue
        if about := names.exported(symbol.name):
            if part := _of_event(known, about):
                exports.append(_export(image, symbol, part, size_of_entry))
        elif (
            symbol.size
            and symbol.address not in owned
            and (part := _part(image, known, symbol)) is not None
        ):
            owned[symbol.address] = symbol, part
    owned.update(_flag_tables(image, owned))
    parts = [part for _, part in owned.values()]
    parts += exports
    whose = owners(image, known, owned)
    notes = []
    if not image.exact:
        notes.append(
            "without a symbol table, sizes are distances between symbols, padding included"
        )
    code: Mapping[int, Part] = {}
    try:
        code = _code(image, owned, whose)
    except _NotCountedError as error:
        notes.append(str(error))
    parts += _joined(code.values())
    parts += _joined(entries(image, whose, code))
    notes += [
        f"{table}: its entries have a form that is not known, and are not counted"
        for table in unknown(image)
    ]
    return Found(
        image.path,
        tuple(parts),
        known.of_tracepoint,
        sum(each.size for each in image.symbols),
        tuple(notes),
    )


class _NotCountedError(Exception):
    pass


def _code(
    image: Image, owned: Mapping[int, tuple[Symbol, Part]], whose: Owners
) -> Mapping[int, Part]:
    if image.machine != "EM_X86_64":
        raise _NotCountedError("code at the call sites is counted on x86-64 alone")
    try:
        from tracecfg.cost.code import pieces
    except ModuleNotFoundError as error:
        if error.name != "iced_x86":
            raise
        raise _NotCountedError(
            "code at the call sites is not counted: it needs iced-x86 (pip install iced-x86)"
        ) from error
    return pieces(image, owned, whose)


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """Those that differ in nothing but their size, as one."""
    sizes: Counter[Part] = Counter()
    for part in parts:
        sizes[part._replace(size=0)] += part.size
    return (part._replace(size=size) for part, size in sizes.items())


def _part(image: Image, known: Systems, symbol: Symbol) -> Part | None:
    name = names.stem(symbol.name)
    if name.startswith(names.SYSTEM[0]) and name.endswith(names.SYSTEM[1]):
        system = image.text(symbol.address)
        return Part(Kind.SYMBOL, symbol.name, symbol.size, known.existing(system), None)
    if name.startswith((names.EVAL_MAP, names.EVAL_MAP_POINTER)):
        at = symbol.address
        if name.startswith(names.EVAL_MAP_POINTER):
            at = image.pointer(at)
        # the system's name is the first of struct trace_eval_map
        system = image.text(image.pointer(at))
        return Part(Kind.SYMBOL, symbol.name, symbol.size, known.existing(system), None)
    for of in names.classes(name):
        if found := known.class_of(symbol, of):
            event = found.only or (of if of in found.events and of != found.name else None)
            return Part(Kind.SYMBOL, symbol.name, symbol.size, found.system, event)
    if part := _of_event(known, name):
        if name.startswith(names.CALL) and symbol.kind == STT_FUNC:
            return None
        if name.startswith(names.INLINE) and (symbol.kind != STT_FUNC or symbol.is_global):
            return None
        return part._replace(name=symbol.name, size=symbol.size)
    return None


def _of_event(known: Systems, name: str) -> Part | None:
    for event in names.events(name):
        if event in known.tracepoints:
            return Part(Kind.SYMBOL, name, 0, known.of_tracepoint.get(event), event)
    return None


def _export_entry(image: Image) -> int:
    """The entries of __ksymtab have symbols without a size and follow one another."""
    at = sorted({x.address for x in image.symbols if x.name.startswith(names.EXPORT[0])})
    return min((after - before for before, after in pairwise(at)), default=_EXPORT_ENTRY)


def _export(image: Image, symbol: Symbol, part: Part, entry: int) -> Part:
    size = symbol.size if symbol.size and image.exact else entry
    if symbol.name.startswith(names.EXPORT[1]):
        size = len(image.text(symbol.address)) + 1
    return part._replace(kind=Kind.ENTRY, name=symbol.name, size=size)


def _flag_tables(
    image: Image, owned: dict[int, tuple[Symbol, Part]]
) -> Iterator[tuple[int, tuple[Symbol, Part]]]:
    """The tables of __print_symbolic() and __print_flags(), by the output function that names
    them: their own names say nothing."""
    tables = {
        each.address: each
        for each in image.symbols
        if names.stem(each.name) in names.FLAG_TABLES and each.kind == STT_OBJECT and each.size
    }
    for function, part in list(owned.values()):
        if not function.name.startswith(names.OUTPUT):
            continue
        code = image.read(function.address, function.size)
        for at in range(len(code) - 3):
            value = int.from_bytes(code[at : at + 4], "little", signed=True)
            for address in (value & (1 << 64) - 1, function.address + at + 4 + value):
                if table := tables.pop(address, None):
                    yield address, (table, part._replace(name=table.name, size=table.size))
