"""Configurations against a converted tree: options that were asked for and are not so, TC5xx."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tracecfg.check.facts import Hit
from tracecfg.check.named import NamedFile, named
from tracecfg.config.base import read_base
from tracecfg.config.forced import selecting
from tracecfg.config.needs import is_off, needs
from tracecfg.errors import UnsupportedTreeError, UsageError
from tracecfg.explain import kconfig
from tracecfg.kernel import arch, kconf
from tracecfg.kernel.configfile import config_text, unzipped
from tracecfg.kernel.kconf import KernelConfig
from tracecfg.kernel.tree import Tree
from tracecfg.model import Place
from tracecfg.nearest import nearest


def there(tree: Tree, files: Iterable[Path]) -> tuple[Path, ...]:
    """Those that are in the tree, as it is or was, or outside of it."""
    found = ((path, named(tree, path).within) for path in files)
    return tuple(path for path, within in found if not within or tree.is_file(within))


def hits(tree: Tree, files: Iterable[Path], prefix: str) -> Iterator[Hit]:
    """What is wrong in .config and defconfig files and fragments.

    Raises UsageError for a file that is none, TracecfgError where the Kconfig cannot be loaded.
    """
    for file in files:
        yield from _of_file(tree, named(tree, file), prefix)


def _of_file(tree: Tree, file: NamedFile, prefix: str) -> Iterator[Hit]:
    try:
        # one of the tree as the tree has it, or had it: not what happens to be on the disk
        text = unzipped(tree.read_bytes(file.within)) if file.within else config_text(file.path)
    except OSError as error:
        raise UsageError(f"{file.path}: cannot be read: {error.strerror or error}") from error
    except UnsupportedTreeError as error:
        raise UsageError(error.message) from error
    shown = file.shown
    base = read_base(text, shown)
    asked = kconfig.parse(text, shown)
    config = kconf.load(tree, arch=base.arch or _of_folder(tree, shown) or arch.host())
    config.take_over(text, shown)
    for symbol, value in asked.values.items() if asked else ():
        if not symbol.startswith(prefix) or asked is None:
            continue
        place = Place(shown, asked.lines[symbol])
        now = config.value(symbol)
        if now is None:
            if value != "n":
                yield _unknown(symbol, place, [name for name in config.names() if prefix in name])
        elif value != "n" and is_off(now):
            why = _in_the_way(symbol, config)
            yield Hit("TC501", place, f"{symbol} is asked for and stays off: {why}")
        elif value == "n" and not is_off(now):
            who = ", ".join(f"{each.name} ({each.place})" for each in selecting(symbol, config))
            yield Hit("TC502", place, f"{symbol} is turned off and stays on: {who} selects it")


def _in_the_way(symbol: str, config: KernelConfig) -> str:
    found = needs(symbol, config)
    if found.obstacles:
        return str(found.obstacles[0])
    steps = (config.facts(name) for name in found.values if name != symbol)
    return "it needs " + ", ".join(f"{each.name} ({each.place})" for each in steps if each)


def _unknown(symbol: str, place: Place, names: list[str]) -> Hit:
    near = nearest(symbol, names)
    hint = f"did you mean {near[0]}?" if near else ""
    return Hit("TC503", place, f"no Kconfig file defines {symbol}", hint)


def _of_folder(tree: Tree, path: str) -> str:
    """The architecture whose folder a defconfig lies in, or ""."""
    parts = path.split("/")
    return parts[1] if parts[0] == "arch" and parts[1:2] and tree.is_dir(f"arch/{parts[1]}") else ""
