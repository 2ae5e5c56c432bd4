"""From files to a cost: the image and its modules are read, on two cores, and summed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tracecfg.beside import beside
from tracecfg.cost.attribute import attribute
from tracecfg.cost.parts import Found
from tracecfg.cost.summary import Comparison, Cost, compare, total
from tracecfg.errors import TracecfgError, UsageError
from tracecfg.explain.read import shipped_hints
from tracecfg.kernel import modules
from tracecfg.kernel.image import read_image, read_module


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
    """Raises UsageError and TracecfgError as read_image() does, and for a folder without
    modules."""
    found, problems = _cost(request.image, request.modules, request.system_map)
    if request.other is None:
        return Result(found, None, problems)
    other, more = _cost(request.other, request.other_modules, None)
    return Result(found, compare(found, other), problems + more)


def _cost(
    image: Path, folder: Path | None, system_map: Path | None
) -> tuple[Cost, tuple[str, ...]]:
    paths = [] if folder is None else _modules(folder)
    second = beside(lambda: _read(paths[1::2])) if len(paths) > 1 else lambda: ([], [])
    found = [attribute(read_image(image, system_map), _bare())]
    of_first, problems = _read(paths[::2])
    of_second, more = second()
    return total([*found, *of_first, *of_second]), tuple(sorted(problems + more))


@cache
def _bare() -> Mapping[str, str]:
    return {
        event: name for name, system in shipped_hints().systems.items() for event in system.bare
    }


def _modules(folder: Path) -> list[Path]:
    paths = list(modules.modules(folder)) if folder.is_dir() else [folder]
    if not all(path.is_file() for path in paths) or not paths:
        raise UsageError(
            f"{folder}: no modules", "name the folder of the modules, such as /lib/modules/VERSION"
        )
    # the largest first and in turns: both halves take about the same time
    return sorted(paths, key=lambda path: (-path.lstat().st_size, path))


def _read(paths: Sequence[Path]) -> tuple[list[Found], list[str]]:
    found = []
    problems = []
    for path in paths:
        try:
            if image := read_module(path):
                found.append(attribute(image, _bare()))
        except (OSError, ValueError) as error:
            problems.append(f"{path}: not read: {error}")
        except TracecfgError as error:
            if error.hint.startswith("the modules are .ko.zst"):
                raise
            problems.append(error.message)
    return found, problems
