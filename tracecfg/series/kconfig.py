"""What the series changes in Kconfig files: the menu's entries and the consumers' selects."""

from __future__ import annotations

import re

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kconfigtext import parse_entry
from tracecfg.model import Option, Select

_CONFIG = re.compile(r"^config (\w+)$", re.MULTILINE)


def add_entry(menu: str, entry: str, option: Option) -> str:
    """The menu with one more entry, in alphabetical order.

    Raises UnsupportedTreeError for a menu that is not the series' own.
    """
    if re.search(rf"^config {option.name}$", menu, re.MULTILINE):
        return menu
    end = menu.rfind("\nendmenu")
    if end < 0:
        raise UnsupportedTreeError(
            "the menu of trace systems has no endmenu",
            "was it edited by hand? generate for an unconverted tree",
        )
    at = end + 1
    for match in _CONFIG.finditer(menu):
        if match[1] > option.name:
            at = match.start()
            break
    return menu[:at] + entry.strip("\n") + "\n\n" + menu[at:]


def add_select(text: str, path: str, select: Select, option: str) -> str:
    """The consumer's entry with `select option if condition`, behind its last select, or else
    behind its last dependency, or else behind its type.

    Raises UnsupportedTreeError when the entry has no attribute to put it behind.
    """
    start = _entry_start(text, select.config)
    if start is None:
        raise UnsupportedTreeError(f"{path}: has no entry of {select.config} any more")
    entry = parse_entry(text, path, start)
    if any(word == "select" and rest.split()[:1] == [option] for word, rest, _ in entry.attributes):
        return text
    wanted: tuple[str, ...]
    for wanted in (("select",), ("depends",), ("bool", "tristate", "def_bool", "def_tristate")):
        lines = [line for word, _, line in entry.attributes if word in wanted]
        if lines:
            break
    else:
        raise UnsupportedTreeError(f"{entry.place}: {select.config} has no type")
    parts = text.split("\n")
    at = lines[-1]
    while parts[at - 1].rstrip("\r").endswith("\\"):
        at += 1
    indent = re.match(r"\s*", parts[lines[-1] - 1])
    condition = f" if {select.condition}" if select.condition else ""
    ending = "\r" if parts[at - 1].endswith("\r") else ""
    parts.insert(at, f"{indent[0] if indent else chr(9)}select {option}{condition}{ending}")
    return "\n".join(parts)


def _entry_start(text: str, symbol: str) -> int | None:
    """The entry with the prompt, or the first of the symbol."""
    starts = [
        match.start()
        for match in re.finditer(
            rf"^[ \t]*(?:menu)?config[ \t]+{symbol}[ \t]*(?:#.*)?$", text, re.MULTILINE
        )
    ]
    for start in starts:
        if parse_entry(text, "", start).prompt:
            return start
    return starts[0] if starts else None
