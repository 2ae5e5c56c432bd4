"""The check command's work: read the tree, ask the rules, and sort what they find."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tracecfg import planning
from tracecfg.check import applied, configs, guards, headers, waste
from tracecfg.check.facts import Facts, Hit, Undone
from tracecfg.check.reread import folders_asked_for
from tracecfg.check.rule import Rule, rules
from tracecfg.check.undone import undone
from tracecfg.errors import UnsupportedTreeError, UsageError
from tracecfg.kernel.compilerflags import flags
from tracecfg.kernel.kindex import read_index
from tracecfg.kernel.search import best_searcher, files_with, search
from tracecfg.kernel.source import Source
from tracecfg.kernel.tree import Tree, open_tree
from tracecfg.model import Finding, Place, Plan
from tracecfg.planning import Studied
from tracecfg.series.core import MENU_KCONFIG, SOURCES_TRACE
from tracecfg.series.generate import Series, generate
from tracecfg.series.includes import clobbering_includes
from tracecfg.templating import Templates

GROUPS: tuple[Callable[[Facts], Iterable[Hit]], ...] = (guards.hits, headers.hits, waste.hits)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user asked for; see `tracecfg check --help`."""

    tree: Path
    configs: tuple[Path, ...] = ()
    series: Path | None = None
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
    found = [*_hits(facts), *_beside_the_tree(request, tree, facts)]
    return Result(root=str(tree.root), version=tree.version, findings=findings(found, rules()))


def _beside_the_tree(request: Request, tree: Tree, facts: Facts) -> Iterator[Hit]:
    """In files that the user named."""
    if request.configs:
        if facts.undone is None:
            raise UsageError(
                f"{request.tree}: no options for trace systems here: no {MENU_KCONFIG}",
                "--config wants a tree that has the series",
            )
        yield from configs.hits(tree, request.configs, request.prefix)
    if request.series is not None:
        if facts.undone is not None:
            raise UsageError(
                f"{request.tree}: has a series already",
                "--series wants the tree that the series is for",
            )
        yield from applied.hits(tree, request.series, partial(_series, tree, facts))


def _series(tree: Tree, facts: Facts, systems: Collection[str] | None) -> Series:
    """What tracecfg would write, for all systems or for some."""
    every = [each.system.name for each in facts.plan.decisions]
    return generate(
        facts.plan,
        every if systems is None else systems,
        read=tree.read,
        exists=tree.is_file,
        sourcing=facts.kconfig.file_with(SOURCES_TRACE),
        clobbering=clobbering_includes(tree, _headers(facts.plan)),
        render=Templates(None).render,
        trailers=lambda _: (),
    )


def _headers(plan: Plan) -> list[str]:
    return [path for each in plan.decisions for path in each.system.headers]


def read(tree: Tree, *, rules_file: Path | None, prefix: str) -> Facts:
    """Raises as planning.study() does."""
    searcher = best_searcher(tree)
    problems: list[tuple[Place, str]] = []
    candidates = search(tree, searcher, tolerant=True)
    kconfig = read_index(tree, problems)
    studied = planning.study(tree, candidates, rules=rules_file, prefix=prefix, kconfig=kconfig)
    files = studied.scanned.files
    converted = MENU_KCONFIG in studied.kconfig.files
    guarded = files_with(tree, searcher, f"CONFIG_{prefix}") if converted else ()
    return Facts(
        plan=studied.plan,
        prefix=prefix,
        files=files,
        includes=studied.scanned.includes,
        guarded=tuple(_sources(tree, files, guarded, problems)),
        kconfig=studied.kconfig,
        undone=_undone(tree, studied) if converted else None,
        flags=flags(tree, folders_asked_for(studied.plan, files)),
        problems=tuple(problems),
    )


def _sources(
    tree: Tree,
    files: Mapping[str, Source],
    paths: Iterable[str],
    problems: list[tuple[Place, str]],
) -> Iterator[Source]:
    for path in paths:
        try:
            yield files.get(path) or Source(path, tree.read(path))
        except UnsupportedTreeError as error:
            problems.append((Place(path, 1), error.message.removeprefix(f"{path}: ")))


def _undone(tree: Tree, studied: Studied) -> tuple[Undone, ...]:
    return undone(
        studied.plan,
        studied.kconfig,
        lambda path: tree.read(path) if tree.is_file(path) else "",
        clobbering_includes(tree, _headers(studied.plan)),
        Templates(None).render,
    )


def _hits(facts: Facts) -> Iterator[Hit]:
    for place, reason in (*facts.plan.problems, *facts.problems):
        yield Hit("TC901", place, reason)
    for group in GROUPS:
        yield from group(facts)


def findings(hits: Iterable[Hit], known: Mapping[str, Rule]) -> tuple[Finding, ...]:
    """With their severities, by place."""
    found = (
        Finding(
            hit.rule,
            known[hit.rule].severity,
            hit.place.file,
            hit.place.line,
            hit.message,
            hit.hint or known[hit.rule].hint,
            hit.column,
        )
        for hit in set(hits)
    )
    return tuple(
        sorted(found, key=lambda each: (each.file, each.line or 0, each.column or 0, each))
    )


def _place(finding: Finding) -> tuple[str, int, int, str, str]:
    line, column = finding.line or 0, finding.column or 0
    return finding.file, line, column, finding.rule, finding.message
