"""The rules of `check` as data: rules.toml, one table for each."""

from __future__ import annotations

import pkgutil
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from tracecfg.errors import UnknownNameError
from tracecfg.model import Severity
from tracecfg.nearest import nearest


class Rule(NamedTuple):
    """id: TC201; name: for reading, such as no-multi-read; title: one line
    what, why, mend: paragraphs; hint: one line for a finding that has no own
    """

    id: str
    name: str
    severity: Severity
    title: str
    what: str
    why: str
    mend: str
    hint: str


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its id, in order."""
    data = pkgutil.get_data("tracecfg.check", "rules.toml") or b""
    tables = tomllib.loads(data.decode())["rule"]
    found = (Rule(**{**table, "severity": Severity(table["severity"])}) for table in tables)
    return {rule.id: rule for rule in sorted(found)}


def named(text: str) -> Rule:
    """The rule of an id or a name. Raises UnknownNameError, with the nearest."""
    known = rules()
    by_name = {rule.name: rule for rule in known.values()}
    if rule := known.get(text.upper()) or by_name.get(text.lower()):
        return rule
    near = nearest(text, [*known, *by_name]) or [next(iter(known)), "..."]
    raise UnknownNameError(f"{text}: no rule of `check`", f"did you mean {', '.join(near)}?")
