"""From names and globs to the options they mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol, TypeVar

from tracecfg.errors import UnknownNameError, UsageError, escaped, shortened
from tracecfg.model import Place
from tracecfg.nearest import nearest
from tracecfg.selection import parse


class Switch(Protocol):
    """An option and the trace system that it turns on and off."""

    @property
    def name(self) -> str: ...

    @property
    def subsystem(self) -> str: ...


_Switch = TypeVar("_Switch", bound=Switch)


class Option(NamedTuple):
    """The option of a trace system, as the series gave it: its prompt is the system's name.

    place: its entry
    """

    name: str
    subsystem: str
    place: Place


class Term(NamedTuple):
    """What the user wrote and the options it means, all to be turned on or all off.

    is_name: it is one subsystem by name: what its option needs is asked for as well
    """

    text: str
    options: tuple[Option, ...]
    on: bool
    is_name: bool


class Choice(NamedTuple):
    """values: each option that is to be set -> y or n"""

    terms: tuple[Term, ...]
    values: Mapping[str, str]


def choose(
    options: Sequence[Option],
    *,
    only: Sequence[str],
    enable: Sequence[str],
    disable: Sequence[str],
    without: Sequence[str] = (),
) -> Choice:
    """only: these on and all others off; enable, disable: these, and the others stay
    without: not these of `only`

    Raises UnknownNameError, with the nearest names, for one that matches nothing, and UsageError
    for an option that is to be both on and off.
    """
    left_out = {each for text in without for each in options if fnmatchcase(each.subsystem, text)}
    terms = [_term(options, text, on=True) for text in (*only, *enable)]
    terms = [
        term._replace(options=kept)
        for term in terms
        if (kept := tuple(each for each in term.options if each not in left_out))
    ]
    terms += [_term(options, text, on=False) for text in disable]
    values = {option.name: "n" for option in options} if only else {}
    on = {option.name for term in terms if term.on for option in term.options}
    for term in terms:
        for option in term.options:
            if not term.on and option.name in on:
                raise UsageError(
                    f"{option.subsystem}: to be on and to be off", "name it in one of the lists"
                )
            values[option.name] = "y" if term.on else "n"
    return Choice(tuple(terms), values)


def subsystems_of(events: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names and globs of the subsystems that a profile's events belong to, and of those that
    it leaves out.

    A single event that is left out stays in the kernel: its subsystem has one option for all.
    Raises UsageError for a term that does not say which subsystem is meant.
    """
    wanted, left_out = [], []
    for term in parse(events):
        if term.module:
            raise UsageError(
                f"{term.text}: which subsystems these are only the kernel that runs knows",
                "a profile for `config` names them",
            )
        if term.exclude:
            left_out += [term.system] if term.event == "*" else []
        elif term.system == "*" and term.event != "*":
            raise UsageError(
                f"{term.text}: the event's subsystem is not named", "write subsystem:event"
            )
        else:
            wanted.append(term.system)
    return tuple(dict.fromkeys(wanted)), tuple(left_out)


def meant(text: str, options: Sequence[_Switch]) -> tuple[tuple[_Switch, ...], bool]:
    """What a subsystem's or an option's name means, or a glob; and whether it is a name."""
    symbol = text.removeprefix("CONFIG_")
    named = tuple(option for option in options if text == option.subsystem or symbol == option.name)
    matching = (option for option in options if fnmatchcase(option.subsystem, text))
    return named or tuple(matching), bool(named)


def _term(options: Sequence[Option], text: str, *, on: bool) -> Term:
    matching, is_name = meant(text, options)
    if not matching:
        near = nearest(text, [option.subsystem for option in options])
        raise UnknownNameError(
            f"{shortened(escaped(text))}: this tree has no option for such a subsystem",
            f"did you mean {', '.join(near)}?" if near else "`tracecfg scan` lists them",
        )
    return Term(text, matching, on, is_name)
