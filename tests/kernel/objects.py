"""Which tracepoints an x86-64 object calls, by its relocations."""

from __future__ import annotations

import re

from tracecfg.kernel import elf

SHF_EXECINSTR = 4
_CALLED = re.compile(r"__SCT__tp_func_(\w+)")


def called_in(data: bytes) -> set[str]:
    """The tracepoints that the code of an object calls: trace_x() goes through the trampoline of
    its static call. trace_x_enabled(), a probe and an export have nothing to do with that.

    The trampoline itself stands in .static_call.text.
    """
    if b"__SCT__tp_func_" not in data:
        return set()
    parsed = elf.parse(data)
    names = [symbol.name for symbol in parsed.symbols()]
    found = set()
    for table in parsed.sections:
        if table.kind != "SHT_RELA":
            continue
        target = parsed.sections[table.info]
        if target.flags & SHF_EXECINSTR and target.name != ".static_call.text":
            for relocation in parsed.relocations(table):
                if match := _CALLED.fullmatch(names[relocation.symbol]):
                    found.add(match[1])
    return found
