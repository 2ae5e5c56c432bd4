"""The events that `check` says nobody calls, against the compiler: no object calls them."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tests.kernel.breadth import Includes, compile_all, recipes
from tests.kernel.proofs import SEED, Lab, Systems, Totals
from tracecfg.check import run, waste
from tracecfg.kernel.search import best_searcher, search
from tracecfg.kernel.tree import open_tree

_EVENT = re.compile(r"(?:event|tracepoint) \S+?:(\w+)")


def lab_of(base: Path) -> Lab:
    """What this proof needs of the lab, which is less than the others need."""
    nothing = Systems(options={}, owners={})
    return Lab(
        base=base,
        converted=base,
        systems=nothing,
        includes=Includes(base),
        reaching=set(),
        consumers={},
    )


def never_called(tree: Path) -> tuple[Mapping[str, set[str]], Mapping[str, set[str]]]:
    """The events of a tree's trace headers by header, and those of them that are reported."""
    kernel = open_tree(tree)
    found = search(kernel, best_searcher(kernel))
    facts = run.read(kernel, found, rules_file=None, prefix="TRACING_")
    events: dict[str, set[str]] = defaultdict(set)
    reported: dict[str, set[str]] = defaultdict(set)
    for decision in facts.plan.decisions:
        for event in decision.system.events:
            events[event.place.file].add(event.name)
    for hit in waste.hits(facts):
        if named := _EVENT.match(hit.message):
            reported[hit.place.file].add(named[1])
    return events, reported


def prove_waste(lab: Lab, count: int | None = None) -> Totals:
    """Compile all that includes some headers with reported events, `count` objects at most: none
    calls one of these."""
    totals = Totals(name="events never called")
    events, reported = never_called(lab.base)
    folder = lab.folder("wide", lab.base, {})
    commands = recipes(folder)
    reaching = {header: lab.includes.reaching([header]) & commands.keys() for header in reported}
    chosen, sources = [], set[str]()
    for header in random.Random(SEED).sample(sorted(reported), len(reported)):
        more = sources | reaching[header]
        if reaching[header] and (count is None or len(more) <= count):
            chosen.append(header)
            sources = more
    built = compile_all(folder, commands, sources)
    failed = {source for source, made in built.items() if not made.ok}
    whole = [header for header in sorted(chosen) if failed.isdisjoint(reaching[header])]
    broken = sorted(set(chosen) - set(whole))
    totals.notes += [f"{header}: not all that include it compile" for header in broken]
    quiet = defined = called_events = 0
    for header in whole:
        called: set[str] = set().union(*(built[x].called for x in reaching[header]))
        symbols: set[str] = set().union(*(built[x].symbols for x in reaching[header]))
        there = {x for x in events[header] if f"__tracepoint_{x}" in symbols}
        totals.problems += [f"{header}: {x} is called" for x in sorted(reported[header] & called)]
        defined += len(reported[header] & there)
        called_events += len(events[header] & called)
        silent = sorted(there - called - reported[header])
        quiet += len(silent)
        if silent:
            totals.notes.append(f"{header}: not called in this configuration: {' '.join(silent)}")
    totals.counts |= {
        "objects compiled": len(built) - len(failed),
        "objects failed": len(failed),
        "headers": len(whole),
        "reported events in them": defined,
        "events that objects call": called_events,
        "events not called in this configuration, and not reported": quiet,
    }
    return totals
