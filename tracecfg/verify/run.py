"""The verify command's work: read what is to be verified and its configuration, and compare."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tracecfg import profile as profiles
from tracecfg.config.base import read_base
from tracecfg.config.choice import subsystems_of
from tracecfg.config.forced import selecting
from tracecfg.errors import UsageError
from tracecfg.explain import kconfig
from tracecfg.explain.read import own_config, shipped_hints
from tracecfg.kernel import arch, kconf
from tracecfg.kernel.configfile import config_text
from tracecfg.kernel.images import each_of
from tracecfg.kernel.tree import Tree, open_tree
from tracecfg.runtime import instance
from tracecfg.runtime.tracefs import Folder, problem
from tracecfg.series.core import MENU_KCONFIG
from tracecfg.verify.compare import Chosen, Verdict, compare
from tracecfg.verify.evidence import Evidence
from tracecfg.verify.held import Held, Source, joined, part
from tracecfg.verify.known import Known, has_series, known

_DEFINED = ("dynamic_events", "kprobe_events", "uprobe_events")
"""The first, which has them all, is new in 5.0."""


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
    allow_selected: bool


class _Config(NamedTuple):
    """evidence: without anything for a running kernel whose configuration cannot be found
    options: subsystem -> option as the tree's Kconfig says, None without a tree"""

    evidence: Evidence
    options: Mapping[str, str] | None = None


def verify(request: Request) -> Verdict:
    """Raises UsageError, UnknownNameError and TracecfgError."""
    chosen = _chosen(request)
    _check(request)
    config = _config(request)
    if request.allow_selected and config.evidence.selectors is None:
        raise UsageError(
            "--allow-selected: only the tree's Kconfig knows who selects",
            "name the configuration and its tree: --config and --tree",
        )
    held = _held(request, config)
    every = _known(config, held.subsystems)
    return compare(chosen, held, every, config.evidence)


def _chosen(request: Request) -> Chosen:
    if request.profile is not None:
        try:
            events = profiles.load(request.profiles, request.profile).events
        except UsageError as error:
            # here --config is the kernel's
            hint = error.hint.replace("--config", "--profiles")
            raise UsageError(error.message, hint) from error
        of_profile, without = subsystems_of(events)
        return Chosen((*request.only, *of_profile), without, request.allow_selected)
    if request.profiles is not None:
        raise UsageError("--profiles names the file of a profile", "add --profile NAME")
    if not request.only:
        raise UsageError(
            "verify: which subsystems were chosen?", "--only with names or globs, or --profile"
        )
    return Chosen(request.only, allow_selected=request.allow_selected)


def _check(request: Request) -> None:
    if request.image is not None and request.live:
        raise UsageError("VMLINUX or --live: one of them", "call it twice for both")
    if request.image is None and not request.live and request.config is None:
        raise UsageError("verify: what?", "name a VMLINUX, --live or --config FILE")
    if request.image is None and (request.modules or request.system_map):
        raise UsageError("--modules and --map belong to a VMLINUX", "name it as well")
    if not request.live and (request.tracefs is not None or request.mount):
        raise UsageError("--tracefs and --mount belong to --live", "name it as well")
    if request.tree is not None and request.config is None and not request.live:
        raise UsageError("--tree belongs to a configuration", "name it with --config")


def _known(config: _Config, held: Iterable[str]) -> tuple[Known, ...]:
    return known(config.evidence.hints, config.evidence.config, held, config.options)


def _held(request: Request, config: _Config) -> Held:
    values = config.evidence.config
    if request.image is not None:
        bare = config.evidence.hints.bare
        parts, unread = each_of(
            request.image, request.modules, request.system_map, lambda image: part(image, bare)
        )
        # a configuration that builds no module needs none
        none = values is not None and "m" not in values.values.values()
        return joined(parts, unread, with_modules=request.modules is not None or none)
    if values is None or request.live:
        return _running(instance.Place(request.tracefs, mount=request.mount))
    on = {each.subsystem: dict[str, str]() for each in _known(config, ()) if values.on(each.name)}
    return Held(Source.CONFIG, values.source, on)


def _running(place: instance.Place) -> Held:
    folder = instance.root(place)
    try:
        defined = _defined(folder)
        found = {
            name: {event: "" for event in folder.events(name) if (name, event) not in defined}
            for name in folder.systems()
        }
    except OSError as error:
        raise problem(error, f"{folder.root}/events") from error
    there = {name: events for name, events in found.items() if events}
    groups = frozenset(group for group, _ in defined)
    return Held(Source.LIVE, folder.root, there, os.uname().release, defined=groups)


def _defined(folder: Folder) -> frozenset[tuple[str, str]]:
    """Group and name of the events that somebody defined: Documentation/trace/kprobetrace.rst."""
    text = "\n".join(folder.read_or(file) for file in _DEFINED)
    return frozenset(re.findall(r"^\w+:([^/\s]+)/(\S+)", text, re.MULTILINE))


def _config(request: Request) -> _Config:
    hints = shipped_hints()
    path = request.config
    if path is None:
        own, looked = own_config(Path("/")) if request.live else (None, ())
        if own is None and request.tree is not None:
            raise UsageError(
                f"--tree: no configuration of the running kernel: {', '.join(looked)}",
                "name it with --config",
            )
        if own is None:
            return _Config(Evidence(hints))
        path = Path(own.source)
    try:
        text = config_text(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    base = read_base(text, str(path))
    values = kconfig.parse(text, str(path))
    evidence = Evidence(hints, values, base.arch, base.version, has_series(hints, base.values))
    tree = _beside(path) if request.tree is None else open_tree(request.tree)
    if tree is None:
        return _Config(evidence)
    if not tree.is_file(MENU_KCONFIG):
        raise UsageError(
            f"{request.tree}: no options for trace systems here: no {MENU_KCONFIG}",
            "name the tree with the series that the kernel was built from",
        )
    loaded = kconf.load(tree, arch=base.arch or arch.host())
    loaded.take_over(text, str(path))
    options = {prompt: name for name, prompt, _ in loaded.prompts(MENU_KCONFIG)}
    selectors = {name: selecting(name, loaded) for name in options.values()}
    return _Config(evidence._replace(selectors=selectors, tree_version=tree.version), options)


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
