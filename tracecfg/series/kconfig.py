"""What the series changes in Kconfig files: the menu's entries and the consumers' selects."""

from __future__ import annotations

import re

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kconfigtext import TYPES, Entry, parse_entry, statement
from tracecfg.model import Option, Select
from tracecfg.series.core import Render

_CONFIG = re.compile(r"\nconfig (\w+)(?=\n)")


def add_entry(menu: str, option: Option, render: Render) -> str:
    """The menu with the entry of one more option, in alphabetical order.

    Raises UnsupportedTreeError for a menu that is not the series' own.
    """
    if f"\nconfig {option.name}\n" in menu:
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
            at = match.start() + 1
            break
    depends = statement(f"depends on {option.depends}") if option.depends else []
    entry = render("entry.kconfig", option=option, depends=depends)
    return menu[:at] + entry.strip("\n") + "\n\n" + menu[at:]


def add_select(text: str, path: str, select: Select, option: str) -> str:
    """Each entry of the consumer in a file with `select option if condition`, behind its last
    select, or else behind its last dependency, or else behind its type.

    Raises UnsupportedTreeError when there is no entry that has a type.
    """
    entries = editable(text, path, select.config)
    if not entries:
        raise UnsupportedTreeError(f"{path}: has no entry of {select.config} with a type")
    for entry in reversed(entries):
        text = _with_select(text, entry, select.condition, option)
    return text


def editable(text: str, path: str, symbol: str) -> list[Entry]:
    """The entries of a symbol in a file that a person would add to: those with a prompt, or else
    all that have a type."""
    pattern = rf"^[ \t]*(?:menu)?config[ \t]+{symbol}[ \t]*(?:#.*)?$"
    entries = [parse_entry(text, path, match.start())
               for match in re.finditer(pattern, text, re.MULTILINE)]  # fmt: skip
    typed = [entry for entry in entries if entry.typed]
    return [entry for entry in typed if entry.prompt] or typed


def _with_select(text: str, entry: Entry, condition: str, option: str) -> str:
    if any(word == "select" and rest.split()[:1] == [option] for word, rest, _ in entry.attributes):
        return text
    lines: list[int] = []
    for wanted in (("select",), ("depends",), TYPES):
        lines = lines or [line for word, _, line in entry.attributes if word in wanted]
    parts = text.split("\n")
    at = lines[-1]
    while parts[at - 1].rstrip("\r").endswith("\\"):
        at += 1
    indent = re.match(r"\s*", parts[lines[-1] - 1])
    ending = "\r" if parts[at - 1].endswith("\r") else ""
    added = statement(f"select {option} if {condition}" if condition else f"select {option}")
    parts[at:at] = [f"{indent[0] if indent else chr(9)}{line}{ending}" for line in added]
    return "\n".join(parts)
