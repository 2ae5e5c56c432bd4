"""kconfiglib 14.1.0, loaded as a private copy that cannot reach out of tracecfg's hands.

As released it reads os.environ, expands globs and `$NAME` on its own, runs shells and imports a
module named kconfigfunctions from wherever Python finds one, the current folder included. The
copy's own names for all of these are replaced here, so that neither os.environ nor the kconfiglib
that somebody else imports is touched.
"""

from __future__ import annotations

import importlib.util
import os
from types import SimpleNamespace
from typing import Any, NoReturn, TypeAlias

from tracecfg.errors import TracecfgError

Item: TypeAlias = Any
"""A thing of kconfiglib's, which has no types: a symbol, choice, menu node or expression."""


def _no_module(name: str) -> NoReturn:
    raise ImportError(name)


def _private_copy() -> Item:
    spec = importlib.util.find_spec("kconfiglib")
    if spec is None or spec.loader is None:
        raise TracecfgError("kconfiglib is not installed", "pip install kconfiglib==14.1.0")
    lib: Item = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lib)

    stock_auto_menu_dep = lib._auto_menu_dep
    lib.os = SimpleNamespace(
        environ={}, getenv=lambda name, default=None: default, sep=os.sep, path=os.path
    )
    lib.importlib = SimpleNamespace(import_module=_no_module)
    # `source` means the file it names, in the tree: Reader._enter_file decides
    lib.iglob = lambda pattern: [pattern]
    lib.join = lambda folder, path: path
    lib.realpath = lib.expandvars = lambda text: text
    lib._UNAME_RELEASE = "$UNAME_RELEASE"
    lib._shell_fn = lambda kconfig, _, command: kconfig.shell(command)
    lib._info_fn = lambda kconfig, _, message: kconfig.info(message)
    lib._found_dep_loop = _found_dep_loop
    lib._auto_menu_dep = _auto_menu_dep
    lib.stock_auto_menu_dep = stock_auto_menu_dep
    # kconfiglib's own additions to the language, which no kernel's conf knows
    for word in ("gsource", "grsource", "osource", "orsource", "rsource"):
        del lib._get_keyword.__self__[word]
    return lib


def _auto_menu_dep(above: Item, below: Item) -> bool:
    """Whether `below` is moved into a menu of the entry `above`, on which it depends.

    No .config shows that, but in older kernels a choice loses the member that is moved.
    """
    return not above.kconfig.dialect.last_wins and LIB.stock_auto_menu_dep(above, below)


def _found_dep_loop(loop: tuple[Item, ...], current: Item) -> tuple[Item, ...]:
    """As in kconfiglib, but with one line for the whole loop."""
    if current is not loop[0]:
        return (*loop, current)
    names = [item.name or "<choice>" for item in loop]
    if len(names) > 8:
        names[4:-3] = ["..."]
    node = loop[0].nodes[0]
    raise LIB.KconfigError(
        f"{node.filename}:{node.linenr}: dependency loop: {' -> '.join([*names, names[0]])}"
    )


LIB: Item = _private_copy()
