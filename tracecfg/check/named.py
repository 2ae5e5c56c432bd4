"""Files that the user named, in the tree or outside of it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tracecfg.kernel.tree import Tree


class NamedFile(NamedTuple):
    """path: as it was named; within: from the tree's root, "" for a file outside of the tree"""

    path: Path
    within: str

    @property
    def shown(self) -> str:
        """In a finding."""
        return self.within or str(self.path.absolute())


def named(tree: Tree, path: Path) -> NamedFile:
    """A file that was named, from wherever the user is."""
    try:
        full = path.resolve()
    except (OSError, RuntimeError):
        return NamedFile(path, "")
    return NamedFile(path, str(full.relative_to(tree.root)) if _inside(tree, full) else "")


def _inside(tree: Tree, full: Path) -> bool:
    return full != tree.root and full.is_relative_to(tree.root)
