"""From files to a cost: the image and its modules are read and summed up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tracecfg.cost.attribute import attribute
from tracecfg.cost.selection import Answer, select
from tracecfg.cost.summary import Cost, compare, total
from tracecfg.errors import UsageError
from tracecfg.explain.read import shipped_hints
from tracecfg.kernel.images import each_of
from tracecfg.verify.known import known


@dataclass(frozen=True, kw_only=True)
class Request:
    """image: a vmlinux; modules: the folder of its modules, or one of them; system_map: the
    symbols of a stripped image; other: another vmlinux to compare with; only: names and globs of
    what a selection keeps"""

    image: Path
    modules: Path | None = None
    system_map: Path | None = None
    other: Path | None = None
    other_modules: Path | None = None
    only: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Result(Answer):
    """problems: the modules that could not be read, a line each"""

    problems: tuple[str, ...]


def cost(request: Request) -> Result:
    """Raises UsageError and TracecfgError as each_of() does, UnknownNameError as select() does."""
    if request.only == ():
        raise UsageError("--only: which subsystems?", "names or globs, separated by commas")
    if request.only and request.other:
        raise UsageError(
            "--only or --compare: one of them",
            "--only reckons what a selection saves, --compare looks at the kernel made of it",
        )
    if request.other_modules and not request.other:
        raise UsageError("--compare-modules belongs to --compare", "name the other vmlinux")
    found, problems = _cost(request.image, request.modules, request.system_map)
    options = _options(found)
    if request.other is None:
        selection = select(found, request.only, options) if request.only else None
        return Result(cost=found, options=options, selection=selection, problems=problems)
    other, more = _cost(request.other, request.other_modules, None)
    return Result(
        cost=found,
        options=options,
        comparison=compare(found, other),
        problems=problems + more,
    )


def _options(found: Cost) -> dict[str, str]:
    names = [each.name for each in found.subsystems]
    every = {each.subsystem: each.name for each in known(shipped_hints(), None, names, None)}
    return {name: every[name] for name in names}


def _cost(
    image: Path, folder: Path | None, system_map: Path | None
) -> tuple[Cost, tuple[str, ...]]:
    bare = shipped_hints().bare
    found, problems = each_of(image, folder, system_map, lambda each: attribute(each, bare))
    return total(found), problems
