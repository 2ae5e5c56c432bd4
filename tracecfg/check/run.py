"""The check command's work: read the tree, ask the rules, and sort what they find."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tracecfg import planning
from tracecfg.beside import beside
from tracecfg.check import applied, baseline, configs, guards, headers, ownfiles, since, waste
from tracecfg.check.abi import Abi, Changes
from tracecfg.check.facts import Facts, Hit, Undone
from tracecfg.check.judge import judge
from tracecfg.check.reread import folders_asked_for
from tracecfg.check.result import Result
from tracecfg.check.rule import Rule, matching, rules
from tracecfg.check.since import Since
from tracecfg.check.undone import undone
from tracecfg.errors import UnsupportedTreeError, UsageError
from tracecfg.kernel import callers
from tracecfg.kernel.compilerflags import flags
from tracecfg.kernel.kindex import read_index
from tracecfg.kernel.overlay import candidates
from tracecfg.kernel.search import Candidate, best_searcher, files_with, search
from tracecfg.kernel.source import Source
from tracecfg.kernel.tree import Tree, open_tree
from tracecfg.model import Finding, Place, Plan, Severity
from tracecfg.planning import Studied
from tracecfg.series.core import MENU_KCONFIG, SOURCES_TRACE
from tracecfg.series.generate import Series, generate
from tracecfg.series.includes import clobbering_includes
from tracecfg.templating import Templates

GROUPS: tuple[Callable[[Facts], Iterable[Hit]], ...] = (guards.hits, headers.hits, waste.hits)


ALWAYS = ("TC1", "TC2", "TC3", "TC9")
"""The rules that every check of a whole tree asks: what they do not find is not there."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user asked for; see `tracecfg check --help`.

    since: the revision that the branch is compared with, as far as they have in common
    configs, baseline, settings: where there are none, what the tree itself names
    only: ids, names and globs of rules
    limit: from which severity on the check fails
    """

    tree: Path
    configs: tuple[Path, ...] = ()
    series: Path | None = None
    since: str | None = None
    rules: Path | None = None
    prefix: str = "TRACING_"
    only: tuple[str, ...] = ()
    settings: Path | None = None
    baseline: Path | None = None
    update_baseline: bool = False
    limit: Severity = Severity.WARNING


def check(request: Request) -> Result:
    """Raises UsageError and TracecfgError."""
    update = request.update_baseline
    chosen = matching(request.only)
    if update and request.only:
        raise UsageError("--update-baseline: not of some rules alone", "leave out --only")
    if update and request.since is not None:
        raise UsageError("--update-baseline: not of what is new alone", "leave out --since")
    tree = open_tree(request.tree)
    settings = ownfiles.settings(tree, request.settings, request.tree)
    in_force = {name: rule for name, rule in settings.in_force(rules()).items() if name in chosen}
    asked = frozenset(name for name in in_force if name.startswith(ALWAYS))
    known = ownfiles.known_file(tree, request.baseline, settings.baseline, update=update)
    entries = known.entries() if known is not None and not update else ()
    request = replace(request, configs=request.configs or ownfiles.configs(tree, settings))
    found: Iterable[Candidate] = search(tree, best_searcher(tree), tolerant=True)
    branch = None if request.since is None else since.since(tree, request.since)
    if branch is not None:
        found = list(found)
        earlier = beside(partial(_earlier, request, branch, found, in_force, asked))
    facts = read(tree, found, rules_file=request.rules, prefix=request.prefix)
    _check_possible(request, facts)
    hits = [*_hits(facts), *_beside_the_tree(request, tree, facts)]
    changes = Changes()
    if branch is not None:
        were, before = earlier()
        changes = since.changes(tree, before, since.abi(tree, facts, branch, hits), branch)
        hits += changes.hits
    judged = judge(hits, in_force, _texts(tree, facts, {hit.place.file for hit in hits}), asked)
    if branch is not None:
        now = since.new(judged.findings, were, branch.base.renamed)
        judged = judged._replace(findings=now)
    split = baseline.split(judged.findings, entries)
    if known is not None and update:
        split = baseline.Split((), judged.findings, ())
    return Result(
        root=str(tree.root),
        version=tree.version,
        findings=split.new,
        known=split.known,
        gone=tuple(entry for entry in split.gone if entry.rule in asked and branch is None),
        off=judged.off,
        abi_summary=tuple(changes.summary),
        limit=request.limit,
        written=str(known.path) if known is not None and update else None,
    )


def _earlier(
    request: Request,
    branch: Since,
    found: Iterable[Candidate],
    in_force: Mapping[str, Rule],
    asked: Collection[str],
) -> tuple[tuple[Finding, ...], Abi]:
    """What was found, and what events there were, where the branch began."""
    tree = branch.before
    facts = read(tree, candidates(tree, found), rules_file=request.rules, prefix=request.prefix)
    request = replace(request, configs=configs.there(tree, request.configs))
    hits = [*_hits(facts), *_beside_the_tree(request, tree, facts)]
    texts = _texts(tree, facts, {hit.place.file for hit in hits})
    return judge(hits, in_force, texts, asked).findings, since.abi(tree, facts, branch, hits)


def _check_possible(request: Request, facts: Facts) -> None:
    if request.configs and facts.undone is None:
        raise UsageError(
            f"{request.tree}: no options for trace systems here: no {MENU_KCONFIG}",
            "--config wants a tree that has the series",
        )
    if request.series is not None and facts.undone is not None:
        raise UsageError(
            f"{request.tree}: has a series already",
            "--series wants the tree that the series is for",
        )


def _beside_the_tree(request: Request, tree: Tree, facts: Facts) -> Iterator[Hit]:
    """In files that the user named."""
    if facts.undone is not None:
        yield from configs.hits(tree, request.configs, request.prefix)
    elif request.series is not None:
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


def read(tree: Tree, found: Iterable[Candidate], *, rules_file: Path | None, prefix: str) -> Facts:
    """found: by search(). Raises as planning.study() does."""
    searcher = best_searcher(tree)
    problems: list[tuple[Place, str]] = []
    called = callers.start(tree, searcher)
    kconfig = read_index(tree, problems)
    studied = planning.study(tree, found, rules=rules_file, prefix=prefix, kconfig=kconfig)
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
        called=called(),
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
    # the rules follow #include lines that the scan had no use for
    for place, reason in facts.includes.problems:
        yield Hit("TC901", place, reason)


def _texts(tree: Tree, facts: Facts, hit: Collection[str]) -> Iterator[tuple[str, str]]:
    """The files in which comments may turn something off: all that was read, and the others that
    something was found in."""
    texts = {path: source.text for path, source in facts.files.items()}
    texts.update(facts.kconfig.files)
    yield from sorted(texts.items())
    for path in sorted(set(hit) - texts.keys()):
        if path.startswith("/"):
            # a comment in a file outside of the tree is not the tree's
            continue
        try:
            yield path, tree.read(path)
        except UnsupportedTreeError:
            continue
