"""A .config: reading one into a loaded Kconfig, and writing what the symbols are now.

Follows conf_read_simple() and conf_write() in scripts/kconfig/confdata.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from tracecfg.kernel.kconflib import LIB, Item
from tracecfg.kernel.kconfvalue import Choice, Symbol

_ASSIGNED = re.compile(r"CONFIG_([^=]+)=(.*)", re.DOTALL).fullmatch
_UNSET = re.compile(r"# CONFIG_([^ ]+) is not set").fullmatch


def read_config(kconfig: Item, text: str, name: str) -> tuple[str, ...]:
    """Take over a .config as conf_read_simple() does; the names that the tree does not define.

    Lines that say nothing valid become warnings on `kconfig`, with name:line.
    """
    unknown: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        assigned, unset = _ASSIGNED(line), _UNSET(line)
        match = assigned or unset
        if not match:
            if line and not line.startswith("#"):
                kconfig._warn(f"unexpected data: {line[:80]}", name, number)
            continue
        symbol = kconfig.syms.get(match[1])
        if symbol is None or not symbol.nodes:
            unknown.append(match[1])
            continue
        value = _value(symbol, assigned[2] if assigned else "n")
        if value is None:
            kconfig._warn(f"no valid value for {symbol.name}: {line[:80]}", name, number)
            continue
        if symbol.user_value is not None:
            kconfig._warn(f"{symbol.name} is assigned again", name, number)
        _assign(symbol, value)
    kconfig._invalidate_all()
    return tuple(unknown)


def _value(symbol: Symbol, text: str) -> int | str | None:
    if symbol.orig_type in LIB._BOOL_TRISTATE:
        value: int | None = LIB.STR_TO_TRI.get(text[:1])
        return None if value == 1 and symbol.orig_type is LIB.BOOL else value
    if symbol.orig_type is LIB.STRING:
        match = LIB._conf_string_match(text)
        return LIB.unescape(match[1]) if match else None
    digits = r"-?(?:0|[1-9][0-9]*)" if symbol.orig_type is LIB.INT else r"(?:0[xX])?[0-9a-fA-F]+"
    return text if re.fullmatch(digits, text) else None


def _assign(symbol: Symbol, value: int | str) -> None:
    symbol.user_value = value
    choice = symbol.choice
    if choice is None:
        return
    if symbol in choice.assigned:
        choice.assigned.remove(symbol)
    choice.assigned.append(symbol)
    if value == 1 and choice.user_value == 2:
        choice.is_contradicted = True
    if choice.is_contradicted:
        choice.user_value = None
    elif value:
        choice.user_value = max(choice.user_value or 0, value)
    if value == 2:
        choice.user_selection = symbol


def assign(kconfig: Item, values: Mapping[str, str | None]) -> dict[str, str | None]:
    """Set symbols outside choices as a .config would, None: to what it is without one.

    Returns what they were set to before.
    """
    before = {}
    for name, value in values.items():
        symbol = kconfig.syms[name]
        user = symbol.user_value
        before[name] = None if user is None else LIB.TRI_TO_STR[user]
        symbol.user_value = None if value is None else LIB.STR_TO_TRI[value]
    _forget(kconfig, values)
    return before


def _forget(kconfig: Item, names: Iterable[str]) -> None:
    """Forget the values of symbols and of all that depends on them."""
    todo = [kconfig.syms[name] for name in names]
    seen = set()
    while todo:
        item = todo.pop()
        if item is kconfig.modules:
            # without it every tristate is a bool
            kconfig._invalidate_all()
            return
        if item in seen:
            continue
        seen.add(item)
        item._invalidate()
        # who has a value has a visibility; but a choice is asked for what it depends on alone
        todo += (
            each
            for each in item._dependents
            if each._cached_vis is not None or each.__class__ is Choice
        )


def answer(kconfig: Item, values: Mapping[str, str]) -> None:
    """Make values the only defaults of symbols without a prompt; their conditions stay."""
    for name, value in values.items():
        symbol = kconfig.syms[name]
        given = value if symbol.orig_type in LIB._BOOL_TRISTATE else _value(symbol, value)
        if given is not None:
            constant = kconfig._lookup_const_sym(given)
            symbol.defaults = [(constant, condition) for _, condition in symbol.defaults]
    kconfig._invalidate_all()


def config_lines(kconfig: Item) -> Iterator[str]:
    """The .config that conf_write() writes, without its four header lines."""
    written: set[Symbol] = set()
    rules = kconfig.dialect
    gap = False
    for node, leaving in _walk(kconfig.top_node):
        item = node.item
        if leaving:
            has_end = rules.end_of and (node.list or rules.end_of_empty)
            if has_end and item is LIB.MENU and _is_visible(node):
                yield f"# end of {node.prompt[0]}\n"
                gap = True
        elif item.__class__ is Symbol:
            if item in written:
                continue
            line = _line(item)
            if line:
                written.add(item)
                yield f"\n{line}" if gap else line
                gap = False
        elif item in (LIB.MENU, LIB.COMMENT) and _is_visible(node):
            yield f"\n#\n# {node.prompt[0]}\n#\n"
            gap = False


def _walk(top: Item) -> Iterator[tuple[Item, bool]]:
    """Every menu entry below `top`, before its children (False) and after them (True)."""
    node = top.list
    while node is not None:
        yield node, False
        if node.list:
            node = node.list
            continue
        while True:
            yield node, True
            if node.next:
                node = node.next
                break
            node = node.parent
            if node is None or node is top:
                return


def _is_visible(node: Item) -> bool:
    return bool(LIB.expr_value(node.dep)) and (
        node.item is not LIB.MENU or bool(LIB.expr_value(node.visibility))
    )


def _line(symbol: Symbol) -> str:
    value = symbol.str_value
    if not symbol._write_to_conf or not symbol.orig_type:
        return ""
    if symbol.orig_type is LIB.STRING:
        value = f'"{LIB.escape(value)}"'
    elif value == "n" and symbol.orig_type in LIB._BOOL_TRISTATE:
        return f"# CONFIG_{symbol.name} is not set\n"
    return f"CONFIG_{symbol.name}={value}\n"
