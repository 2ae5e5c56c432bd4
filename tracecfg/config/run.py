"""The config command's work: read tree and base, choose, let Kconfig compute, write."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path

from tracecfg import osio
from tracecfg.config.base import Base, read_base, values_of
from tracecfg.config.choice import Choice, Option, choose, subsystems_of
from tracecfg.config.forced import release, selecting
from tracecfg.config.needs import Obstacle, Step, is_off, needs
from tracecfg.config.result import Answer, Outcome, Proposal, Result, changes
from tracecfg.errors import TracecfgError, UsageError, number
from tracecfg.kernel import arch as arches
from tracecfg.kernel import kconf
from tracecfg.kernel.configfile import config_text
from tracecfg.kernel.kconf import KernelConfig
from tracecfg.kernel.toolchain import PROFILE, Toolchain
from tracecfg.kernel.tree import Tree, open_tree
from tracecfg.series.core import MENU_KCONFIG

_ROUNDS = 8
"""How often what is needed may show more that is needed; real options take one or two."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user asked for; see `tracecfg config --help`."""

    tree: Path
    only: tuple[str, ...]
    enable: tuple[str, ...]
    disable: tuple[str, ...]
    profile: str | None
    profiles: Path | None
    base: Path | None
    arch: str | None
    toolchain: str | None
    minimize: bool


def configure(request: Request) -> Result:
    """Compute it all; nothing is written.

    Raises UsageError, UnknownNameError, UnsupportedTreeError, TracecfgError.
    """
    tree = open_tree(request.tree)
    if not tree.is_file(MENU_KCONFIG):
        raise UsageError(
            f"{request.tree}: no options for trace systems here: no {MENU_KCONFIG}",
            "`tracecfg generate` makes them; apply its series first",
        )
    of_profile, without = _of_profile(request)
    only = (*request.only, *of_profile)
    if bool(only) == bool(request.enable or request.disable):
        raise UsageError(
            "config: which subsystems?",
            "--only or --profile, or else --enable and --disable, each with names or globs",
        )
    file = request.base or tree.root / ".config"
    text = _read(file)
    base = read_base(text, str(file))
    toolchain = _toolchain(request.toolchain)
    config = kconf.load(tree, arch=_arch(tree, base, request.arch, file), toolchain=toolchain)
    options = _options(config)
    choice = choose(
        options, only=only, enable=request.enable, disable=request.disable, without=without
    )
    config.take_over(text, str(file))
    assumed = _answered(config, base, tree) if toolchain.is_profile else ()
    plain = values_of(config.text())
    needed = _apply(config, choice)
    besides = {name for steps in needed.values() for name, _ in steps}
    now = config.text()
    outcomes = tuple(_outcomes(config, options, choice, needed))
    changed = changes(base.values, plain, values_of(now), asked=choice.values, needed=besides)
    return Result(
        tree=str(tree.root),
        version=tree.version,
        arch=config.arch,
        base=str(file),
        choice=choice,
        outcomes=outcomes,
        changes=changed,
        proposals=tuple(_proposals(config, outcomes)) if request.minimize else (),
        assumed=assumed,
        notes=tuple(_notes(config, base, tree, file)),
        text=now,
        fragment=_fragment(now, {*choice.values, *besides}),
    )


def write(text: str, path: Path, *, keeps_old: bool) -> None:
    """keeps_old: the file that is replaced stays as FILE.old, as conf keeps it

    Raises ChangeFailedError and UsageError, with the old file as it was.
    """
    data = text.encode("utf-8", "surrogateescape")
    if keeps_old:
        osio.keep_old(path, data)
    osio.write_named(path, data)


