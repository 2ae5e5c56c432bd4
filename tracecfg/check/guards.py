"""Rules of guards and options, for a tree that has the series: TC101 to TC112. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from tracecfg.check import names, notrace
from tracecfg.check.facts import Facts, Hit, Undone
from tracecfg.gate import (
    NEVER,
    All,
    Any,
    Equals,
    Gate,
    Not,
    Sym,
    all_of,
    any_of,
    negate,
    symbols,
)
from tracecfg.gatelogic import implies
from tracecfg.gatetext import from_kconfig
from tracecfg.kconfigtext import Entry
from tracecfg.kernel.source import SWITCH, Source
from tracecfg.model import Place
from tracecfg.series.core import (
    MARK,
    MENU_KCONFIG,
    SOURCES_TRACE,
    TRACE_KCONFIG,
    TRACEPOINT_H,
)
from tracecfg.series.steps import Kind, Step, token

_SOURCES_MENU = re.compile(rf'^[ \t]*source[ \t]+"?{re.escape(MENU_KCONFIG)}\b', re.MULTILINE)
_SHORT, _LONG = 2_000, 20_000
"""Lines between the first and the last change of a file."""


def hits(facts: Facts) -> Iterator[Hit]:
    """What is wrong with the options; of names alone where the tree has none."""
    yield from names.hits(facts)
    yield from notrace.hits(facts)
    if facts.undone is None:
        yield from _unsourced(facts)
        return
    menu = {entry.name: entry for entry in facts.kconfig.of_file(MENU_KCONFIG)}
    named = _named_options(facts)
    for each in facts.undone:
        yield from _undone(each, facts)
    yield from _unknown(facts)
    used = {symbol for places in named.values() for symbol in places}
    # of these the header is what is wrong, and has its own finding
    systems = _systems_meant(facts)
    for name, entry in menu.items():
        if name not in used and entry.prompt not in systems:
            yield Hit("TC102", entry.place, f"{name}: no trace header asks for it")
        yield from _never_on(entry, facts)
    yield from _always_on(menu, facts)
    yield from _shared(facts, named)


def _unsourced(facts: Facts) -> Iterator[Hit]:
    """The tree has the series' core, and no Kconfig file leads to the menu: one finding for all
    options."""
    core = facts.files.get(TRACEPOINT_H)
    texts = facts.kconfig.files.values()
    # a line that names a file which is not there is told as what cannot be read
    if core is None or MARK not in core.blanked or any(map(_SOURCES_MENU.search, texts)):
        return
    path = facts.kconfig.file_with(SOURCES_TRACE)
    text = facts.kconfig.files[path] if path else ""
    match = SOURCES_TRACE.search(text)
    line = text.count("\n", 0, match.end()) + 1 if match else 1
    yield Hit(
        "TC103",
        Place(path or TRACE_KCONFIG, line),
        f"no Kconfig file sources {MENU_KCONFIG}: no option is defined that a trace header asks "
        "for, and all of them are off",
        f'add here: source "{MENU_KCONFIG}"',
    )


def _systems_meant(facts: Facts) -> set[str]:
    """The names that headers give themselves, those that are no sound trace header as well."""
    return {
        definition[0]
        for source in facts.files.values()
        if "TRACE_SYSTEM" in source.text and (definition := source.definition("TRACE_SYSTEM"))
    }


def _named_options(facts: Facts) -> dict[str, dict[str, Place]]:
    """Of each trace header the symbols that it asks for, with the place."""
    found: dict[str, dict[str, Place]] = {}
    for decision in facts.plan.decisions:
        for path in decision.system.headers:
            source = facts.files[path]
            if "TRACE_OPTION_" in source.text:
                found[path] = {
                    match[1]: source.place(match.start())
                    for match in SWITCH.finditer(source.blanked)
                }
    return found


def _undone(each: Undone, facts: Facts) -> Iterator[Hit]:
    """Each change that the series would still make."""
    system, name = each.decision.system, each.option.name
    bare = [step for step in each.steps if step.kind is Kind.OPTION]
    for step in bare:
        source = facts.files[step.path]
        if f"TRACE_OPTION_{token(system)} " in source.blanked:
            # it is there, behind another trace header: only its place is wrong
            continue
        definition = source.definition("TRACE_SYSTEM")
        place = source.place(definition[1].start) if definition else Place(step.path, 1)
        yield Hit(
            "TC101",
            place,
            f"{system.name}: the trace header does not ask for {name}",
            f"tracecfg generate . {system.name} --in-place",
        )
    if len(bare) == len(system.headers):
        # a system that nobody has converted: one finding says it all
        return
    for step in each.steps:
        if step.kind in _RULES:
            rule, says = _RULES[step.kind]
            for line in _changed(step):
                text = says.format(system=system.name, option=f"CONFIG_{name}")
                yield Hit(rule, Place(step.path, line), text)
        elif step.kind is Kind.SELECT and step.select:
            config, _, place = step.select
            users = sorted(each.place for each in system.consumers if config in each.configs)
            if _depends(facts.kconfig.entries(config), name) or _own(each, config, users, facts):
                continue
            users = users or [place]
            message = (
                f"{config}: its code uses {system.name}'s tracepoints ({users[0]}) and it does"
            )
            yield Hit("TC108", place, f"{message} not select {name}", f"add: select {name}")


def _depends(entries: Iterable[Entry], option: str) -> bool:
    """Is a symbol off without the option anyway? Then it cannot fail silently."""
    asked = re.compile(rf"(?<![!\w]){option}\b(?!\s*!?=)")
    return any(
        word == "depends" and "||" not in rest and asked.search(rest)
        for entry in entries
        for word, rest, _ in entry.attributes
    )


def _own(each: Undone, config: str, users: Iterable[Place], facts: Facts) -> bool:
    """Is the symbol the subsystem's own, and do its probes watch itself? A select would leave
    nothing to choose."""
    gate = each.decision.gate.gate
    places = list(users)
    return (
        gate is not None
        and bool(places)
        and implies(gate, Sym(config))
        and all("register_trace_" in facts.files[at.file].line(at.line) for at in places)
    )


_RULES = {
    Kind.EXPORTS: ("TC106", "tracepoints of {system} are exported without #ifdef {option}"),
    Kind.ENABLED: (
        "TC107",
        "tracepoint_enabled() asks for a tracepoint of {system} without IS_ENABLED({option})",
    ),
    Kind.BLOCKS: (
        "TC109",
        "this code needs {system}'s tracepoints: #ifdef {option} is its condition",
    ),
    Kind.UNUSED: ("TC112", "only events of {system} call this function: unused without {option}"),
    Kind.REFUSES: (
        "TC108",
        "this write relies on probes of {system}, which cannot be registered without {option}",
    ),
}


def _changed(step: Step) -> Iterator[int]:
    """The lines, as the file has them, in front of which or in which something is changed; what
    only closes a block is no change of its own."""
    old, new = step.old.split("\n"), step.new.split("\n")
    head = _alike(old, new)
    tail = _alike(old[:head:-1], new[:head:-1])
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(old) > _LONG:
        yield head + 1
        return
    # lines that there are many of, as blank ones, would each be compared with each
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) > _SHORT)
    for kind, start, _, first, last in matcher.get_opcodes():
        if kind != "equal" and any(line.strip() != "#endif" for line in new[first:last]):
            yield head + start + 1


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines are the same from the first on."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _unknown(facts: Facts) -> Iterator[Hit]:
    """Symbols with the options' prefix that C code or a Kconfig file names and none defines."""
    name = re.compile(rf"\bCONFIG_({re.escape(facts.prefix)}\w+)")
    for source in facts.guarded:
        for match in name.finditer(source.blanked):
            symbol = match[1].removesuffix("_MODULE")
            if symbol not in facts.kconfig and match[1] not in facts.kconfig:
                yield _lacks(source, match)
    select = re.compile(
        rf"^[ \t]+(?:select|imply)[ \t]+({re.escape(facts.prefix)}\w+)", re.MULTILINE
    )
    for path, text in facts.kconfig.files.items():
        for match in select.finditer(text):
            if match[1] not in facts.kconfig:
                line = text.count("\n", 0, match.start()) + 1
                yield Hit("TC103", Place(path, line), f"no Kconfig file defines {match[1]}")


