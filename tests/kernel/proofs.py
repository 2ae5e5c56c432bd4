"""The proofs that a converted tree is right, each on as many objects as it is asked for."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.kernel.breadth import (
    ARCH,
    ASIDE,
    SYMBOL,
    Built,
    Folder,
    Includes,
    Recipes,
    compile_all,
    recipes,
)
from tests.kernel.lab.cache import cached
from tests.kernel.lab.trees import content, git

SEED = int(os.environ.get("TRACECFG_SEED") or random.SystemRandom().randrange(1 << 30))


@dataclass(kw_only=True)
class Totals:
    """counts: what was looked at; problems: what must not be, one line each; notes: what must
    be known to judge the rest"""

    name: str
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"== {self.name}: {'FAILED' if self.problems else 'ok'}, seed {SEED}"]
        lines += [f"{count:7} {what}" for what, count in self.counts.items()]
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines + [f"  PROBLEM: {problem}" for problem in self.problems])


@dataclass(frozen=True, kw_only=True)
class Systems:
    """What `tracecfg scan` says of a tree.

    options: option -> systems that it governs; where we add none, the switch they have
    owners: (event, class or system, its name as it stands in symbols) -> systems
    """

    options: Mapping[str, set[str]]
    owners: Mapping[tuple[str, str], set[str]]

    def systems_of(self, symbol: str) -> set[str]:
        match = SYMBOL.match(symbol)
        assert match
        assert match.lastgroup
        kind = {"call": "event", "bpf": "event"}.get(match.lastgroup, match.lastgroup)
        return self.owners.get((kind, match[match.lastgroup]), set())

    def strays(self, symbols: Collection[str], on: set[str]) -> set[str]:
        """The symbols of no system that is on: those of systems off, and those of none at all."""
        return {symbol for symbol in symbols if not self.systems_of(symbol) & on}

    def on(self, enabled: set[str]) -> set[str]:
        """The systems that a configuration has; one without any option always is."""
        optional = set().union(*self.options.values())
        always = set().union(*self.owners.values()) - optional
        return always.union(*(self.options[x] for x in self.options.keys() & enabled))


def scan(tree: Path) -> Systems:
    found = json.loads(tracecfg("scan", str(tree), "--json").stdout)
    options = defaultdict(set)
    owners = defaultdict(set)
    for system in found["subsystems"]:
        name = system["name"]
        owners["system", re.sub(r"\W", "_", name)].add(name)
        for event in system["events"]:
            owners["event", event["name"]].add(name)
            for group in {event["name"], event["class"] or event["name"]}:
                owners["class", group].add(name)
        # an own switch beside ours stays as it is: ours alone must do
        option = system["own_option"] if system["skipped"] else system["option"]
        if option:
            options[option.removeprefix("CONFIG_")].add(name)
    return Systems(options=options, owners=owners)


def tracecfg(*arguments: str, ok: Collection[int] = (0,)) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tracecfg", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in ok:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stderr[-2000:]}")
    return done


@dataclass(frozen=True, kw_only=True)
class Lab:
    """The two trees and what all proofs need to know of them.

    reaching: .c files that include a trace header
    consumers: option -> Kconfig symbols that select it
    """

    base: Path
    converted: Path
    systems: Systems
    includes: Includes
    reaching: set[str]
    consumers: Mapping[str, set[str]]

    @classmethod
    def of(cls, base: Path, converted: Path) -> Lab:
        includes = Includes(base)
        return cls(
            base=base,
            converted=converted,
            systems=scan(base),
            includes=includes,
            reaching=includes.reaching(includes.trace_headers),
            consumers=selectors(converted),
        )

    def folder(self, name: str, tree: Path, values: Mapping[str, str]) -> Folder:
        """A configured folder, kept between runs."""

        def configure(out: Path) -> None:
            Folder(tree=tree, out=out).configure(values)

        key = f"{content(tree)} {tree} {ASIDE} {sorted(values.items())}"
        return Folder(tree=tree, out=cached(f"breadth-{name}", key, configure))

    def quiet(self) -> dict[str, str]:
        """Values that turn off every feature that selects an option of ours."""
        off = set().union(*(self.consumers.get(x, set()) for x in self.systems.options))
        # and the tracers that select such a feature; a driver that does is worth more than it
        tracers = selectors(self.converted / "kernel/trace")
        todo = list(off)
        while todo:
            new = tracers.get(todo.pop(), set()) - off
            off |= new
            todo += new
        return dict.fromkeys(off, "n")

    def all_off(self) -> dict[str, str]:
        return self.quiet() | dict.fromkeys(self.systems.options, "n")

    def built(self, commands: Recipes, count: int | None) -> list[str]:
        """A seeded choice of the reaching files that a configuration builds."""
        here = sorted(self.reaching & commands.keys())
        return here if count is None else sorted(random.Random(SEED).sample(here, count))


def selectors(tree: Path) -> Mapping[str, set[str]]:
    """Kconfig symbol -> the symbols whose entries select it, on our architecture."""
    found = defaultdict(set)
    foreign = re.compile(rf"arch/(?!{ARCH}/)\w+/")
    for path in tree.rglob("Kconfig*"):
        if path.is_file() and not foreign.match(str(path.relative_to(tree))):
            owner = ""
            for line in path.read_text(errors="replace").splitlines():
                if match := re.match(r"\s*(?:menu)?config\s+(\w+)\s*$", line):
                    owner = match[1]
                elif match := re.match(r"\s+select\s+(\w+)", line):
                    found[match[1]].add(owner)
    return found


def prove_off(lab: Lab, count: int | None = None) -> Totals:
    """With every option off the objects compile, warn no more than they did, and hold no
    tracepoint."""
    totals = Totals(name="every option off")
    off = lab.folder("off", lab.converted, lab.all_off())
    reference = lab.folder("quiet", lab.base, lab.quiet())
    commands = recipes(reference)
    sources = lab.built(commands, count)
    built = compile_all(off, commands, sources)
    enabled = off.enabled()
    on = lab.systems.on(enabled)
    totals.notes.append(f"off too, for they select an option: {' '.join(sorted(lab.quiet()))}")
    for option in sorted(lab.systems.options.keys() & enabled):
        by = sorted(lab.consumers.get(option, set()) & enabled)
        totals.notes.append(f"{option} stays on, selected by {' '.join(by) or 'nobody: a bug'}")
        if not by:
            totals.problems.append(f"{option} cannot be turned off")
    references = {s: lab.systems.strays(x.symbols, on) for s, x in built.items()}
    totals.problems += [f"{s}: {' '.join(sorted(x))}" for s, x in references.items() if x]
    loud = [source for source, x in built.items() if x.messages]
    judge(totals, built, compile_all(reference, commands, loud))
    not_here = lab.reaching - commands.keys()
    foreign = {x for x in not_here if re.match(rf"arch/(?!{ARCH}/)", x)}
    totals.counts |= {
        "files reach a trace header": len(lab.reaching),
        "of them belong to other architectures": len(foreign),
        "more are not built by this configuration": len(not_here - foreign),
        "objects with a symbol of a system that is off": sum(map(bool, references.values())),
        "systems that are off": len(set().union(*lab.systems.owners.values()) - on),
    }
    totals.notes += [f"not built here: {x}" for x in sorted(not_here)] if count is None else []
    return totals


def judge(totals: Totals, built: Mapping[str, Built], unpatched: Mapping[str, Built]) -> None:
    """Count what was compiled; a message that the unpatched object does not give is a problem."""
    for source, result in sorted(built.items()):
        old = unpatched[source].messages if source in unpatched else frozenset()
        totals.problems += [f"{source}: {text}" for text in sorted(result.messages - old)]
        if not result.ok and (source not in unpatched or unpatched[source].ok):
            totals.problems.append(f"{source}: does not compile")
    failed = {source for source, result in built.items() if not result.ok}
    totals.notes += [f"{x}: fails unpatched too" for x in sorted(failed) if not unpatched[x].ok]
    totals.counts |= {
        "objects compiled": len(built) - len(failed),
        "objects failed": len(failed),
        "objects with messages": sum(1 for x in built.values() if x.messages),
    }


def prove_halves(lab: Lab, count: int) -> Totals:
    """Two random halves of the options share no tracepoint and together have all of them."""
    totals = Totals(name="random halves")
    options = sorted(lab.systems.options)
    a = set(random.Random(SEED).sample(options, len(options) // 2))
    whole = lab.folder("quiet", lab.base, lab.quiet())
    commands = recipes(whole)
    sources = lab.built(commands, count)
    unpatched = compile_all(whole, commands, sources)
    halves = []
    for name, chosen in (("half-a", a), ("half-b", set(options) - a)):
        values = {x: "y" if x in chosen else "n" for x in options}
        folder = lab.folder(name, lab.converted, lab.quiet() | values)
        built = compile_all(folder, commands, sources)
        part = Totals(name=name)
        judge(part, built, unpatched)
        on = lab.systems.on(folder.enabled())
        halves.append((built, on))
        totals.problems += [f"{name}: {x}" for x in part.problems]
        totals.counts |= {f"{name}: {what}": n for what, n in part.counts.items()}
    (built_a, on_a), (built_b, on_b) = halves
    for source in sources:
        one, two = built_a[source].symbols, built_b[source].symbols
        for wrong, what in (
            ((one | two) ^ unpatched[source].symbols, "not the unpatched symbols"),
            (lab.systems.strays(one & two, on_a & on_b), "in both halves"),
        ):
            if wrong:
                totals.problems.append(f"{source}: {what}: {' '.join(sorted(wrong))}")
    totals.counts["tracepoint symbols"] = sum(len(x.symbols) for x in unpatched.values())
    return totals


def prove_choices(lab: Lab, count: int) -> Totals:
    """Kconfig accepts random choices of our options silently: half of them on the wide
    configuration, half with everything else random too."""
    totals = Totals(name="random choices", counts={"choices": count})
    wide = lab.folder("wide", lab.base, {}).out / ".config"
    ours = re.compile(rf"\b(?:{'|'.join(lab.systems.options)})\b")

    def worker(numbers: Iterable[int]) -> list[str]:
        with tempfile.TemporaryDirectory(prefix="choices-") as out:
            folder = Folder(tree=lab.converted, out=Path(out))
            return [text for number in numbers for text in one(folder, number)]

    def one(folder: Folder, number: int) -> list[str]:
        chance = random.Random(f"{SEED} {number}")
        values = {x: chance.choice("yn") for x in sorted(lab.systems.options)}
        said = ""
        if number % 2:
            # without these three a random configuration hardly ever has tracepoints
            (folder.out / "all").write_text("CONFIG_64BIT=y\nCONFIG_FTRACE=y\nCONFIG_NET=y\n")
            extra = {"KCONFIG_ALLCONFIG": str(folder.out / "all")}
            said = folder.make("randconfig", KCONFIG_SEED=str(chance.getrandbits(31)), **extra)
        else:
            shutil.copy(wide, folder.out / ".config")
        blocks = re.split(r"\n(?=\S)", said + folder.change(values))
        # what random values of other people's options make Kconfig say is theirs to mend
        warnings = [x for x in blocks if re.search(r"warning|recursive|error", x, re.IGNORECASE)]
        return [f"choice {number}: {x}" for x in warnings if number % 2 == 0 or ours.search(x)]

    with ThreadPoolExecutor() as pool:
        jobs = os.cpu_count() or 1
        for found in pool.map(worker, (range(start, count, jobs) for start in range(jobs))):
            totals.problems += found
    return totals


def prove_alone(lab: Lab, count: int) -> Totals:
    """After each of some patches of the series, the objects that it touches build."""
    totals = Totals(name="each patch stands alone")
    wide = lab.folder("wide", lab.base, {})
    commands = recipes(wide)
    base = git(lab.base, "rev-parse", "HEAD").strip()
    commits = git(lab.converted, "rev-list", "--reverse", f"{base}..HEAD").split()
    totals.counts["patches in the series"] = len(commits)
    chosen = sorted(random.Random(SEED).sample(range(len(commits)), min(count, len(commits))))
    built: dict[str, Built] = {}
    with tempfile.TemporaryDirectory(prefix="alone-") as scratch:
        folder = Folder(tree=Path(scratch) / "tree", out=Path(scratch) / "out")
        git(Path(scratch), "clone", "--quiet", "--shared", str(lab.converted), str(folder.tree))
        for number in chosen:
            git(folder.tree, "checkout", "--quiet", commits[number])
            subject = git(folder.tree, "log", "-1", "--format=%s").strip()
            folder.configure({})
            sources = touched(lab, folder.tree, commands)
            results = compile_all(folder, commands, sources)
            totals.notes.append(f"patch {number + 1}, {subject}: {len(sources)} objects")
            part = Totals(name=subject)
            loud = [x for x in sources if results[x].messages]
            judge(part, results, compile_all(wide, commands, loud))
            totals.problems += [f"patch {number + 1}: {x}" for x in part.problems]
            built |= {f"{number} {source}": result for source, result in results.items()}
    totals.counts["patches tried"] = len(chosen)
    totals.counts["objects compiled"] = sum(1 for x in built.values() if x.ok)
    return totals


def touched(lab: Lab, tree: Path, commands: Recipes) -> list[str]:
    """Files that are compiled because of the last commit: its own, and five for each header."""
    files = git(tree, "show", "--format=", "--name-only", "HEAD").split()
    found = {path for path in files if path in commands}
    for header in (path for path in files if path.endswith(".h")):
        users = sorted(lab.includes.reaching([header]) & commands.keys())
        found |= set(random.Random(f"{SEED} {header}").sample(users, min(5, len(users))))
    return sorted(found)
