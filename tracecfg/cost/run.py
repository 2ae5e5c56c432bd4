"""From files to a cost: the image and its modules are read and summed up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tracecfg.cost.attribute import attribute
from tracecfg.cost.summary import Comparison, Cost, compare, total
from tracecfg.explain.read import shipped_hints
from tracecfg.kernel.images import each_of


@dataclass(frozen=True, kw_only=True)
class Request:
    """image: a vmlinux; modules: the folder of its modules, or one of them; system_map: the
    symbols of a stripped image; other: another vmlinux to compare with"""

    image: Path
    modules: Path | None = None
    system_map: Path | None = None
    other: Path | None = None
    other_modules: Path | None = None


@dataclass(frozen=True)
class Result:
    """problems: the modules that could not be read, a line each"""

    cost: Cost
    comparison: Comparison | None
    problems: tuple[str, ...]


def cost(request: Request) -> Result:
    """Raises UsageError and TracecfgError as each_of() does."""
    found, problems = _cost(request.image, request.modules, request.system_map)
    if request.other is None:
        return Result(found, None, problems)
    other, more = _cost(request.other, request.other_modules, None)
    return Result(found, compare(found, other), problems + more)


def _cost(
    image: Path, folder: Path | None, system_map: Path | None
) -> tuple[Cost, tuple[str, ...]]:
    bare = shipped_hints().bare
    found, problems = each_of(image, folder, system_map, lambda each: attribute(each, bare))
    return total(found), problems
