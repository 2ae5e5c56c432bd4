"""An image and its modules read and looked through, on two cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from tracecfg.beside import beside
from tracecfg.errors import TracecfgError, UsageError
from tracecfg.kernel import modules
from tracecfg.kernel.image import read_image, read_module
from tracecfg.kernel.symbols import Image

_T = TypeVar("_T")


def each_of(
    image: Path, folder: Path | None, system_map: Path | None, look: Callable[[Image], _T]
) -> tuple[list[_T], tuple[str, ...]]:
    """What `look` finds in the image, then in each module that has to do with tracepoints; and the
    modules that could not be read, a line each.

    folder: of the modules, or one of them; system_map: as read_image() takes it
    look: changes nothing; its result can be pickled

    Raises UsageError and TracecfgError as read_image() does, and for a folder without modules.
    """
    paths = [] if folder is None else _modules(folder)
    half = paths[1::2]
    second = beside(lambda: _read(half, look)) if half else lambda: ([], [])
    found = [look(read_image(image, system_map))]
    of_first, problems = _read(paths[::2], look)
    of_second, more = second()
    return [*found, *of_first, *of_second], tuple(sorted(problems + more))


def _modules(folder: Path) -> list[Path]:
    paths = list(modules.modules(folder)) if folder.is_dir() else [folder]
    if not all(path.is_file() for path in paths) or not paths:
        raise UsageError(
            f"{folder}: no modules", "name the folder of the modules, such as /lib/modules/VERSION"
        )
    # the largest first and in turns: both halves take about the same time
    return sorted(paths, key=lambda path: (-path.lstat().st_size, path))


def _read(paths: Sequence[Path], look: Callable[[Image], _T]) -> tuple[list[_T], list[str]]:
    found = []
    problems = []
    for path in paths:
        try:
            if image := read_module(path):
                found.append(look(image))
        except (OSError, ValueError) as error:
            problems.append(f"{path}: not read: {error}")
        except TracecfgError as error:
            if error.hint.startswith("the modules are .ko.zst"):
                raise
            problems.append(error.message)
    return found, problems
