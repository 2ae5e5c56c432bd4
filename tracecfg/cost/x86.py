"""The length of x86-64 instructions and where they jump: Intel's manual, volume 2, chapter 2 and
appendix A; the kernel's own table is arch/x86/lib/x86-opcode-map.txt.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from enum import Enum
from typing import NamedTuple


class Flow(Enum):
    """Where the next instruction is: behind this one, at its target, at either, or elsewhere."""

    ON = "on"
    JUMP = "jump"
    BRANCH = "branch"
    CALL = "call"
    END = "end"
    UNKNOWN = "unknown"


class Instruction(NamedTuple):
    """address and target as numbers, size in bytes.

    target: of a jump, branch or call; of others the memory they name by its address; else 0
    condition: the low four bits of a branch's opcode
    sets: the number of the register that it sets and does nothing else; -1 for others
    compares: with a constant of 8 bits
    quiet: changes nothing but registers and flags
    """

    address: int
    size: int
    flow: Flow
    target: int = 0
    condition: int = -1
    sets: int = -1
    compares: bool = False
    quiet: bool = False

    @property
    def end(self) -> int:
        return self.address + self.size


VOLATILE = frozenset((0, 1, 2, 6, 7, 8, 9, 10, 11))
"""Registers that a call may change by the System V ABI, those of its arguments among them."""

_LEGACY = frozenset(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3")
_IMM8 = frozenset(
    [
        *(*range(0x04, 0x40, 8), 0x6A, 0x6B, 0x80, 0x82, 0x83, 0xA8, *range(0xB0, 0xB8)),
        *(0xC0, 0xC1, 0xC6, 0xCD, 0xD4, 0xD5, *range(0xE4, 0xE8)),
    ]
)
_IMM32 = frozenset([*range(0x05, 0x40, 8), 0x68, 0x69, 0x81, 0xA9, *range(0xB8, 0xC0), 0xC7])
_MODRM = frozenset(
    [
        *(op for op in range(0x40) if op & 7 < 4),
        *(0x63, 0x69, 0x6B, *range(0x80, 0x90), 0xC0, 0xC1, 0xC6, 0xC7),
        *(*range(0xD0, 0xD4), *range(0xD8, 0xE0), 0xF6, 0xF7, 0xFE, 0xFF),
    ]
)
_OTHER = {0xC2: 2, 0xCA: 2, 0xC8: 3}
"""Immediates of a width of their own, in bytes."""
_TO_REGISTER = frozenset([0x63, 0x8B, 0x8D])
_TO_OPERAND = frozenset([0x89, 0xC7])
_QUIET = _TO_REGISTER | {
    0x03,
    0x0B,
    0x13,
    0x1B,
    0x23,
    0x2B,
    0x33,
    0x38,
    0x39,
    0x3A,
    0x3B,
    0x84,
    0x85,
}
_QUIET_ON_REGISTERS = _TO_OPERAND | {0x01, 0x09, 0x21, 0x29, 0x31, 0x81, 0x83, 0xC1, 0xD1, 0xD3}
_QUIET_0F = frozenset([0x1E, 0x1F, *range(0x40, 0x50), 0xAF, 0xB6, 0xB7, 0xBE, 0xBF])
_XOR = frozenset([0x31, 0x33])
_EXTEND_0F = frozenset([0xB6, 0xB7, 0xBE, 0xBF])
_RETURNS = frozenset([0xC2, 0xC3, 0xCA, 0xCB, 0xCC, 0xCF, 0xF4])
_BARE_0F = frozenset(
    [
        *(*range(0x05, 0x0D), 0x0E, *range(0x30, 0x38), 0x77),
        *(*range(0x80, 0x90), 0xA0, 0xA1, 0xA2, 0xA8, 0xA9, 0xAA, *range(0xC8, 0xD0)),
    ]
)
_IMM8_0F = frozenset([0x0F, 0x70, 0x71, 0x72, 0x73, 0xA4, 0xAC, 0xBA, 0xC2, 0xC4, 0xC5, 0xC6])
_ENDS_0F = frozenset([0x07, 0x0B, 0x35])


def decode(code: bytes, base: int, address: int) -> Instruction:
    """The instruction at `address`, of `code` that starts at `base`.

    Raises IndexError where the code ends within it.
    """
    start = at = address - base
    narrow = False
    rex = 0
    while code[at] in _LEGACY:
        narrow |= code[at] == 0x66
        at += 1
    if code[at] & 0xF0 == 0x40:
        rex = code[at]
        at += 1
    wide = bool(rex & 8)
    op = code[at]
    at += 1
    if op in (0xC4, 0xC5, 0x62):
        return _vector(code, base, start, at, op)
    if op == 0x0F:
        return _two_bytes(code, base, start, at, narrow, rex)
    if 0x70 <= op < 0x80 or 0xE0 <= op < 0xE4:
        return _branch(code, base, start, at, 1, Flow.BRANCH, op & 15 if op < 0x80 else -1)
    if op in (0xE8, 0xE9):
        return _branch(code, base, start, at, 4, Flow.CALL if op == 0xE8 else Flow.JUMP)
    if op == 0xEB:
        return _branch(code, base, start, at, 1, Flow.JUMP)
    if op in _RETURNS:
        return _made(base, start, at + _OTHER.get(op, 0), Flow.END, code)
    if 0xA0 <= op < 0xA4:
        return _made(base, start, at + 8, Flow.ON, code)
    immediate = _OTHER.get(op, 0)
    if op in _IMM8:
        immediate = 1
    elif op in _IMM32:
        immediate = 8 if wide and 0xB8 <= op < 0xC0 else 2 if narrow and not wide else 4
    if op not in _MODRM:
        made = _made(base, start, at + immediate, Flow.ON, code)
        if not 0xB8 <= op < 0xC0:
            return made
        return made._replace(sets=op & 7 | (rex & 1) << 3, quiet=True)
    register = code[at] >> 3 & 7
    if op in (0xF6, 0xF7) and register < 2:
        immediate = 1 if op == 0xF6 else 2 if narrow and not wide else 4
    flow = Flow.UNKNOWN if op == 0xFF and register in (4, 5) else Flow.ON
    made = _with_operand(code, base, start, at, immediate, flow)
    operand, in_register = code[at] & 7, code[at] >> 6 == 3
    if op == 0x83 and register == 7:
        return made._replace(compares=True, quiet=True)
    if op in _QUIET or (op in _QUIET_ON_REGISTERS and in_register):
        made = made._replace(quiet=True)
    if op in _TO_REGISTER:
        return made._replace(sets=register | (rex & 4) << 1)
    zeroes = op in _XOR and operand == register and (rex & 1) == (rex >> 2 & 1)
    if in_register and (op in _TO_OPERAND or zeroes):
        return made._replace(sets=operand | (rex & 1) << 3)
    return made


def _two_bytes(code: bytes, base: int, start: int, at: int, narrow: bool, rex: int) -> Instruction:
    op = code[at]
    at += 1
    if 0x80 <= op < 0x90:
        return _branch(code, base, start, at, 2 if narrow else 4, Flow.BRANCH, op & 15)
    if op in _BARE_0F:
        return _made(base, start, at, Flow.END if op in _ENDS_0F else Flow.ON, code)
    if op in (0x38, 0x3A):
        return _with_operand(code, base, start, at + 1, int(op == 0x3A), Flow.ON)
    made = _with_operand(code, base, start, at, int(op in _IMM8_0F), Flow.ON)
    if op in _EXTEND_0F:
        return made._replace(sets=code[at] >> 3 & 7 | (rex & 4) << 1, quiet=True)
    return made._replace(quiet=op in _QUIET_0F)


def _vector(code: bytes, base: int, start: int, at: int, op: int) -> Instruction:
    """VEX and EVEX: the opcode's map is in the prefix."""
    of_map = 1 if op == 0xC5 else code[at] & 7
    at += {0xC5: 1, 0xC4: 2, 0x62: 3}[op]
    op = code[at]
    if of_map == 1 and op == 0x77:
        return _made(base, start, at + 1, Flow.ON, code)
    immediate = of_map == 3 or (of_map == 1 and op in _IMM8_0F)
    return _with_operand(code, base, start, at + 1, int(immediate), Flow.ON)


