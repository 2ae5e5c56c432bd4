"""A result as text and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tracecfg.config.result import Because, Change, Outcome, Proposal, Result
from tracecfg.errors import escaped, number
from tracecfg.model import Place

_SHOWN = 10
"""Names of a list that is not the answer; --json has all."""


def to_text(result: Result, target: str, *, dry_run: bool) -> str:
    """What took effect and what did not and why, then the changes. target: the file to write"""
    named = {
        option
        for term in result.choice.terms
        for option in term.options
        if term.is_name or term in result.failed
    }
    lines = [
        line
        for outcome in result.outcomes
        if outcome.option in named or outcome.forced_by
        for line in _outcome(outcome)
    ]
    lines += [_count(result)] if len(result.outcomes) > len(named) else []
    lines += _proposals(result.proposals)
    lines += [*_changes(result.changes), *_assumed(result)]
    if result.failed:
        names = ", ".join(term.text for term in result.failed)
        lines.append(f"nothing is written, for want of {names}")
    else:
        lines.append(f"{'would write' if dry_run else 'wrote'} {target}")
    return "\n".join(lines)


def _outcome(outcome: Outcome) -> list[str]:
    option, wanted = outcome.option, "on" if outcome.wanted == "y" else "off"
    head = f"{option.subsystem} ({option.name})"
    if outcome.took_effect:
        lines = [f"{head}: {wanted}"]
        if outcome.needed:
            lines.append(f"  needs {', '.join(map(str, outcome.needed))}: turned on")
        return lines
    lines = [f"{head}: not {wanted}"]
    lines += [f"  {obstacle}" for obstacle in outcome.obstacles]
    lines += [f"  {each.name} ({each.place}) selects it" for each in outcome.forced_by]
    return lines


def _count(result: Result) -> str:
    on = sum(outcome.value == "y" for outcome in result.outcomes)
    return f"{number(len(result.outcomes), 'option')}: {on} on, {len(result.outcomes) - on} off"


def _proposals(proposals: Iterable[Proposal]) -> Iterator[str]:
    """One for all options that go together."""
    together: dict[tuple[str, ...], list[Proposal]] = {}
    for each in proposals:
        key = (each.release.blocked, *each.release.values)
        together.setdefault(key, []).append(each)
    for (blocked, *names), group in together.items():
        options = {each.option.name for each in group}
        head = "to turn off " + ", ".join(each.option.subsystem for each in group)
        lines = " ".join(f"CONFIG_{name}=n" for name in names)
        yield f"{head}: {blocked or f'{lines} in the base'}"
        also = [
            change
            for change in group[0].changes
            if change.because is Because.FOLLOWS and change.symbol not in options
        ]
        if also:
            yield f"  {number(len(also), 'symbol')} more would change: {_names(also)}"


def _names(changes: Iterable[Change]) -> str:
    names = [each.symbol for each in changes]
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def _changes(changes: tuple[Change, ...]) -> list[str]:
    """As scripts/diffconfig shows them."""
    ours = [each for each in changes if each.because is not Because.OLDDEFCONFIG]
    theirs = [each for each in changes if each.because is Because.OLDDEFCONFIG]
    if not changes:
        return ["nothing changes"]
    lines = list(map(_change, ours))
    if theirs:
        lines.append(f"`make olddefconfig` changes {len(theirs)} anyway: {_names(theirs)}")
    return lines


def _change(change: Change) -> str:
    why = "" if change.because is Because.ASKED else f"  ({change.because})"
    # a text may be anything that somebody put into a .config
    old, new = (None if value is None else escaped(value) for value in (change.old, change.new))
    if old is None:
        return f"+{change.symbol} {new}{why}"
    if new is None:
        return f"-{change.symbol} {old}{why}"
    return f" {change.symbol} {old} -> {new}{why}"


def _assumed(result: Result) -> list[str]:
    if not result.assumed:
        return []
    guessed = [each.symbol for each in result.assumed if not each.from_base]
    kept = len(result.assumed) - len(guessed)
    lines = [f"no toolchain was asked (--toolchain gcc asks yours): {kept} of its answers "
             "stand as the base has them"]  # fmt: skip
    if guessed:
        lines.append(f"assumed, as of GCC 12.2 and binutils 2.40: {', '.join(guessed)}")
    return lines


def to_json(result: Result, *, written: str | None) -> dict[str, Any]:
    """The object of `config --json`, schema tracecfg.config/1. written: the file, None for none"""
    return {
        "schema": "tracecfg.config/1",
        "tree": result.tree,
        "version": result.version,
        "arch": result.arch,
        "base": result.base,
        "written": written,
        "subsystems": [_outcome_json(outcome) for outcome in result.outcomes],
        "without_effect": [term.text for term in result.failed],
        "changes": list(map(_change_json, result.changes)),
        "minimize": [
            {
                "name": each.option.subsystem,
                "option": each.option.name,
                "turn_off": list(each.release.values),
                "blocked": each.release.blocked or None,
                "changes": list(map(_change_json, each.changes)),
            }
            for each in result.proposals
        ],
        "assumed": [each._asdict() for each in result.assumed],
        "notes": list(result.notes),
    }


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.option.subsystem,
        "option": outcome.option.name,
        **_place(outcome.option.place),
        "wanted": outcome.wanted,
        "value": outcome.value,
        "took_effect": outcome.took_effect,
        "needed": [{"symbol": step.name, **_place(step.place)} for step in outcome.needed],
        "unmet": [
            {
                "way": [{"symbol": step.name, **_place(step.place)} for step in each.way],
                "reason": each.says,
            }
            for each in outcome.obstacles
        ],
        "selected_by": [{"symbol": each.name, **_place(each.place)} for each in outcome.forced_by],
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {**change._asdict(), "because": change.because.value}


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line}