def _lacks(source: Source, match: re.Match[str]) -> Hit:
    place, column = source.place(match.start()), source.column(match.start())
    return Hit("TC103", place, f"no Kconfig file defines {match[1]}", column=column)


def _never_on(entry: Entry, facts: Facts) -> Iterator[Hit]:
    for word, rest, line in entry.attributes:
        if word != "depends":
            continue
        condition = rest.removeprefix("on ")
        gate = from_kconfig(condition)
        if gate is None:
            continue
        gone = sorted(name for name in symbols(gate) if name not in facts.kconfig)
        if implies(_without(gate, frozenset(gone)), NEVER):
            why = f"no Kconfig file defines {gone[0]}" if gone else "that cannot be met"
            place = Place(entry.place.file, line)
            yield Hit(
                "TC104",
                place,
                f"{entry.name} can never be on: it depends on {rest.removeprefix('on ')}, {why}",
            )


def _without(gate: Gate, gone: frozenset[str]) -> Gate:
    """With the symbols that nobody defines, which are n."""
    match gate:
        case Sym(name):
            return NEVER if name in gone else gate
        case Equals(name, value):
            return (
                negate(NEVER) if name in gone and value == "n" else NEVER if name in gone else gate
            )
        case Not(of):
            return negate(_without(of, gone))
        case All(of):
            return all_of(_without(part, gone) for part in of)
        case Any(of):
            return any_of(_without(part, gone) for part in of)
    return gate


def _always_on(menu: dict[str, Entry], facts: Facts) -> Iterator[Hit]:
    for config in sorted(facts.kconfig.with_tracing):
        for entry in facts.kconfig.entries(config):
            for word, rest, line in entry.attributes:
                target, *condition = (
                    rest.partition("#")[0].split()[:2] if word == "select" else [""]
                )
                if target in menu and not condition:
                    place = Place(entry.place.file, line)
                    message = f"{config}, which is on whenever tracing is, selects {target}"
                    yield Hit("TC105", place, message)
    for name, entry in menu.items():
        if entry.prompt is None:
            yield Hit("TC105", entry.place, f"{name} has no prompt: nobody can turn it off")


def _shared(facts: Facts, named: Mapping[str, Mapping[str, Place]]) -> Iterator[Hit]:
    """Headers of two subsystems that ask for one symbol."""
    owners: dict[str, str] = {}
    for decision in facts.plan.decisions:
        for path in decision.system.headers:
            for symbol, place in named.get(path, {}).items():
                owner = owners.setdefault(symbol, decision.system.name)
                if owner != decision.system.name:
                    message = f"{decision.system.name}: asks for {symbol}, as {owner} does"
                    yield Hit("TC110", place, message)
