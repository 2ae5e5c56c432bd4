"""x86-64 code by iced-x86: instructions at any address, and what the cost asks of them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator

from iced_x86 import (
    Decoder,
    FlowControl,
    Instruction,
    InstructionInfoFactory,
    OpAccess,
    Register,
    RegisterExt,
)

from tracecfg.kernel.symbols import Image, Symbol

_SHORT = 64
"""Bytes of a function that is looked at as a whole."""
_CHANGES = frozenset(
    [OpAccess.WRITE, OpAccess.COND_WRITE, OpAccess.READ_WRITE, OpAccess.READ_COND_WRITE]
)
_VOLATILE = frozenset(
    [
        *(Register.RAX, Register.RCX, Register.RDX, Register.RSI, Register.RDI),
        *(Register.R8, Register.R9, Register.R10, Register.R11),
    ]
)
"""Registers that a call may change by the System V ABI, those of its arguments among them."""
_FACTORY = InstructionInfoFactory()


class Code:
    """The instructions of a function and its .cold half."""

    def __init__(self, image: Image, symbols: Iterable[Symbol]) -> None:
        self._parts = []
        for each in symbols:
            data = image.read(each.address, each.size)
            self._parts.append((each.address, len(data), Decoder(64, data, ip=each.address)))

    def at(self, address: int) -> Instruction | None:
        """None outside of it, and where no whole instruction is."""
        for start, size, decoder in self._parts:
            if 0 <= address - start < size:
                decoder.position = address - start
                decoder.ip = address
                return decoder.decode() or None
        return None


def memory(found: Instruction) -> int:
    """The memory that it names by its address alone, or 0."""
    if found.is_ip_rel_memory_operand:
        return found.ip_rel_memory_address
    if found.memory_base == Register.NONE and found.memory_index == Register.NONE:
        return found.memory_displacement
    return 0


def lost_in_a_call(found: Instruction) -> bool:
    """Whether all that it does is to set registers that a call may change."""
    info = _FACTORY.info(found)
    changed = [
        RegisterExt.full_register(each.register)
        for each in info.used_registers()
        if each.access in _CHANGES
    ]
    return _only_computes(found) and bool(changed) and _VOLATILE.issuperset(changed)


def is_lost_in_a_call(image: Image, address: int, thunk: int) -> bool:
    """Whether a function is short and only computes. thunk: where functions return through"""
    for found in instructions(image, address, _SHORT):
        if found.flow_control == FlowControl.RETURN:
            return True
        if found.flow_control == FlowControl.UNCONDITIONAL_BRANCH:
            return found.near_branch_target == thunk
        if not _only_computes(found):
            return False
    return False


def _only_computes(found: Instruction) -> bool:
    if found.flow_control != FlowControl.NEXT or found.is_privileged:
        return False
    return not any(each.access in _CHANGES for each in _FACTORY.info(found).used_memory())


def instructions(image: Image, address: int, size: int) -> Iterator[Instruction]:
    """Those that follow one another from there on, as far as the image goes."""
    for found in Decoder(64, image.up_to(address, size), ip=address):
        if not found:
            return
        yield found


def references(
    code: bytes, base: int, calls: Container[int], counters: Container[int]
) -> Iterator[int]:
    """Addresses that look like a call or jump to one of `calls`, or like an instruction that loads
    one of `counters` or compares it with a constant: where to decode, not what stands there.
    To decode all of a kernel takes far longer."""
    for pattern, targets, behind in (
        (_CALL, calls, 0),
        (_LOAD, counters, 0),
        (_COMPARE, counters, 1),
    ):
        for match in pattern.finditer(code) if targets else ():
            end = base + match.end(1)
            distance = int.from_bytes(match[1], "little", signed=True)
            if end + behind + distance in targets:
                yield base + match.start()


_CALL = re.compile(rb"[\xe8\xe9](?=(.{4}))", re.DOTALL)
_LOAD = re.compile(rb"\x8b[\x05\x0d\x15\x1d\x25\x2d\x35\x3d](?=(.{4}))", re.DOTALL)
_COMPARE = re.compile(rb"\x83\x3d(?=(.{4}))", re.DOTALL)
