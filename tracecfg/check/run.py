"""The check command's work: read the tree, ask the rules, and sort what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tracecfg import planning
from tracecfg.check import guards, headers, waste
from tracecfg.check.facts import Facts, Hit
from tracecfg.check.rule import Rule, rules
from tracecfg.kernel import callers
from tracecfg.kernel.search import best_searcher, search
from tracecfg.kernel.tree import Tree, open_tree
from tracecfg.model import Finding
from tracecfg.series.core import MENU_KCONFIG

GROUPS: tuple[Callable[[Facts], Iterable[Hit]], ...] = (guards.hits, headers.hits, waste.hits)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user asked for; see `tracecfg check --help`."""

    tree: Path
    rules: Path | None
    prefix: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """findings: by place"""

    root: str
    version: str
    findings: tuple[Finding, ...]


def check(request: Request) -> Result:
    """Raises UsageError and TracecfgError."""
    tree = open_tree(request.tree)
    facts = read(tree, rules_file=request.rules, prefix=request.prefix)
    return Result(
        root=str(tree.root), version=tree.version, findings=tuple(findings(facts, rules()))
    )


def read(tree: Tree, *, rules_file: Path | None, prefix: str) -> Facts:
    """Raises as planning.study() does."""
    searcher = best_searcher(tree)
    candidates = search(tree, searcher)
    called = callers.start(tree, searcher)
    studied = planning.study(tree, candidates, rules=rules_file, prefix=prefix)
    return Facts(
        plan=studied.plan,
        files=studied.scanned.files,
        includes=studied.scanned.includes,
        kconfig=studied.kconfig,
        converted=MENU_KCONFIG in studied.kconfig.files,
        called=called(),
    )


def findings(facts: Facts, known: Mapping[str, Rule]) -> list[Finding]:
    """What every rule finds, by place."""
    hits = [*_problems(facts), *(hit for group in GROUPS for hit in group(facts))]
    return sorted(
        Finding(
            hit.rule,
            known[hit.rule].severity,
            hit.place.file,
            hit.place.line,
            hit.message,
            hit.hint or known[hit.rule].hint,
            hit.column,
        )
        for hit in dict.fromkeys(hits)
    )


def _problems(facts: Facts) -> Iterator[Hit]:
    for place, reason in facts.plan.problems:
        yield Hit("TC901", place, reason)
