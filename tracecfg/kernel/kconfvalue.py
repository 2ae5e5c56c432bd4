"""Values of symbols and choices, exactly as the tree's own conf computes them.

Follows sym_calc_value(), sym_calc_choice() and sym_validate_range() in scripts/kconfig/symbol.c.
Their rules changed over the years: Dialect says which ones a tree has, by looking at its files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tracecfg.kernel.kconflib import LIB
from tracecfg.kernel.tree import Tree

_N, _M, _Y = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How the tree's conf computes, where that differs; the defaults are the newest rules.

    last_wins: among a choice's members the one assigned last comes first, n counts as a wish
    zero: an int or hex without any value is 0, not empty
    range_text: a value out of range becomes the limit as it is written in the Kconfig file
    resets: a value out of range in a .config is dropped before the range is applied
    imply_bound: what is implied goes no further than the symbol's own dependencies
    imply_y: a symbol that is implied by y cannot be m
    end_of, end_of_empty: menus end with a comment in the .config, those without entries too
    """

    last_wins: bool = True
    zero: bool = True
    range_text: bool = True
    resets: bool = False
    imply_bound: bool = True
    imply_y: bool = False
    end_of: bool = True
    end_of_empty: bool = True


def dialect(tree: Tree) -> Dialect:
    """The rules of this tree; the newest ones where scripts/kconfig is not there to look at."""
    symbol, data = "scripts/kconfig/symbol.c", "scripts/kconfig/confdata.c"
    if not tree.is_file(symbol) or not tree.is_file(data):
        return Dialect()
    values, files = tree.read(symbol), tree.read(data)
    return Dialect(
        last_wins="choice_members" in values,
        zero='newval.val = "0"' in values,
        range_text="= range_sym->curr.val" in values,
        resets="sym_string_within_range" in files,
        imply_bound=re.search(r"EXPR_AND\(newval\.tri,\s*sym->dir_dep\.tri\)", values) is not None,
        imply_y="sym->implied.tri == yes)" in values,
        end_of="# end of" in files,
        end_of_empty="end_check:" in files,
    )


class Symbol(LIB.Symbol):  # type: ignore[misc]
    """is_transitional: reads old .config files and is never written (kernels since 6.18)"""

    is_transitional = False
    _cached_tri_val: int | None
    _cached_str_val: str | None
    _write_to_conf: bool

    @property
    def tri_value(self) -> int:
        if self._cached_tri_val is None:
            self._cached_tri_val = self._tristate()
        return self._cached_tri_val

    def _tristate(self) -> int:
        if self.orig_type not in LIB._BOOL_TRISTATE:
            return _N
        visible = self.visibility
        self._write_to_conf = visible != _N
        is_bool = self.type is LIB.BOOL
        if self.choice and visible == _Y:
            return _Y if self.choice.selection is self else _N
        if self.choice:
            return _M if visible and self.user_value else _N

        selected = _promote(LIB.expr_value(self.rev_dep), is_bool)
        if visible and self.user_value is not None:
            value = min(self.user_value, visible)
        else:
            value = self._default_tristate(is_bool)
            if selected:
                self._write_to_conf = True
        if selected and _promote(LIB.expr_value(self.direct_dep), is_bool) < selected:
            self._warn_select_unsatisfied_deps()
        value = max(value, selected)
        if self.is_transitional:
            self._write_to_conf = False
        if value == _M and self.kconfig.dialect.imply_y and LIB.expr_value(self.weak_rev_dep) == _Y:
            return _Y
        return _promote(value, is_bool)

    def _default_tristate(self, is_bool: bool) -> int:
        value = _N
        for default, condition in self.defaults:
            bound = LIB.expr_value(condition)
            if bound:
                value = min(LIB.expr_value(default), bound)
                if value:
                    self._write_to_conf = True
                break
        implied = _promote(LIB.expr_value(self.weak_rev_dep), is_bool)
        if implied:
            depends = _promote(LIB.expr_value(self.direct_dep), is_bool)
            if self.kconfig.dialect.imply_bound:
                self._write_to_conf = True
                return min(max(value, implied), depends)
            if depends:
                self._write_to_conf = True
                return max(value, implied)
        return value

    @property
    def visibility(self) -> int:
        if self.is_transitional:
            self._cached_vis = _Y
            return _Y
        return super().visibility  # type: ignore[no-any-return]

    @property
    def str_value(self) -> str:
        if self._cached_str_val is None:
            if self.orig_type in LIB._BOOL_TRISTATE:
                self._cached_str_val = LIB.TRI_TO_STR[self.tri_value]
            else:
                self._cached_str_val = self._text() if self.orig_type else self.name
        return self._cached_str_val

    def _text(self) -> str:
        rules = self.kconfig.dialect
        visible = self.visibility
        self._write_to_conf = visible != _N
        value = {LIB.INT: "0", LIB.HEX: "0x0"}.get(self.orig_type, "") if rules.zero else ""
        limits = self._limits()
        user = self.user_value if visible else None
        if user is not None and rules.resets and limits and not _within(user, limits, self):
            user = None
        if user is not None:
            value = user
        else:
            for default, condition in self.defaults:
                if LIB.expr_value(condition):
                    self._write_to_conf = True
                    value = default.str_value
                    break
        is_input = self.env_var is not None or self is self.kconfig.defconfig_list
        if is_input or self.is_transitional:
            self._write_to_conf = False
        return self._clamped(value, limits) if limits else value

    def _limits(self) -> tuple[str, str] | None:
        if self.orig_type is LIB.STRING:
            return None
        for low, high, condition in self.ranges:
            if LIB.expr_value(condition):
                return low.str_value, high.str_value
        return None

    def _clamped(self, value: str, limits: tuple[str, str]) -> str:
        base = LIB._TYPE_TO_BASE[self.orig_type]
        number = _number(value, base)
        low, high = (_number(limit, base) for limit in limits)
        if low <= number <= high:
            return value
        limit = limits[0] if number < low else limits[1]
        if self.kconfig.dialect.range_text:
            return limit
        return str(_number(limit, base)) if base == 10 else hex(_number(limit, base))


