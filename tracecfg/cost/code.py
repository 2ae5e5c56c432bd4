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

from tracecfg.cost.parts import Kind, Part
from tracecfg.cost.tables import CALLS, JUMPS, Owners, rows
from tracecfg.cost.x86 import VOLATILE, Flow, Instruction, decode, references
from tracecfg.kernel.symbols import STT_FUNC, Image, Symbol

_KEY = 8
"""Offset of tracepoint.key, behind the name; its first member is the counter."""
_LOOK_AHEAD = 8
"""Instructions between the load of a counter and the branch that it decides."""
_SHORT = 64
"""Bytes of a function that is looked at as a whole."""

_TESTED = {0xF: True, 0xE: False}
_COMPARED = {**_TESTED, 0x5: True, 0x4: False}
"""Conditions g and le, ne and e: whether the branch is taken when the tracepoint is on."""

_Jumps = Mapping[int, tuple[int, Part | None]]


def pieces(
    image: Image, owned: Mapping[int, tuple[Symbol, Part]], owners: Owners
) -> Iterator[Part]:
    """A part for each function and event that has code of this kind. x86-64 only.

    owned: symbols that are parts as a whole, by address
    """
    if image.machine != "EM_X86_64":
        return
    # each static branch: its address, where it leads when the key is on, and whose key it is
    jumps = {
        _relative(image, place): (_relative(image, place + 4), owners.of(key))
        for place, key in rows(image, JUMPS)
    }
    keys = {
        address + _KEY: part
        for address, (_, part) in owners.spans.items()
        if part.name.startswith("__tracepoint_")
    }
    calls = {address: part for address, (symbol, part) in owned.items() if symbol.kind == STT_FUNC}
    sites = [code for code, (_, part) in jumps.items() if part]
    sites += [_relative(image, place) for place, key in rows(image, CALLS) if owners.of(key)]
    returns = next((x.address for x in image.symbols if x.name == "__x86_return_thunk"), 0)
    for memory in image.memory:
        sites += references(memory.data, memory.address, calls, {} if jumps else keys)
    for function, cold in _functions(image, owned, sites):
        code = _Code(image, (function, *cold), jumps, keys, calls, returns)
        code.walk()
        yield from code.parts


def _relative(image: Image, place: int) -> int:
    return place + int.from_bytes(image.read(place, 4), "little", signed=True)


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
class _Code:
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
    parts: list[Part] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._bytes = [
            (each.address, self.image.read(each.address, each.size)) for each in self.ranges
        ]
        # branches, and where they lead with a tracepoint on
        self._cut: dict[int, int] = {}
        # those places, and whose they are
        self._found: list[tuple[int, Part]] = []
        # whether there is a jump to an address that is computed
        self._indirect = False

    def walk(self) -> None:
        """Fill `parts`."""
        main = self._reach(self.ranges[0].address, {}, main=True)
        counted = dict(main)
        for start, part in self._found:
            only = self._reach(start, counted, main=False)
            counted.update(only)
            self._add(part, sum(each.size for each in only.values()))
        before = {each.end: each for each in main.values()}
        for each in main.values():
            if each.flow in (Flow.CALL, Flow.JUMP) and (called := self.calls.get(each.target)):
                self._add(called, each.size)
                argument = before.get(each.address)
                while argument and self._for_a_call(argument):
                    self._add(called, argument.size)
                    argument = before.get(argument.address)

    def _for_a_call(self, found: Instruction) -> bool:
        """Whether all that an instruction before a call does is lost in the call, unless it is
        for an argument."""
        if found.flow is not Flow.CALL:
            return found.sets in VOLATILE
        # a short function that only computes
        at, code = found.target, self.image.read(found.target, _SHORT)
        while code:
            try:
                inner = decode(code, found.target, at)
            except IndexError:
                return False
            if not inner.quiet:
                thunk = inner.flow is Flow.JUMP and inner.target == self.returns
                return inner.flow is Flow.END or thunk
            at = inner.end
        return False

    def _add(self, part: Part, size: int) -> None:
        name = self.ranges[0].name
        if size:
            self.parts.append(part._replace(kind=Kind.CODE, name=name, size=size))

    def _at(self, address: int) -> Instruction | None:
        for start, code in self._bytes:
            if start <= address < start + len(code):
                try:
                    return decode(code, start, address)
                except IndexError:
                    return None
        return None

    def _reach(
        self, start: int, known: Mapping[int, Instruction], *, main: bool
    ) -> dict[int, Instruction]:
        """What runs from `start` on and is not known yet. main: with every tracepoint off"""
        seen: dict[int, Instruction] = {}
        todo = [start]
        while todo:
            address = todo.pop()
            while address not in seen and address not in known:
                found = self._at(address)
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
        if found.address in self.jumps:
            target, part = self.jumps[found.address]
            if part is None or not main:
                return [found.end, target]
            self._found.append((target, part))
            self._add(part, found.size)
            return [found.end]
        if main and found.flow is Flow.ON and found.target in self.keys:
            self._asks(found, self.keys[found.target])
        match found.flow:
            case Flow.ON | Flow.CALL:
                return [found.end]
            case Flow.BRANCH:
                cut = self._cut.get(found.address)
                return [each for each in (found.end, found.target) if each != cut]
            case Flow.JUMP:
                if self._at(found.target) is None:
                    return self._alternative(found.target)
                return [found.target] if main or not self._indirect else []
            case Flow.UNKNOWN:
                self._indirect = True
        return []

    def _asks(self, load: Instruction, part: Part) -> None:
        """The load of a key's counter: find the branches that it decides, on either way from here
        when there is another branch before."""
        conditions = _COMPARED if load.compares else _TESTED
        todo = [(load.end, 0, _LOOK_AHEAD)]
        while todo:
            at, test, left = todo.pop()
            found = self._at(at)
            if found is None or not left:
                continue
            if found.condition in conditions and found.address not in self._cut:
                slow = found.target if conditions[found.condition] else found.end
                self._cut[found.address] = slow
                self._found.append((slow, part))
                self._add(part, load.size + test + found.size)
            elif found.flow is Flow.BRANCH:
                todo += [(found.end, 0, left - 1), (found.target, 0, left - 1)]
            elif found.flow is Flow.JUMP:
                todo.append((found.target, 0, left - 1))
            elif found.flow is Flow.ON:
                todo.append((found.end, found.size, left - 1))

    def _alternative(self, target: int) -> list[int]:
        """static_cpu_has() (arch/x86/include/asm/cpufeature.h) jumps to .altinstr_aux and comes
        back to one of two places."""
        places = []
        code = self.image.read(target, 32)
        at = target
        for _ in range(3):
            try:
                found = decode(code, target, at)
            except IndexError:
                break
            if found.flow in (Flow.BRANCH, Flow.JUMP):
                places.append(found.target)
            if found.flow not in (Flow.ON, Flow.BRANCH):
                break
            at = found.end
        return places