def _branch(
    code: bytes, base: int, start: int, at: int, width: int, flow: Flow, condition: int = -1
) -> Instruction:
    end = at + width
    made = _made(base, start, end, flow, code)
    distance = int.from_bytes(code[at:end], "little", signed=True)
    return made._replace(target=base + end + distance, condition=condition)


def _with_operand(
    code: bytes, base: int, start: int, at: int, immediate: int, flow: Flow
) -> Instruction:
    mode, memory = code[at] >> 6, code[at] & 7
    at += 1
    relative = mode == 0 and memory == 5
    absolute = fixed = False
    if mode != 3 and memory == 4:
        absolute = mode == 0 and code[at] & 7 == 5
        # an index makes it an element of a table
        fixed = code[at] >> 3 & 7 == 4
        at += 1
    displacement = 4 if mode == 2 or relative or absolute else int(mode == 1)
    end = at + displacement + immediate
    made = _made(base, start, end, flow, code)
    if not relative and not (absolute and fixed):
        return made
    value = int.from_bytes(code[at : at + 4], "little", signed=True)
    return made._replace(target=(base + end + value if relative else value) & (1 << 64) - 1)


def _made(base: int, start: int, end: int, flow: Flow, code: bytes) -> Instruction:
    if end > len(code):
        raise IndexError("the code ends within an instruction")
    return Instruction(base + start, end - start, flow)


def references(
    code: bytes, base: int, calls: Container[int], counters: Container[int]
) -> Iterator[int]:
    """Addresses that look like a call or jump to one of `calls`, or like an instruction that loads
    one of `counters` or compares it with a constant: where to decode, not what stands there."""
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
