"""The code that tracepoints cause in functions of their subsystem: asking whether one is on, and
all that runs only then.

__DECLARE_TRACE in include/linux/tracepoint.h is a static branch around a static call. With
CONFIG_JUMP_LABEL an entry of __jump_table is the branch; without, the key's counter is compared
with 0 (static_key_false in include/linux/jump_label.h). What cannot be reached with every
tracepoint off is theirs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from iced_x86 import ConditionCode, FlowControl, Instruction, Mnemonic, OpKind

from tracecfg.cost.parts import Kind, Part
from tracecfg.cost.tables import CALLS, JUMPS, Owners, rows
from tracecfg.cost.x86 import (
    Code,
    instructions,
    is_lost_in_a_call,
    lost_in_a_call,
    memory,
    references,
)
from tracecfg.kernel.symbols import STT_FUNC, Image, Symbol

_KEY = 8
"""Offset of tracepoint.key, behind the name; its first member is the counter."""
_LOOK_AHEAD = 8
"""Instructions between the load of a counter and the branch that it decides."""
_AUXILIARY = 32
"""Bytes of .altinstr_aux that are looked at."""

_TESTED = {ConditionCode.G: True, ConditionCode.LE: False}
_COMPARED = {**_TESTED, ConditionCode.NE: True, ConditionCode.E: False}
"""Whether the branch is taken when the tracepoint is on."""
_STRAIGHT = frozenset([FlowControl.NEXT, FlowControl.CALL, FlowControl.INDIRECT_CALL])
_BRANCHES = frozenset([FlowControl.CONDITIONAL_BRANCH, FlowControl.UNCONDITIONAL_BRANCH])

_Jumps = Mapping[int, tuple[int, Part | None]]


def pieces(
    image: Image, owned: Mapping[int, tuple[Symbol, Part]], owners: Owners
) -> dict[int, Part]:
    """Each instruction of this kind by its address, as a part with the name of its function.
    x86-64 only.

    owned: symbols that are parts as a whole, by address
    """
    # each static branch: its address, where it leads when the key is on, and whose key it is
    jumps = {entry.code: (entry.target, owners.of(entry.about)) for entry in rows(image, JUMPS)}
    keys = {
        address + _KEY: part
        for address, (_, part) in owners.spans.items()
        if part.name.startswith("__tracepoint_")
    }
    calls = {address: part for address, (symbol, part) in owned.items() if symbol.kind == STT_FUNC}
    sites = [code for code, (_, part) in jumps.items() if part]
    sites += [entry.code for entry in rows(image, CALLS) if owners.of(entry.about)]
    returns = image.addresses.get("__x86_return_thunk", 0)
    for piece in image.memory:
        sites += references(piece.data, piece.address, calls, {} if jumps else keys)
    found: dict[int, Part] = {}
    for function, cold in _functions(image, owned, sites):
        walk = _Walk(image, (function, *cold), jumps, keys, calls, returns)
        walk.all()
        found.update(walk.parts)
    return found


def _functions(
    image: Image, owned: Mapping[int, tuple[Symbol, Part]], sites: Iterable[int]
) -> Iterator[tuple[Symbol, list[Symbol]]]:
    """The functions at these addresses that are no part themselves, each with its .cold half."""
    every = sorted(
        (each.address, each)
        for each in image.symbols
        if each.kind == STT_FUNC and each.size and each.defined
    )
    starts = [address for address, _ in every]
    cold: dict[str, list[Symbol]] = {}
    for _, each in every:
        if ".cold" in each.name:
            cold.setdefault(each.name.partition(".cold")[0], []).append(each)
    for at in sorted({bisect_right(starts, site) - 1 for site in sites}):
        function = every[at][1] if at >= 0 else None
        if function and function.address not in owned and ".cold" not in function.name:
            halves = cold.get(function.name, [])
            yield function, [x for x in halves if function.unit in (x.unit, -1)]


@dataclass
class _Walk:
    """One function's instructions, followed from its start.

    ranges: the function and its .cold half
    jumps, keys, calls: static branches, tracepoints' counters and functions, by address
    returns: the address of the return thunk, or 0
    """

    image: Image
    ranges: tuple[Symbol, ...]
    jumps: _Jumps
    keys: Mapping[int, Part]
    calls: Mapping[int, Part]
    returns: int
    parts: dict[int, Part] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._code = Code(self.image, self.ranges)
        # branches, and where they lead with a tracepoint on
        self._cut: dict[int, int] = {}
        # those places, and whose they are
        self._found: list[tuple[int, Part]] = []
        # whether there is a jump to an address that is computed
        self._indirect = False

    def all(self) -> None:
        """Fill `parts`."""
        main = self._reach(self.ranges[0].address, {}, main=True)
        counted = dict(main)
        for start, part in self._found:
            only = self._reach(start, counted, main=False)
            counted.update(only)
            self._add(part, *only.values())
        before = {each.next_ip: each for each in main.values()}
        for each in main.values():
            if called := self.calls.get(each.near_branch_target):
                self._add(called, each)
                argument = before.get(each.ip)
                while argument and self._for_a_call(argument):
                    self._add(called, argument)
                    argument = before.get(argument.ip)

    def _for_a_call(self, found: Instruction) -> bool:
        """Whether all that an instruction before a call does is lost in the call, unless it is
        for an argument."""
        if found.flow_control == FlowControl.CALL:
            return is_lost_in_a_call(self.image, found.near_branch_target, self.returns)
        return lost_in_a_call(found)

    def _add(self, part: Part, *found: Instruction) -> None:
        name = self.ranges[0].name
        for each in found:
            self.parts.setdefault(each.ip, part._replace(kind=Kind.CODE, name=name, size=each.len))

    def _reach(
        self, start: int, known: Mapping[int, Instruction], *, main: bool
    ) -> dict[int, Instruction]:
        """What runs from `start` on and is not known yet. main: with every tracepoint off"""
        seen: dict[int, Instruction] = {}
        todo = [start]
        while todo:
            address = todo.pop()
            while address not in seen and address not in known:
                found = self._code.at(address)
                if found is None:
                    break
                seen[address] = found
                nexts = self._next(found, main=main)
                if not nexts:
                    break
                address = nexts[0]
                todo += nexts[1:]
        return seen

    def _next(self, found: Instruction, *, main: bool) -> list[int]:
        if found.ip in self.jumps:
            target, part = self.jumps[found.ip]
            if part is None or not main:
                return [found.next_ip, target]
            self._found.append((target, part))
            self._add(part, found)
            return [found.next_ip]
        flow = found.flow_control
        if main and flow == FlowControl.NEXT and (part := self.keys.get(memory(found))):
            self._asks(found, part)
        if flow in _STRAIGHT:
            return [found.next_ip]
        target = found.near_branch_target
        if flow == FlowControl.CONDITIONAL_BRANCH:
            cut = self._cut.get(found.ip)
            return [each for each in (found.next_ip, target) if each != cut]
        if flow == FlowControl.UNCONDITIONAL_BRANCH:
            if self._code.at(target) is None:
                return self._alternative(target)
            return [target] if main or not self._indirect else []
        self._indirect |= flow == FlowControl.INDIRECT_BRANCH
        return []

    def _asks(self, load: Instruction, part: Part) -> None:
        """The load of a key's counter: find the branches that it decides, on either way from here
        when there is another branch before."""
        compares = load.mnemonic == Mnemonic.CMP and load.op1_kind >= OpKind.IMMEDIATE8
        conditions = _COMPARED if compares else _TESTED
        todo: list[tuple[int, tuple[Instruction, ...], int]] = [(load.next_ip, (), _LOOK_AHEAD)]
        while todo:
            at, test, left = todo.pop()
            found = self._code.at(at)
            if found is None or not left:
                continue
            flow = found.flow_control
            if found.condition_code in conditions and flow == FlowControl.CONDITIONAL_BRANCH:
                if found.ip in self._cut:
                    continue
                taken = conditions[found.condition_code]
                slow = found.near_branch_target if taken else found.next_ip
                self._cut[found.ip] = slow
                self._found.append((slow, part))
                self._add(part, load, *test, found)
            elif flow == FlowControl.NEXT:
                todo.append((found.next_ip, (found,), left - 1))
            elif flow in _BRANCHES:
                todo.append((found.near_branch_target, (), left - 1))
                if flow == FlowControl.CONDITIONAL_BRANCH:
                    todo.append((found.next_ip, (), left - 1))

    def _alternative(self, target: int) -> list[int]:
        """static_cpu_has() (arch/x86/include/asm/cpufeature.h) jumps to .altinstr_aux and comes
        back to one of two places."""
        places = []
        for found in instructions(self.image, target, _AUXILIARY):
            flow = found.flow_control
            if flow in _BRANCHES:
                places.append(found.near_branch_target)
            if flow not in (FlowControl.NEXT, FlowControl.CONDITIONAL_BRANCH):
                break
        return places
