"""Random selections over the converted tree: what `config` writes is what the kernel's own conf
makes of it, and what it says is so."""

from __future__ import annotations

import lzma
import os
import random
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.kernel.lab.build import TINY, configure
from tests.kernel.lab.cache import missing
from tests.kernel.lab.conf import Conf
from tests.kernel.proofs import SEED, Totals
from tracecfg.config import run
from tracecfg.config.base import values_of
from tracecfg.config.result import Because, Result

DEBIAN = Path("/usr/src/linux-config-6.12/config.amd64_none_amd64.xz")


def bases(converted: Path, out: Path) -> Mapping[str, Path]:
    """The three configurations that are chosen on: tiny, x86_64's defconfig and Debian's own."""
    if not DEBIAN.is_file():
        missing(f"{DEBIAN}: apt-get install linux-config-6.12")
    tiny = out / "tiny"
    tiny.mkdir()
    configure(converted, tiny, [TINY])
    debian = out / "debian.config"
    debian.write_bytes(lzma.decompress(DEBIAN.read_bytes()))
    conf = Conf(converted, "x86", out / "given")
    conf.out.mkdir()
    defconfig = conf.given("x86_64_defconfig")
    return {"tiny": tiny / ".config", "defconfig": defconfig, "debian": debian}


def request(tree: Path, base: Path) -> run.Request:
    return run.Request(
        tree=tree, base=base, toolchain="gcc", arch=None, minimize=False,
        only=(), enable=(), disable=(), profile=None, profiles=None,
    )  # fmt: skip


def prove_config(converted: Path, start: Mapping[str, Path], count: int, scratch: Path) -> Totals:
    """As many selections, the bases in turn. scratch: an empty folder"""
    totals = Totals(name="config", counts={"selections": count})
    every = replace(request(converted, start["tiny"]), enable=("*",), toolchain=None)
    first = run.configure(every)
    subsystems = [outcome.option.subsystem for outcome in first.outcomes]

    def worker(numbers: Iterable[int], out: Path) -> list[tuple[str, Result, list[str]]]:
        out.mkdir()
        conf = Conf(converted, "x86", out)
        return [one(conf, number) for number in numbers]

    def one(conf: Conf, number: int) -> tuple[str, Result, list[str]]:
        chance = random.Random(f"{SEED} {number}")
        name = list(start)[number % len(start)]
        wanted = chosen(request(converted, start[name]), subsystems, chance)
        result = run.configure(wanted)
        what = f"{number} on {name}: {wanted.only} {wanted.enable} {wanted.disable}"
        return name, result, [f"{what}: {each}" for each in judged(conf, result)]

    with ThreadPoolExecutor() as pool:
        jobs = os.cpu_count() or 1
        parts = [range(first, count, jobs) for first in range(jobs)]
        outs = [scratch / f"conf-{job}" for job in range(jobs)]
        done = [each for part in pool.map(worker, parts, outs) for each in part]
    for name, result, problems in done:
        totals.problems += problems
        for what, number in (
            (f"on {name}", 1),
            ("options that took effect", sum(it.took_effect for it in result.outcomes)),
            ("options that a consumer forced on", sum(bool(it.forced_by) for it in result.outcomes)),
            ("options that could not be had", sum(bool(it.obstacles) for it in result.outcomes)),
            ("symbols turned on for an option", changed(result, Because.NEEDED)),
            ("symbols that followed", changed(result, Because.FOLLOWS)),
        ):  # fmt: skip
            totals.counts[what] = totals.counts.get(what, 0) + number
    return totals


def chosen(request: run.Request, subsystems: list[str], chance: random.Random) -> run.Request:
    """Up to a dozen subsystems, sometimes a glob, in one of the ways to name them."""
    names = chance.sample(subsystems, chance.randint(2, 12))
    if chance.random() < 0.25:
        names[0] = f"{names[0][:2]}*"
    match chance.choice(("only", "enable", "disable", "both")):
        case "only":
            return replace(request, only=tuple(names))
        case "enable":
            return replace(request, enable=tuple(names))
        case "disable":
            return replace(request, disable=tuple(names))
    # the glob stands alone: what it means may be among the other names
    return replace(
        request,
        enable=tuple(names[:1]),
        disable=tuple(name for name in names[1:] if name[:2] != names[0][:2]),
    )


def judged(conf: Conf, result: Result) -> Iterable[str]:
    """What is wrong with a result, by the kernel's own conf."""
    written = conf.out / "ours.config"
    written.write_text(result.text)
    theirs = conf.olddefconfig(written)
    if theirs != result.text:
        yield f"olddefconfig changes it: {difference(theirs, result.text)}"
    values = values_of(theirs)
    for outcome in result.outcomes:
        is_on = values.get(outcome.option.name, "n") == "y"
        if outcome.took_effect != (is_on == (outcome.wanted == "y")):
            yield f"{outcome.option.name}: {values.get(outcome.option.name)}, told {outcome.value}"
        if not (outcome.took_effect or outcome.obstacles or outcome.forced_by):
            yield f"{outcome.option.name}: no reason"
    if changed(result, Because.FOLLOWS) and not changed(result, Because.NEEDED):
        yield "something changed that nobody asked for"
    fragment = conf.out / "fragment.config"
    fragment.write_text(result.fragment)
    merged = conf.merged(Path(result.base), fragment)
    if merged != result.text:
        yield f"the fragment, merged, makes another: {difference(merged, result.text)}"


def changed(result: Result, because: Because) -> int:
    return sum(change.because is because for change in result.changes)


def difference(theirs: str, ours: str) -> str:
    return " ".join(sorted({*theirs.splitlines()} ^ {*ours.splitlines()})[:8])
