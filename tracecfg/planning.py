"""From a path to a Plan: the readers and the rules in their order. Used by every tree command."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tracecfg.errors import UnknownNameError, UsageError
from tracecfg.kernel.search import Candidate, best_searcher, search
from tracecfg.kernel.tree import Tree
from tracecfg.nearest import nearest

if TYPE_CHECKING:
    from tracecfg.kconfigtext import KconfigIndex
    from tracecfg.kernel.scan import Scanned
    from tracecfg.model import Plan


def plan(tree: Tree, *, rules: Path | None, prefix: str) -> Plan:
    """The plan for a tree.

    Raises UsageError for rules that are broken, UnsupportedTreeError for a tree that cannot be
    read.
    """
    return plan_from(tree, search(tree, best_searcher(tree)), rules=rules, prefix=prefix)


def plan_from(
    tree: Tree,
    candidates: Iterable[Candidate],
    *,
    rules: Path | None,
    prefix: str,
    kconfig: KconfigIndex | None = None,
) -> Plan:
    """The plan from what search() finds; the Kconfig is read when it is not given."""
    return study(tree, candidates, rules=rules, prefix=prefix, kconfig=kconfig).plan


class Studied(NamedTuple):
    """A plan and all that it was made from."""

    plan: Plan
    scanned: Scanned
    kconfig: KconfigIndex


def study(
    tree: Tree,
    candidates: Iterable[Candidate],
    *,
    rules: Path | None,
    prefix: str,
    kconfig: KconfigIndex | None = None,
) -> Studied:
    """As plan_from(), with what the plan was made from."""
    # imported while the search runs
    from tracecfg import report  # noqa: F401
    from tracecfg.kernel import scan
    from tracecfg.kernel.kindex import read_index
    from tracecfg.rules.engine import decide
    from tracecfg.rules.load import load_rules

    kconfig = kconfig or read_index(tree)
    if not prefix.isidentifier() or prefix != prefix.upper():
        raise UsageError(
            f"--prefix {prefix}: not the beginning of a Kconfig symbol",
            "capitals, digits and _, such as TRACING_EVENTS_",
        )
    loaded = load_rules(rules)
    scanned = scan.read(tree, candidates)
    return Studied(decide(scanned.inventory, kconfig, loaded, prefix), scanned, kconfig)


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
            near = nearest(each, names)
            raise UnknownNameError(
                f"{each}: no such subsystem in this tree",
                f"did you mean {', '.join(near)}?" if near else "`tracecfg scan` lists them",
            )
        chosen.update(matching)
    return frozenset(chosen)


def scan_json(tree: Tree, *, rules: Path | None, prefix: str, fresh: bool) -> tuple[str, list[str]]:
    """The text of `scan --json`, and the problems, a line each; remembered while neither tree nor
    rules change, unless `fresh`.

    Raises what plan() raises.
    """

    def answer() -> str:
        planned = plan(tree, rules=rules, prefix=prefix)
        from tracecfg import report

        problems = json.dumps(report.problems(planned))
        return f"{problems}\n{report.json_text(report.scan_json(planned))}"

    if fresh:
        told = answer()
    else:
        from tracecfg.kernel.remember import remembered
        from tracecfg.rules.load import rules_text

        told = remembered(tree, f"2\0{prefix}\0{rules_text(rules)}", answer)
    problems, _, text = told.partition("\n")
    return text, json.loads(problems)
