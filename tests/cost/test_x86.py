"""Instructions by their bytes; all of a kernel's are held against objdump in tests/kernel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracecfg.cost.x86 import Flow, decode, references

BASE = 0xFFFFFFFF81000000


@pytest.mark.parametrize(
    ("code", "flow", "target"),
    [
        ("0f1f440000", Flow.ON, 0),  # the nop of a static branch
        ("e900010000", Flow.JUMP, BASE + 0x105),
        ("eb fe", Flow.JUMP, BASE),
        ("7f10", Flow.BRANCH, BASE + 0x12),
        ("0f8e00010000", Flow.BRANCH, BASE + 0x106),
        ("e8fbffffff", Flow.CALL, BASE),
        ("c3", Flow.END, 0),
        ("0f0b", Flow.END, 0),  # ud2
        ("ffe0", Flow.UNKNOWN, 0),  # jmp *%rax
        ("ffd0", Flow.ON, 0),  # call *%rax
        ("8b0500010000", Flow.ON, BASE + 0x106),  # mov 0x100(%rip),%eax
        ("833d0001000000", Flow.ON, BASE + 0x107),  # cmpl $0,0x100(%rip)
        ("8b042500000081", Flow.ON, BASE),  # mov 0xffffffff81000000,%eax
        ("8b04c500000081", Flow.ON, 0),  # the same with an index: an element of a table
        ("65488b0425c0000000", Flow.ON, 0xC0),  # mov %gs:0xc0,%rax
        ("48b80102030405060708", Flow.ON, 0),  # movabs
        ("66c7000100", Flow.ON, 0),  # movw $1,(%rax)
        ("f60001", Flow.ON, 0),  # testb $1,(%rax): an immediate that `notb` has not
        ("f610", Flow.ON, 0),
        ("48813c250000008178563412", Flow.ON, BASE),
        ("c5f877", Flow.ON, 0),  # vzeroupper
        ("c4e37d39c101", Flow.ON, 0),  # vextracti128 $1,%ymm0,%xmm1
        ("62f1fd486f00", Flow.ON, 0),  # vmovdqa64 (%rax),%zmm0
    ],
)
def test_size_flow_and_target(code: str, flow: Flow, target: int) -> None:
    data = bytes.fromhex(code)
    found = decode(data + bytes(16), BASE, BASE)
    assert (found.size, found.flow, found.target) == (len(data), flow, target)
    with pytest.raises(IndexError):
        decode(data[:-1], BASE, BASE)


@pytest.mark.parametrize(
    ("code", "register"),
    [
        ("89c7", 7),  # mov %eax,%edi
        ("4889df", 7),  # mov %rbx,%rdi
        ("4c89ea", 2),  # mov %r13,%rdx
        ("4989c0", 8),  # mov %rax,%r8
        ("31f6", 6),  # xor %esi,%esi
        ("4531c9", 9),  # xor %r9d,%r9d
        ("4831fe", -1),  # xor %rdi,%rsi depends on what was there
        ("be01000000", 6),  # mov $1,%esi
        ("488d7c2410", 7),  # lea 0x10(%rsp),%rdi
        ("0fb6d0", 2),  # movzbl %al,%edx
        ("8907", -1),  # mov %eax,(%rdi)
    ],
)
def test_registers_that_are_set(code: str, register: int) -> None:
    assert decode(bytes.fromhex(code), BASE, BASE).sets == register


@pytest.mark.parametrize(
    ("code", "quiet"),
    [("48c1f805", True), ("038278020000", True), ("55", False), ("8907", False), ("0107", False)],
)
def test_what_changes_memory_is_not_quiet(code: str, quiet: bool) -> None:
    assert decode(bytes.fromhex(code) + bytes(8), BASE, BASE).quiet is quiet


def test_references_are_calls_and_loads_of_what_is_asked_for() -> None:
    code = bytes.fromhex("90 e8fb0f0000 8b05f40f0000 833ded0f000000 e900000000")
    assert list(references(code, 0, {0x1001}, {0x1000})) == [1, 6, 12]


@given(st.binary(min_size=1, max_size=40))
def test_any_bytes_decode_or_end(code: bytes) -> None:
    try:
        found = decode(code, BASE, BASE)
    except IndexError:
        return
    assert 0 < found.size <= len(code)
