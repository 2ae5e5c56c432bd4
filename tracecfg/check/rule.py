"""The rules of `check` as data: rules.toml, one table for each."""

from __future__ import annotations

import pkgutil
import tomllib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import NamedTuple

from tracecfg.errors import USAGE, UnknownNameError, escaped, shortened
from tracecfg.model import Severity
from tracecfg.nearest import nearest


class UnknownRuleError(UnknownNameError):
    """A rule that does not exist. Findings have the exit code of other unknown names."""

    exit_code = USAGE


class Rule(NamedTuple):
    """id: TC201; name: for reading, such as no-multi-read; title: one line
    what, why, mend: paragraphs; hint: one line for a finding that has no own
    comment: that turns it off, where one can stand
    """

    id: str
    name: str
    severity: Severity
    title: str
    what: str
    why: str
    mend: str
    hint: str
    comment: str = "/* tracecfg: off {id} the reason */ on the line or the one above"


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its id, in order."""
    data = pkgutil.get_data("tracecfg.check", "rules.toml") or b""
    tables = tomllib.loads(data.decode())["rule"]
    found = sorted(Rule(**{**table, "severity": Severity(table["severity"])}) for table in tables)
    return {rule.id: rule._replace(comment=rule.comment.format(id=rule.id)) for rule in found}


@cache
def _by_name() -> Mapping[str, Rule]:
    return {rule.name: rule for rule in rules().values()}


def find(text: str) -> Rule | None:
    """The rule of an id or a name."""
    return rules().get(text.upper()) or _by_name().get(text.lower())


def named(text: str) -> Rule:
    """As find(). Raises UnknownRuleError, with the nearest."""
    if rule := find(text):
        return rule
    near = nearest(text, [*rules(), *_by_name()])
    raise UnknownRuleError(
        f"{escaped(shortened(text))}: no rule of `check`",
        f"did you mean {', '.join(near)}?" if near else "`tracecfg check --explain all` lists them",
    )


def matching(wanted: Sequence[str]) -> frozenset[str]:
    """The ids of the rules that ids, names and globs of either mean; of all for none.

    Raises UnknownRuleError, with the nearest, for what matches nothing.
    """
    found: set[str] = set()
    for each in wanted:
        among = {
            rule.id
            for rule in rules().values()
            if fnmatchcase(rule.id, each.upper()) or fnmatchcase(rule.name, each.lower())
        }
        found |= among or {named(each).id}
    return frozenset(found if wanted else rules())
