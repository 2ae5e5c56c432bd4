"""Trace headers of one include guard that one file includes: rule TC210.

What such a file includes is read, where the scan has not, through the facts' `includes`.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from tracecfg.check.blocks import Guard, blocks, guards
from tracecfg.check.facts import Facts, Hit
from tracecfg.kernel.source import Source


def hits(facts: Facts) -> Iterator[Hit]:
    """One for each header whose guard one before it, by path, has taken."""
    by_name: defaultdict[str, list[tuple[Source, Guard]]] = defaultdict(list)
    for decision in facts.plan.decisions:
        for path in decision.system.headers:
            header = facts.files[path]
            for guard in guards(header.directives, blocks(header.directives).closed):
                # what is shared on purpose is a block of its own, which keeps out every reading
                if guard.rereads:
                    by_name[guard.name].append((header, guard))
    for name, found in by_name.items():
        among = {header.path: (header, guard) for header, guard in found}
        if len(among) < 2:
            continue
        told: set[str] = set()
        for user in _near(facts, among):
            first, *others = _included(facts, user, name, among) or [""]
            for path in others:
                if path in told:
                    continue
                told.add(path)
                header, guard = among[path]
                yield Hit(
                    "TC210",
                    header.place(guard.block.opening.start),
                    f"the include guard {name} is that of {first}, too, and {user.path} includes "
                    "both",
                    "",
                    1,
                )


def _near(facts: Facts, headers: Collection[str]) -> Iterator[Source]:
    """The .c files that may include several: those beside one or below, when none lies where
    everybody looks."""
    names = {posixpath.basename(path) for path in headers}
    folders = tuple(f"{posixpath.dirname(path)}/" for path in headers)
    everywhere = any(path.startswith("include/") for path in headers)
    for path, source in facts.files.items():
        may = path.endswith(".c") and (everywhere or path.startswith(folders))
        if may and sum(map(source.text.count, names)) > 1:
            yield source


def _included(facts: Facts, user: Source, guard: str, headers: Collection[str]) -> Sequence[str]:
    """The headers that a file includes under no condition, in the order of their paths."""
    found = set()
    for each in user.directives:
        if each.word == "undef" and each.rest == guard:
            return []
        if each.word == "include":
            target = facts.includes.resolve(user.path, each.rest)
            if target and target.path in headers and not user.arms_at(each.start):
                found.add(target.path)
    return sorted(found) if len(found) > 1 else []
