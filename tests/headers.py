"""Trace headers made for a test, read through the public way: a tree and scan()."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.small import FIXTURES
from tracecfg.kernel.scan import scan
from tracecfg.kernel.signs import BESIDES, PARTS
from tracecfg.kernel.tree import Tree, open_tree
from tracecfg.model import Inventory, TraceSystem

PATH = "include/trace/events/made.h"
TAIL = "\n#include <trace/define_trace.h>\n"
HEAD = "#undef TRACE_SYSTEM\n#define TRACE_SYSTEM made\n#include <linux/tracepoint.h>\n"


def bare_tree(root: Path) -> Tree:
    """A tree with nothing but the core's headers."""
    (root / "include/linux").mkdir(parents=True)
    (root / "include/trace/events").mkdir(parents=True)
    for path in ("Makefile", "include/linux/tracepoint.h"):
        (root / path).write_bytes((FIXTURES / "tree" / path).read_bytes())
    (root / "Kconfig").write_text("config TRACEPOINTS\n\tbool\n")
    return open_tree(root)


def scanned(tree: Tree, text: str, others: Mapping[str, str] | None = None) -> Inventory:
    """The inventory of a tree with this one trace header, given between its head and tail."""
    return scanned_raw(tree, (HEAD + text + TAIL).encode("utf-8", "surrogateescape"), others)


def scanned_raw(tree: Tree, data: bytes, others: Mapping[str, str] | None = None) -> Inventory:
    (tree.root / PATH).write_bytes(data)
    for path, text in (others or {}).items():
        (tree.root / path).parent.mkdir(parents=True, exist_ok=True)
        (tree.root / path).write_text(text)
    everything = frozenset((*PARTS, *BESIDES))
    return scan(tree, [(path, everything) for path in (PATH, *(others or {}))])


def made(found: Inventory) -> TraceSystem:
    (system,) = (system for system in found.systems if system.name == "made")
    return system


def names(found: Inventory) -> list[str]:
    return [event.name for event in made(found).events]


def reasons(found: Inventory) -> list[str]:
    return [reason for _, reason in found.problems]


def event(name: str) -> str:
    return (
        f"TRACE_EVENT({name},\n\tTP_PROTO(int a),\n\tTP_ARGS(a),\n"
        "\tTP_STRUCT__entry(__field(int, a)),\n\tTP_fast_assign(__entry->a = a;),\n"
        '\tTP_printk("%d", __entry->a));\n'
    )
