"""What a tree brings for its own checks: the settings in tracecfg.toml, and known findings.

Both may be a stranger's. What is in them, settings.py and baseline.py say.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tracecfg import userfile
from tracecfg.check import baseline
from tracecfg.check.settings import Settings, parse
from tracecfg.errors import UsageError
from tracecfg.kernel.tree import Tree
from tracecfg.model import Finding
from tracecfg.osio import write_named
from tracecfg.tomlfile import FILE

_OPTION = "--baseline"


def settings(tree: Tree, named: Path | None, shown: Path) -> Settings:
    """Those of the file that the user named, or else of the tree's own, if there is one.

    shown: the tree as the user wrote it
    Raises UsageError, and UnsupportedTreeError for a file that leads out of the tree.
    """
    if named is not None:
        return parse(userfile.read(named, "--settings"), str(named))
    name = str(shown / FILE)
    if not tree.is_file(FILE):
        if what := tree.instead_of_file(FILE):
            raise UsageError(f"{name}: {what}", "remove it, or --settings names another")
        return Settings()
    return parse(userfile.text(tree.read_bytes(FILE), name), name)


def configs(tree: Tree, settings: Settings) -> tuple[Path, ...]:
    """The configurations that a tree's settings name. Raises UsageError for one out of the tree."""
    found = tuple(tree.root / path for path in settings.configs)
    for path in found:
        _check_inside(tree, path, "--config names another")
    return found


def _check_inside(tree: Tree, path: Path, hint: str) -> None:
    try:
        inside = path.resolve().is_relative_to(tree.root)
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{path}: a symlink that leads to no file", hint) from error
    if not inside:
        raise UsageError(f"{path}: leads out of the tree", hint)


class KnownFile(NamedTuple):
    """within: the tree that must hold it, where the tree's own settings name it, and the path
    there; None for one that the user named"""

    path: Path
    within: tuple[Tree, str] | None

    def entries(self) -> tuple[Finding, ...]:
        """Raises UsageError, and UnsupportedTreeError for a path out of the tree."""
        return baseline.parse(self._text(), str(self.path))

    def check_replaceable(self) -> None:
        """Raises UsageError for a file that is there and is no baseline, or out of the tree."""
        if self.within is not None:
            tree, _ = self.within
            _check_inside(tree, self.path.parent, "name another baseline")
        if (self.path.exists() or self.path.is_symlink()) and not baseline.is_one(self._text()):
            raise UsageError(
                f"{self.path}: is no baseline, so it is not replaced", f"{_OPTION} names another"
            )

    def _text(self) -> str:
        if self.within is None:
            return userfile.read(self.path, _OPTION, size=baseline.MAX_SIZE)
        tree, path = self.within
        if not tree.is_file(path):
            raise UsageError(
                f"{self.path}: the settings name it as baseline, and there is no such file",
                "--update-baseline writes it",
            )
        return userfile.text(tree.read_bytes(path), str(self.path), size=baseline.MAX_SIZE)


def known_file(
    tree: Tree, named: Path | None, in_settings: str | None, *, update: bool
) -> KnownFile | None:
    """The one that the user named, or else the settings; None for no baseline.

    update: it will be written
    Raises UsageError where that cannot be.
    """
    if named is not None:
        found = KnownFile(named, None)
    elif in_settings is not None:
        found = KnownFile(tree.root / in_settings, (tree, in_settings))
    elif update:
        raise UsageError(
            "--update-baseline: of which file?",
            f"{_OPTION} FILE, or baseline in [check] of {FILE}",
        )
    else:
        return None
    if update:
        found.check_replaceable()
    return found


def write_known(path: Path, found: Iterable[Finding]) -> None:
    """Make these the known ones. Raises ChangeFailedError and UsageError."""
    write_named(path, baseline.to_text(found).encode())
