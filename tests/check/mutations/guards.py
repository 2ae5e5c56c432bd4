"""Mistakes with guards and options: TC101 to TC112."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.check.mutations.frame import MENU, Clean, Mutation, kind, mutation


def _option_line(text: str) -> re.Match[str] | None:
    return re.search(r"^#define TRACE_OPTION_\w+ IS_ENABLED\(CONFIG_(\w+)\)\r?\n", text, re.M)


@cache
def _naming(clean: Clean) -> dict[str, Counter[str]]:
    """Where each option is named: symbol -> file -> how often."""
    found: dict[str, Counter[str]] = {}
    paths = {path for system in clean.systems for path in system["headers"]}
    for system in clean.systems:
        for what in ("exports", "uses", "creators", "consumers"):
            paths.update(each["file"] for each in system[what])
    for path in sorted(paths):
        for symbol in re.findall(r"\bCONFIG_(TRACING_\w+)", clean.read(path)):
            found.setdefault(symbol, Counter())[path] += 1
    return found


# ---- those that few subsystems can have come first


@kind
def select_always(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    path = "kernel/trace/Kconfig"
    text = clean.read(path)
    head = "config EVENT_TRACING\n"
    new = text.replace(head, f"{head}\tselect {system['option']}\n")
    yield mutation("select_always", system, {path: new}, ("TC105", path))


@kind
def drop_maybe_unused(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    for path in sorted({each["file"] for each in system["creators"]}):
        text = clean.read(path)
        new, times = re.subn(r"^__maybe_unused\n(?=static )", "", text, count=1, flags=re.M)
        if times:
            yield mutation("drop_maybe_unused", system, {path: new}, ("TC112", path))


# ---- the option in the header


@kind
def drop_option(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    for path in system["headers"]:
        text = clean.read(path)
        if match := _option_line(text):
            new = text.replace(match[0], "")
            yield mutation("drop_option", system, {path: new}, ("TC101", path))


@kind
def misspell_option(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    for path in system["headers"]:
        text = clean.read(path)
        if match := _option_line(text):
            new = text.replace(match[0], match[0].replace(match[1], match[1] + "S"))
            times = new.count(match[1] + "S")
            yield mutation("misspell_option", system, {path: new}, *[("TC103", path)] * times)


@kind
def option_of_another(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    """The line was copied from another header."""
    (path, *others) = system["headers"]
    text = clean.read(path)
    match = _option_line(text)
    if match and not others and system["name"] > "9p":
        new = text.replace(match[0], match[0].replace(match[1], "TRACING_9P"))
        yield mutation("option_of_another", system, {path: new}, ("TC110", path))


# ---- the menu


def _entry(clean: Clean, system: dict[str, Any]) -> str:
    menu = clean.read(MENU)
    match = re.search(rf"^config {system['option']}\n(?:.*\n)*?\n", menu, re.M)
    assert match, system["option"]
    return match[0]


@kind
def drop_entry(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    menu, entry = clean.read(MENU), _entry(clean, system)
    named = _naming(clean).get(system["option"], Counter())
    selected = _selecting(clean, system)
    if not selected:
        found = [("TC103", path) for path, times in named.items() for _ in range(times)]
        yield mutation("drop_entry", system, {MENU: menu.replace(entry, "")}, *found)


@kind
def entry_without_header(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    menu, entry = clean.read(MENU), _entry(clean, system)
    name = f"{system['option']}_AND_MORE"
    more = re.sub(r"config \w+", f"config {name}", entry, count=1)
    more = re.sub(r'bool ".*"', f'bool "{name.lower()}"', more)
    yield mutation(
        "entry_without_header", system, {MENU: menu.replace(entry, entry + more)}, ("TC102", MENU)
    )


@kind
def dependency_that_is_not(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    menu, entry = clean.read(MENU), _entry(clean, system)
    if re.search(r"^\tdepends on \w+\n", entry, re.M):
        new = re.sub(r"^(\tdepends on \w+)\n", r"\1_GONE\n", entry, count=1, flags=re.M)
        yield mutation(
            "dependency_that_is_not", system, {MENU: menu.replace(entry, new)}, ("TC104", MENU)
        )


@kind
def no_prompt(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    menu, entry = clean.read(MENU), _entry(clean, system)
    new = re.sub(r'^\tbool ".*"', "\tbool", entry, count=1, flags=re.M)
    yield mutation("no_prompt", system, {MENU: menu.replace(entry, new)}, ("TC105", MENU))


# ---- exports, uses, consumers


@kind
def unguard_export(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    symbol = f"CONFIG_{system['option']}"
    for path in sorted({each["file"] for each in system["exports"]}):
        text = clean.read(path)
        guarded = rf"#ifdef {symbol}\r?\n((?:EXPORT_.*\n|\s*\n)+)#endif\r?\n"
        new, times = re.subn(guarded, r"\1", text, count=1)
        if times:
            yield mutation("unguard_export", system, {path: new}, ("TC106", path))


@kind
def misspell_guard(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    """Of an export: the symbol is unknown, and the export is not there for the right one."""
    symbol = f"CONFIG_{system['option']}"
    for path in sorted({each["file"] for each in system["exports"]}):
        text = clean.read(path)
        guarded = rf"#ifdef {symbol}(\r?\nEXPORT_)"
        new, times = re.subn(guarded, rf"#ifdef {symbol}X\1", text, count=1)
        if times:
            yield mutation("misspell_guard", system, {path: new}, ("TC103", path), ("TC106", path))


@kind
def unguard_enabled(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    asked = rf"IS_ENABLED\(CONFIG_{system['option']}\) &&\s*(?:\\\s*)?"
    for path in sorted({each["file"] for each in system["uses"]}):
        text = clean.read(path)
        new, times = re.subn(asked + r"(?=tracepoint_enabled)", "", text, count=1)
        if times:
            yield mutation("unguard_enabled", system, {path: new}, ("TC107", path))


def _selecting(clean: Clean, system: dict[str, Any]) -> list[dict[str, Any]]:
    return list(system["decision"]["select"]) if system["decision"] else []


@cache
def _kconfig_files(root: Path) -> list[str]:
    found = [path for path in root.rglob("Kconfig*") if path.is_file() and not path.is_symlink()]
    return sorted(str(path.relative_to(root)) for path in found)


@kind
def drop_select(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    yield from _without_select("drop_select", clean, system, "", "TC108")


@kind
def misspell_select(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    yield from _without_select("misspell_select", clean, system, r"\1_\2", "TC103", "TC108")


def _without_select(
    name: str, clean: Clean, system: dict[str, Any], new: str, *rules: str
) -> Iterator[Mutation]:
    if not _selecting(clean, system):
        return
    line = re.compile(rf"^(\s+select {system['option']})((?: if .*?(?:\\\n.*?)?)?\n)", re.M)
    for path in _kconfig_files(clean.root):
        text = clean.read(path)
        if line.search(text):
            changed = line.sub(new, text, count=1)
            yield mutation(name, system, {path: changed}, *((rule, path) for rule in rules))