def _of_profile(request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The subsystems that it names, and those that it leaves out."""
    from tracecfg import profile as profiles

    if request.profile is None:
        if request.profiles is not None:
            raise UsageError("--config names the file of a profile", "add --profile NAME")
        return (), ()
    return subsystems_of(profiles.load(request.profiles, request.profile).events)


def _read(path: Path) -> str:
    try:
        return config_text(path)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror or error}",
            "--base FILE names the .config to start from; make defconfig writes one",
        ) from error


def _arch(tree: Tree, base: Base, asked: str | None, file: Path) -> str:
    arch = asked or base.arch or arches.host()
    folder = arches.srcarch(tree, arch)
    if base.arch and arches.srcarch(tree, base.arch) != folder:
        raise UsageError(
            f"{file}: a configuration for {base.arch}, not for {arch}",
            f"leave out --arch, or name a base for {arch}",
        )
    return arch


def _toolchain(name: str | None) -> Toolchain:
    """gcc, clang, or with its prefix, such as aarch64-linux-gnu-gcc."""
    if name is None:
        return PROFILE
    if shutil.which(name) is None:
        raise TracecfgError(
            f"--toolchain {name}: no such program",
            "install it, or leave out --toolchain: then no program is run",
        )
    prefix = name.removesuffix("gcc")
    return Toolchain(cross_compile=prefix) if prefix.endswith("-") else Toolchain(cc=name)


def _options(config: KernelConfig) -> tuple[Option, ...]:
    return tuple(starmap(Option, config.prompts(MENU_KCONFIG)))


def _answered(config: KernelConfig, base: Base, tree: Tree) -> tuple[Answer, ...]:
    """Let the base's answers of the toolchain stand: nobody asked for others."""
    kept = {name: base.values[name] for name in config.answered if name in base.values}
    if base.is_whole and base.version == tree.version:
        # what does not stand in it was n
        kept = {name: base.values.get(name, "n") for name in config.answered}
    config.answer(kept)
    return tuple(Answer(name, config.value(name) or "", name in kept) for name in config.answered)


def _apply(config: KernelConfig, choice: Choice) -> Mapping[str, tuple[Step, ...]]:
    """Set what was chosen, and for each option that was named what it needs besides."""
    config.assign(choice.values)
    needed: dict[str, tuple[Step, ...]] = {}
    wanted = [option.name for term in choice.terms if term.on and term.is_name
              for option in term.options]  # fmt: skip
    if any(term.on for term in choice.terms):
        # a glob means what can be had, and without tracing nothing can
        wanted.insert(0, "TRACEPOINTS")
    given = dict(choice.values)
    for _ in range(_ROUNDS):
        off = [name for name in wanted if is_off(config.value(name))]
        found = {name: needs(name, config).values for name in off}
        new = {name: value for each in found.values() for name, value in each.items()
               if given.get(name) != value}  # fmt: skip
        if not new:
            break
        for option, each in found.items():
            steps = [config.facts(name) for name in each if name in new]
            needed[option] = (
                *needed.get(option, ()),
                *(Step(it.name, it.place) for it in steps if it),
            )
        config.assign(new)
        given |= new
    return needed


def _outcomes(
    config: KernelConfig,
    options: tuple[Option, ...],
    choice: Choice,
    needed: Mapping[str, tuple[Step, ...]],
) -> Iterator[Outcome]:
    for option in options:
        wanted = choice.values.get(option.name)
        if wanted is None:
            continue
        outcome = Outcome(option, wanted, config.value(option.name) or "n")
        if outcome.took_effect:
            yield outcome._replace(needed=needed.get(option.name, ()))
        elif wanted == "y":
            yield outcome._replace(obstacles=_in_the_way(config, option))
        else:
            yield outcome._replace(forced_by=selecting(option.name, config))


def _in_the_way(config: KernelConfig, option: Option) -> tuple[Obstacle, ...]:
    found = needs(option.name, config)
    if found.obstacles:
        return found.obstacles
    steps = (config.facts(name) for name in found.values if name != option.name)
    listed = ", ".join(f"{it.name} ({it.place})" for it in steps if it)
    says = f"which needs {listed}: a glob does not ask for that, the name does"
    return (Obstacle((Step(option.name, option.place),), says),)


def _proposals(config: KernelConfig, outcomes: tuple[Outcome, ...]) -> Iterator[Proposal]:
    now = values_of(config.text())
    for outcome in outcomes:
        if not outcome.forced_by:
            continue
        found = release(outcome.option.name, config)
        with config.trial(found.values):
            then = values_of(config.text())
            still = selecting(outcome.option.name, config)
        if found.blocked or still:
            why = found.blocked or f"{still[0].name} ({still[0].place}) stays on"
            yield Proposal(outcome.option, found._replace(values={}, blocked=why), ())
        else:
            yield Proposal(
                outcome.option,
                found,
                changes(now, now, then, asked=found.values, needed=()),
            )


def _notes(config: KernelConfig, base: Base, tree: Tree, file: Path) -> Iterator[str]:
    if base.version and base.version != tree.version:
        yield f"{file}: of Linux {base.version}; this tree is {tree.version}"
    for each in config.assumed:
        yield f"{each.place}: {each.question} is not known: taken for {each.answer or 'nothing'}"
    if config.unknown:
        shown = ", ".join(config.unknown[:5]) + (", ..." if len(config.unknown) > 5 else "")
        yield f"{file}: {number(len(config.unknown), 'symbol')} not in this tree: {shown}"
    invalid = [it for it in config.warnings if it[1].startswith("no valid value")]
    if invalid:
        (place, text), *more = invalid
        yield f"{place}: {text}" + (f"; {number(len(more), 'more line')} such" if more else "")


def _fragment(text: str, chosen: Collection[str]) -> str:
    """The lines of the .config that were chosen, for scripts/kconfig/merge_config.sh: it warns
    of a line that the final .config does not have, so only these."""
    return "".join(
        f"# CONFIG_{name} is not set\n" if value == "n" else f"CONFIG_{name}={value}\n"
        for name, value in values_of(text).items()
        if name in chosen
    )
