"""The verify command's work: read what is to be verified and its configuration, and compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracecfg import profile as profiles
from tracecfg.config.base import read_base
from tracecfg.config.choice import subsystems_of
from tracecfg.config.forced import selecting
from tracecfg.errors import UsageError
from tracecfg.explain import kconfig
from tracecfg.explain.kconfig import KernelConfig
from tracecfg.explain.read import own_config, shipped_hints
from tracecfg.kernel import arch, kconf
from tracecfg.kernel.configfile import config_text
from tracecfg.kernel.images import each_of
from tracecfg.kernel.kconffacts import Selector
from tracecfg.kernel.tree import Tree, open_tree
from tracecfg.runtime import instance
from tracecfg.runtime.tracefs import problem
from tracecfg.series.core import MENU_KCONFIG
from tracecfg.verify.compare import Chosen, Verdict, compare
from tracecfg.verify.held import Held, Source, joined, part
from tracecfg.verify.known import known


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user asked for; see `tracecfg verify --help`."""

    image: Path | None
    live: bool
    config: Path | None
    modules: Path | None
    system_map: Path | None
    tree: Path | None
    only: tuple[str, ...]
    profile: str | None
    profiles: Path | None
    tracefs: str | None
    mount: bool


@dataclass(frozen=True)
class _Config:
    """values: None for a running kernel whose own cannot be found
    options: subsystem -> option, selectors: of each option that is on; both as the tree's Kconfig
    says, None without a tree"""

    values: KernelConfig | None
    options: Mapping[str, str] | None = None
    selectors: Mapping[str, Sequence[Selector]] | None = None


def verify(request: Request) -> Verdict:
    """Raises UsageError, UnknownNameError and TracecfgError."""
    chosen = _chosen(request)
    _check(request)
    if request.config is not None:
        config = _config(request.config, request.tree)
    else:
        config = _Config(own_config(Path("/"))[0] if request.live else None)
    held = _held(request, config)
    every = known(shipped_hints(), config.values, held.subsystems, config.options)
    return compare(chosen, held, every, config.values, config.selectors)


def _chosen(request: Request) -> Chosen:
    if request.profile is not None:
        events = profiles.load(request.profiles, request.profile).events
        of_profile, without = subsystems_of(events)
        return Chosen((*request.only, *of_profile), without)
    if request.profiles is not None:
        raise UsageError("--profiles names the file of a profile", "add --profile NAME")
    if not request.only:
        raise UsageError(
            "verify: which subsystems were chosen?", "--only with names or globs, or --profile"
        )
    return Chosen(request.only)


def _check(request: Request) -> None:
    if request.image is not None and request.live:
        raise UsageError("VMLINUX or --live: one of them", "call it twice for both")
    if request.image is None and not request.live and request.config is None:
        raise UsageError("verify: what?", "name a VMLINUX, --live or --config FILE")
    if request.image is None and (request.modules or request.system_map):
        raise UsageError("--modules and --map belong to a VMLINUX", "name it as well")
    if request.tree is not None and request.config is None:
        raise UsageError("--tree belongs to a configuration", "name it with --config")


def _held(request: Request, config: _Config) -> Held:
    if request.image is not None:
        bare = shipped_hints().bare
        parts, unread = each_of(
            request.image, request.modules, request.system_map, lambda image: part(image, bare)
        )
        return joined(parts, str(request.image), unread)
    if config.values is None or request.live:
        return _running(instance.Place(request.tracefs, mount=request.mount))
    every = known(shipped_hints(), config.values, (), config.options)
    on = {each.subsystem: dict[str, str]() for each in every if config.values.on(each.name)}
    return Held(Source.CONFIG, config.values.source, on)


def _running(place: instance.Place) -> Held:
    folder = instance.root(place)
    try:
        found = {name: dict.fromkeys(folder.events(name), "") for name in folder.systems()}
    except OSError as error:
        raise problem(error, f"{folder.root}/events") from error
    there = {name: events for name, events in found.items() if events}
    return Held(Source.LIVE, folder.root, there)


def _config(path: Path, tree: Path | None) -> _Config:
    try:
        text = config_text(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    base = read_base(text, str(path))
    values = kconfig.parse(text, str(path))
    source = _beside(path) if tree is None else open_tree(tree)
    if values is None or source is None:
        return _Config(values)
    if not source.is_file(MENU_KCONFIG):
        raise UsageError(
            f"{tree}: no options for trace systems here: no {MENU_KCONFIG}",
            "name the tree with the series that the kernel was built from",
        )
    loaded = kconf.load(source, arch=base.arch or arch.host())
    loaded.take_over(text, str(path))
    options = {prompt: name for name, prompt, _ in loaded.prompts(MENU_KCONFIG)}
    on = [name for name in options.values() if values.on(name)]
    return _Config(values, options, {name: selecting(name, loaded) for name in on})


def _beside(config: Path) -> Tree | None:
    """The converted tree that a .config lies in, or that its build folder (O=) was made from."""
    for folder in (config.parent, config.parent / "source"):
        try:
            tree = open_tree(folder)
        except UsageError:
            continue
        if tree.is_file(MENU_KCONFIG):
            return tree
    return None
