"""What stands behind a symbol's value: who can set it, on what that depends, who selects it.

kconfiglib's expressions become gates here. In these a symbol alone means y or m, as everywhere in
tracecfg, and `depends on m` means MODULES.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from tracecfg.gate import ALWAYS, NEVER, Equals, Gate, Sym, all_of, any_of, negate
from tracecfg.kernel.kconffacts import Facts, Selector
from tracecfg.kernel.kconflib import LIB, Item
from tracecfg.kernel.kconfvalue import Symbol
from tracecfg.model import Place


def facts(symbol: Symbol) -> Facts | None:
    """None for a symbol of another type, and for one that the tree does not define."""
    if not symbol.nodes or symbol.orig_type not in LIB._BOOL_TRISTATE:
        return None
    prompts = [node.prompt[1] for node in symbol.nodes if node.prompt]
    return Facts(
        name=symbol.name,
        is_tristate=symbol.orig_type is LIB.TRISTATE,
        value=symbol.str_value,
        place=_place(symbol.nodes[0]),
        prompt_if=any_of(map(gate, prompts)) if prompts else None,
        default_if=any_of(all_of(map(gate, default)) for default in symbol.defaults),
        in_choice=symbol.choice is not None,
        selectors=tuple(_selectors(symbol)),
    )


def gate(expression: Item) -> Gate:
    """An expression as a gate.

    A comparison of numbers or of two symbols cannot be changed by a person: it is ALWAYS where it
    holds, and otherwise a symbol of its own text that nobody defines.
    """
    if expression.__class__ is not tuple:
        return _atom(expression)
    operator, *parts = expression
    if operator in (LIB.AND, LIB.OR):
        join = all_of if operator is LIB.AND else any_of
        return join(map(gate, LIB.split_expr(expression, operator)))
    if operator is LIB.NOT:
        return negate(gate(parts[0]))
    left, right = parts
    if operator in (LIB.EQUAL, LIB.UNEQUAL) and _is_constant(left) != _is_constant(right):
        symbol, constant = (right, left) if _is_constant(left) else (left, right)
        same = Equals(symbol.name, constant.str_value)
        return same if operator is LIB.EQUAL else negate(same)
    return ALWAYS if LIB.expr_value(expression) else Sym(LIB.expr_str(expression))


def answered(kconfig: Item, places: Iterable[Place]) -> tuple[str, ...]:
    """The symbols without a prompt that have one of these lines in an entry, in the order of the
    files: all that they are is what the line comes to."""
    entries: defaultdict[str, list[int]] = defaultdict(list)
    owners: dict[tuple[str, int], Symbol] = {}
    for symbol in kconfig.unique_defined_syms:
        for node in symbol.nodes:
            entries[node.filename].append(node.linenr)
            owners[node.filename, node.linenr] = symbol
    for lines in entries.values():
        lines.sort()
    found = set()
    for file, line in places:
        at = bisect_right(entries[file], line)
        if at:
            found.add(owners[file, entries[file][at - 1]])
    return tuple(
        symbol.name
        for symbol in kconfig.unique_defined_syms
        if symbol in found and not any(node.prompt for node in symbol.nodes)
    )


def _atom(item: Item) -> Gate:
    if item.__class__ is not Symbol:
        return ALWAYS if LIB.expr_value(item) else Sym("a choice")
    if item is item.kconfig.m:
        return Sym("MODULES")
    if item.is_constant:
        return ALWAYS if LIB.expr_value(item) else NEVER
    return Sym(item.name)


def _is_constant(item: Item) -> bool:
    return bool(item.is_constant or not item.nodes)


def _selectors(symbol: Symbol) -> list[Selector]:
    found = []
    for term in LIB.split_expr(symbol.rev_dep, LIB.OR):
        who, *condition = LIB.split_expr(term, LIB.AND)
        if who.__class__ is not Symbol or who.is_constant:
            continue
        node = next(
            node for node in who.nodes if any(target is symbol for target, _ in node.selects)
        )
        found.append(
            Selector(
                name=who.name,
                condition=all_of(map(gate, condition)),
                place=_place(node),
                value=LIB.TRI_TO_STR[LIB.expr_value(term)],
            )
        )
    return found


def _place(node: Item) -> Place:
    return Place(node.filename, node.linenr)
