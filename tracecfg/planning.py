"""From a path to a Plan: the readers and the rules in their order. Used by every tree command."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from tracecfg import report
from tracecfg.errors import UnknownNameError, UsageError
from tracecfg.kconfigtext import KconfigIndex
from tracecfg.kernel.kindex import read_index
from tracecfg.kernel.remember import remembered
from tracecfg.kernel.scan import scan
from tracecfg.kernel.search import best_searcher, candidates
from tracecfg.kernel.tree import Tree
from tracecfg.model import Plan
from tracecfg.rules.engine import decide
from tracecfg.rules.load import load_rules, rules_text


def plan(tree: Tree, *, rules: Path | None, prefix: str) -> Plan:
    """The plan for a tree.

    Raises UsageError for rules that are broken, UnsupportedTreeError for a tree that cannot be
    read.
    """
    return plan_tree(tree, read_index(tree), rules=rules, prefix=prefix)


def plan_tree(tree: Tree, kconfig: KconfigIndex, *, rules: Path | None, prefix: str) -> Plan:
    if not prefix.isidentifier() or prefix != prefix.upper():
        raise UsageError(
            f"--prefix {prefix}: not the beginning of a Kconfig symbol",
            "capitals, digits and _, such as TRACING_EVENTS_",
        )
    loaded = load_rules(rules)
    inventory = scan(tree, candidates(tree, best_searcher(tree)))
    return decide(inventory, kconfig, loaded, prefix)


def choose(plan: Plan, wanted: Sequence[str]) -> frozenset[str]:
    """The systems that names and globs mean; all of them when nothing is given.

    Raises UnknownNameError, with the nearest names, for one that matches nothing.
    """
    names = [decision.system.name for decision in plan.decisions]
    if not wanted:
        return frozenset(names)
    chosen: set[str] = set()
    for each in wanted:
        matching = [name for name in names if fnmatchcase(name, each)]
        if not matching:
            near = get_close_matches(each, names, n=3, cutoff=0.5)
            raise UnknownNameError(
                f"{each}: no such subsystem in this tree",
                f"did you mean {', '.join(near)}?" if near else "`tracecfg scan` lists them",
            )
        chosen.update(matching)
    return frozenset(chosen)


def scan_json(tree: Tree, *, rules: Path | None, prefix: str, fresh: bool) -> str:
    """The text of `scan --json`; remembered while neither tree nor rules change, unless `fresh`.

    Raises what plan() raises.
    """

    def answer() -> str:
        return json.dumps(report.scan_json(plan(tree, rules=rules, prefix=prefix)), indent=1)

    if fresh:
        return answer()
    question = f"{prefix}\0{rules_text(rules)}"
    return remembered(tree, question, answer)
