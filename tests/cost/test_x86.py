"""What is asked of instructions; that they are decoded as objdump does is tested in tests/kernel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iced_x86 import Decoder

from tracecfg.cost.x86 import (
    Code,
    instructions,
    is_lost_in_a_call,
    lost_in_a_call,
    memory,
    references,
)
from tracecfg.kernel.symbols import Image, Memory, Symbol

BASE = 0xFFFFFFFF81000000


def holding(code: bytes) -> Image:
    return Image("vmlinux", "EM_X86_64", (), (Memory(BASE, code),), {})


@pytest.mark.parametrize(
    ("code", "address"),
    [
        ("8b0500010000", BASE + 0x106),  # mov 0x100(%rip),%eax
        ("833d0001000000", BASE + 0x107),  # cmpl $0,0x100(%rip)
        ("8b042500000081", BASE),  # mov 0xffffffff81000000,%eax
        ("8b04c500000081", 0),  # the same with an index: an element of a table
        ("8b8000000081", 0),
        ("89c7", 0),
    ],
)
def test_memory_named_by_its_address(code: str, address: int) -> None:
    assert memory(Decoder(64, bytes.fromhex(code), ip=BASE).decode()) == address


@pytest.mark.parametrize(
    ("code", "lost"),
    [
        ("89c7", True),  # mov %eax,%edi
        ("4889df", True),  # mov %rbx,%rdi
        ("4989c0", True),  # mov %rax,%r8
        ("31f6", True),  # xor %esi,%esi
        ("be01000000", True),  # mov $1,%esi
        ("488d7c2410", True),  # lea 0x10(%rsp),%rdi
        ("0fb6d0", True),  # movzbl %al,%edx
        ("4883c608", True),  # add $8,%rsi
        ("89c3", False),  # mov %eax,%ebx: still there after the call
        ("8907", False),  # mov %eax,(%rdi)
        ("57", False),  # push %rdi
        ("85c0", False),  # test %eax,%eax: for a branch
        ("0f1f4000", False),  # a nop
        ("0f32", False),  # rdmsr
        ("ffd0", False),  # call *%rax
    ],
)
def test_what_a_call_undoes(code: str, lost: bool) -> None:
    assert lost_in_a_call(Decoder(64, bytes.fromhex(code)).decode()) is lost


@pytest.mark.parametrize(
    ("code", "lost"),
    [
        ("48c1f805 c3", True),
        ("038278020000 e9f5ffffff", True),  # returns through the thunk at BASE
        ("038278020000 e9f4ffffff", False),
        ("0107 c3", False),  # add %eax,(%rdi)
        ("e800000000 c3", False),
        ("90" * 70 + "c3", False),
        ("0f", False),
    ],
)
def test_functions_that_only_compute(code: str, lost: bool) -> None:
    assert is_lost_in_a_call(holding(bytes.fromhex(code)), BASE, BASE) is lost


def test_code_is_a_function_and_its_cold_half() -> None:
    image = holding(bytes.fromhex("c3 90 e9f9ffffff 0f"))
    halves = (Symbol("work", BASE, 1, 2), Symbol("work.cold", BASE + 2, 6, 2))
    code = Code(image, halves)
    for _ in range(2):
        jump, back = code.at(BASE + 2), code.at(BASE)
        assert jump is not None
        assert (jump.ip, jump.near_branch_target, jump.len) == (BASE + 2, BASE, 5)
        assert back is not None
        assert (back.ip, back.len) == (BASE, 1)
    assert [code.at(BASE + at) for at in (-1, 1, 7, 8)] == [None] * 4


def test_references_are_calls_and_loads_of_what_is_asked_for() -> None:
    code = bytes.fromhex("90 e8fb0f0000 8b05f40f0000 833ded0f000000 e900000000")
    assert list(references(code, 0, {0x1001}, {0x1000})) == [1, 6, 12]


@given(st.binary(max_size=40))
def test_any_bytes_decode_or_end(code: bytes) -> None:
    at = BASE
    for found in instructions(holding(code), BASE, len(code)):
        assert (found.ip, 0 < found.len <= 15) == (at, True)
        at = found.next_ip
    assert at <= BASE + len(code)
