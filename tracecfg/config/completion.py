"""What the shell may offer: a converted tree's subsystems, silent about any trouble."""

from __future__ import annotations

import re
from pathlib import Path

from tracecfg.errors import TracecfgError
from tracecfg.kernel.tree import open_tree
from tracecfg.series.core import MENU_KCONFIG

_PROMPT = re.compile(r'^\tbool "([^"\n]+)"', re.MULTILINE)


def subsystems(tree: Path, incomplete: str) -> list[str]:
    """The lists, separated by commas, that this one may become."""
    done, comma, last = incomplete.rpartition(",")
    try:
        names = _PROMPT.findall(open_tree(tree).read(MENU_KCONFIG))
    except TracecfgError:
        return []
    return [done + comma + name for name in names if name.startswith(last)]
