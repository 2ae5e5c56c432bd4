"""What a branch changed or broke: a tree against the state that the branch started from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracecfg.check import typenames
from tracecfg.check.abi import Abi, Changes
from tracecfg.check.abi import changes as compared
from tracecfg.check.facts import Facts, Hit
from tracecfg.check.fingerprint import fingerprint
from tracecfg.errors import TracecfgError, UnsupportedTreeError
from tracecfg.kernel.fieldmacros import STAGES, TRACE_EVENTS_H
from tracecfg.kernel.gitbase import Base, base_of, shown
from tracecfg.kernel.overlay import Overlay, overlay
from tracecfg.kernel.shapes import macros_of_fields, shapes, words_that_matter
from tracecfg.kernel.tree import Tree
from tracecfg.kernel.users import TRACEPOINT_H
from tracecfg.model import EventKind, Finding


@dataclass(frozen=True, kw_only=True)
class Since:
    """before: the tree as it was
    words: what a trace header names that has to do with other files that differ; None when every
    trace header does
    """

    base: Base
    before: Overlay
    words: frozenset[str] | None


def since(tree: Tree, revision: str) -> Since:
    """Raises UsageError and TracecfgError."""
    base = base_of(tree, revision)
    try:
        before = overlay(tree, base)
        return Since(base=base, before=before, words=_words(tree, before))
    except UnsupportedTreeError as error:
        raise TracecfgError(f"{shown(revision)}: {error.message}", error.hint) from error


def _words(tree: Tree, before: Overlay) -> frozenset[str] | None:
    fields = macros_of_fields(tree)
    core = any(path.startswith(STAGES) for path in before.differs) or any(
        path in before.differs for path in (TRACE_EVENTS_H, TRACEPOINT_H)
    )
    if core and fields != macros_of_fields(before):
        return None
    texts = [
        (path, data.decode("utf-8", "surrogateescape"))
        for path, data in before.off_disk()
        if path.endswith(".h")
    ]
    for path in before.differs:
        if path.endswith(".h"):
            try:
                texts.append((path, tree.read(path)))
            except UnsupportedTreeError:
                continue
    return words_that_matter(texts, fields)


def abi(tree: Tree, facts: Facts, against: Since, hits: Iterable[Hit]) -> Abi:
    """The events of one state of the tree, as far as they can be others in the other one.

    hits: what was found in it
    """
    systems = {
        header: each.system.name for each in facts.plan.decisions for header in each.system.headers
    }
    headers = [header for header in sorted(systems) if _may_differ(facts, header, against)]
    names = frozenset(
        (each.system.name, event.name)
        for each in facts.plan.decisions
        for event in each.system.events
        if event.kind is not EventKind.TRACEPOINT
    )
    read = shapes(tree, facts.files, facts.includes, headers)
    broken = frozenset(hit.place.file for hit in hits if hit.rule == "TC901")
    texts = {header: facts.files[header].text for header in read}
    return Abi(
        shapes=read,
        texts=texts,
        systems=systems,
        names=names,
        prefix=facts.prefix,
        broken=broken,
    )


def changes(tree: Tree, before: Abi, after: Abi, against: Since) -> Changes:
    """What tools see of them."""
    names = typenames.asked_for(before.shapes.values(), after.shapes.values())
    meanings = typenames.meanings(tree, names, against.base.differs) if names else {}
    return compared(before, after, against.base.renamed, meanings)


def _may_differ(facts: Facts, header: str, against: Since) -> bool:
    if not against.before.on_disk(header) or against.words is None:
        return True
    text = facts.files[header].text
    return any(word in text for word in against.words)


def new(
    findings: Iterable[Finding], before: Iterable[Finding], renamed: Mapping[str, str]
) -> tuple[Finding, ...]:
    """The findings that were not there before: of equal ones as many as have come to it.

    renamed: new paths of files, by old ones
    """
    there = Counter(fingerprint(_moved(each, renamed)) for each in before)
    found = []
    for finding in findings:
        mark = fingerprint(finding)
        if there[mark]:
            there[mark] -= 1
        else:
            found.append(finding)
    return tuple(found)


def _moved(finding: Finding, renamed: Mapping[str, str]) -> Finding:
    message = finding.message
    for old, path in renamed.items():
        if old in message:
            whole = rf"(?<![\w/.-]){re.escape(old)}(?![\w/-])"
            message = re.sub(whole, path.replace("\\", r"\\"), message)
    return finding._replace(file=renamed.get(finding.file, finding.file), message=message)