class Choice(LIB.Choice):  # type: ignore[misc]
    """
    assigned: members in the order of the .config, which decides when they contradict
    is_contradicted: older trees only: a member was m after another was y, so neither counts
    """

    is_contradicted = False

    def __init__(self) -> None:
        super().__init__()
        self.assigned: list[Symbol] = []

    @property
    def tri_value(self) -> int:
        if not self.kconfig.dialect.last_wins:
            return super().tri_value  # type: ignore[no-any-return]
        # stands in its members' expressions for what it depends on: a condition on its prompt
        # hides the choice only, and m stays m
        return LIB.expr_value(self.direct_dep)  # type: ignore[no-any-return]

    def _selection(self) -> Symbol | None:
        if not self.kconfig.dialect.last_wins:
            return super()._selection()  # type: ignore[no-any-return]
        later = list(reversed(self.assigned))
        members = [*later, *(sym for sym in self.syms if sym not in self.assigned)]
        visible = [sym for sym in members if sym.visibility]
        for sym in visible:
            if sym.user_value == _Y:
                return sym  # type: ignore[no-any-return]
        default = self._selection_from_defaults()
        if default is not None and default.user_value is None:
            return default  # type: ignore[no-any-return]
        for sym in self.syms:
            if sym.visibility and sym.user_value is None:
                return sym  # type: ignore[no-any-return]
        return visible[-1] if visible else None


# kconfiglib makes its objects by these names and tests for these very classes
LIB.Symbol = Symbol
LIB.Choice = Choice
LIB._SYMBOL_CHOICE = frozenset({Symbol, Choice})


def _promote(value: int, is_bool: bool) -> int:
    return _Y if value and is_bool else value


def _number(text: str, base: int) -> int:
    """As strtoll() reads it: what is no digit ends the number, no number is 0."""
    digits = "[0-9a-fA-F]" if base == 16 else "[0-9]"
    match = re.match(rf"\s*([-+]?(?:0[xX](?={digits}))?{digits}{{1,40}})", text)
    return int(match[1], base) if match and (base == 16 or "x" not in match[1].lower()) else 0


def _within(text: str, limits: tuple[str, str], symbol: Symbol) -> bool:
    base = LIB._TYPE_TO_BASE[symbol.orig_type]
    low, high = (_number(limit, base) for limit in limits)
    return low <= _number(text, base) <= high
