"""NOTRACE that hits other subsystems: rule TC111.

What files include is read, where the scan has not, through the facts' `includes`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import chain

from tracecfg.check.facts import Facts, Hit
from tracecfg.kernel.source import Source


def hits(facts: Facts) -> Iterator[Hit]:
    """NOTRACE where a file includes trace headers of other subsystems directly: the one that
    defines it, if it is a header, or a .c file."""
    system_of = {
        path: decision.system.name
        for decision in facts.plan.decisions
        for path in decision.system.headers
    }
    for path, source in facts.files.items():
        if "NOTRACE" not in source.text or (found := source.definition("NOTRACE")) is None:
            continue
        behind = [each for each, _ in source.includes_behind(found[1].end)]
        users = ((each, each.includes) for each in _including(path, facts))
        for user, includes in chain([(source, behind)] if path.endswith(".h") else (), users):
            included = (facts.includes.resolve(user.path, each) for each in includes)
            names = {system_of[each.path] for each in included if each and each.path in system_of}
            others = sorted(names - {system_of.get(path)})
            if others and (len(others) > 1 or path in system_of or user.path.endswith(".h")):
                message = f"NOTRACE turns off tracepoints of {', '.join(others)} in {user.path}"
                yield Hit("TC111", source.place(found[1].start), message)
                break


def _including(path: str, facts: Facts) -> Iterator[Source]:
    """A .c file itself, or those that include a header."""
    if path.endswith(".c"):
        yield facts.files[path]
        return
    name = posixpath.basename(path)
    for other in facts.files.values():
        if other.path.endswith(".c") and name in other.text:
            targets = (facts.includes.resolve(other.path, each) for each in other.includes)
            if any(each and each.path == path for each in targets):
                yield other
