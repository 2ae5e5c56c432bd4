"""An earlier state of a tree: the files that differ come from git, all others from the disk."""

from __future__ import annotations

import errno
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kernel import gitbase
from tracecfg.kernel.gitbase import Base, Blob
from tracecfg.kernel.search import Candidate, could_be_read, is_source
from tracecfg.kernel.signs import parts_in
from tracecfg.kernel.tree import MAX_FILE, Listed, Tree, version_of

_LINKS = 40
"""Symlinks on the way to one file, as many as Linux follows."""
_KEPT = 256 * 1024 * 1024
"""Bytes of files that differ, all of them for any branch; git is asked again for more."""


@dataclass(frozen=True, kw_only=True)
class Overlay(Tree):
    """A tree as it was at a base.

    differs: each path that is another file on the disk, with the file there was or None
    new: folders that are on the disk and were not there
    """

    differs: Mapping[str, Blob | None]
    new: frozenset[str]

    def read_bytes(self, path: str) -> bytes:
        try:
            real = self._real(path)
            if real not in self.differs:
                return super().read_bytes(real)
            blob = self.differs[real]
            if blob is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            if blob.name not in self._texts:
                self._texts.update(gitbase.contents(self, [blob.name]))
        except OSError as error:
            raise UnsupportedTreeError(
                f"{path}: cannot be read: {error.strerror}", "is the base's tree complete?"
            ) from error
        data = self._texts[blob.name]
        if data is None:
            raise UnsupportedTreeError(f"{path}: longer than {MAX_FILE >> 20} MB")
        return data

    def is_file(self, path: str) -> bool:
        try:
            real = self._real(path)
        except (OSError, UnsupportedTreeError):
            return False
        if real in self.differs:
            return self.differs[real] is not None
        return super().is_file(real)

    def is_symlink(self, path: str) -> bool:
        return self._target(path) is not None

    def is_dir(self, path: str) -> bool:
        try:
            real = self._real(path)
        except (OSError, UnsupportedTreeError):
            return False
        if real in self._gone or self.differs.get(real) is not None:
            return real in self._gone
        return super().is_dir(real) and real not in self.new

    def listed(self, folder: str) -> Listed:
        try:
            real = self._real(folder)
        except (OSError, UnsupportedTreeError):
            return Listed()
        there = Listed() if real in self.new else super().listed(real)
        gone = self._gone.get(real, {})
        under = f"{real}/" if real else ""
        files = [name for name in there.files if under + name not in self.differs]
        files += [name for name, is_file in gone.items() if is_file]
        folders = {name for name in there.folders if under + name not in self.new}
        folders |= {name for name, is_file in gone.items() if not is_file}
        return Listed(tuple(folders - set(files)), tuple(files))

    def on_disk(self, path: str) -> bool:
        return path not in self.differs

    def off_disk(self) -> Iterator[tuple[str, bytes]]:
        """The other files that a scan could read, those apart that were symlinks or too long."""
        left: dict[str, list[str]] = defaultdict(list)
        for path, blob in self.differs.items():
            if blob is not None and not blob.is_link and could_be_read(path):
                left[blob.name].append(path)
        for name in [name for name in left if name in self._texts]:
            data = self._texts[name]
            for path in left.pop(name) if data is not None else ():
                yield path, data or b""
        for name, data in gitbase.contents(self, list(left)):
            if data is None:
                continue
            if self._room[0] > 0:
                self._room[0] -= len(data)
                self._texts[name] = data
            for path in left[name]:
                yield path, data

    @cached_property
    def _texts(self) -> dict[str, bytes | None]:
        return {}

    @cached_property
    def _room(self) -> list[int]:
        """Bytes that are still to be kept."""
        return [_KEPT]

    @cached_property
    def _gone(self) -> Mapping[str, dict[str, bool]]:
        """The folders of the files that differ, each with their names: is it a file?"""
        found: dict[str, dict[str, bool]] = {}
        for path, blob in self.differs.items():
            if blob is None:
                continue
            is_file = not blob.is_link or self.is_file(path)
            if blob.is_link and not is_file:
                continue
            folder, _, name = path.rpartition("/")
            found.setdefault(folder, {})[name] = is_file
            while folder:
                folder, _, name = folder.rpartition("/")
                found.setdefault(folder, {}).setdefault(name, False)
        return found

    def _real(self, path: str) -> str:
        """The path without symlinks, as they were. Raises OSError, and UnsupportedTreeError where
        it leads out of the tree."""
        found: list[str] = []
        todo = path.split("/")[::-1]
        left = _LINKS
        while todo:
            part = todo.pop()
            if part == ".." and found:
                found.pop()
            elif part == "..":
                raise UnsupportedTreeError(f"{path}: leads out of the tree", "remove the symlink")
            elif part not in ("", "."):
                target = self._target("/".join((*found, part)))
                if target is None:
                    found.append(part)
                    continue
                left -= 1
                if not left:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                if target.startswith("/"):
                    raise UnsupportedTreeError(f"{path}: leads to {target}", "remove the symlink")
                todo += target.split("/")[::-1]
        return "/".join(found)

    def _target(self, path: str) -> str | None:
        """What a symlink says; None for what is none. Folders are asked for again and again."""
        if path not in self._targets:
            self._targets[path] = self._link(path)
        return self._targets[path]

    def _link(self, path: str) -> str | None:
        if path in self.differs:
            blob = self.differs[path]
            if blob is None or not blob.is_link:
                return None
            ((_, data),) = gitbase.contents(self, [blob.name])
            return os.fsdecode(data or b"")
        try:
            return os.readlink(f"{self.root}/{path}")  # noqa: PTH115 - thousands
        except (OSError, ValueError):
            return None

    @cached_property
    def _targets(self) -> dict[str, str | None]:
        return {}


def overlay(tree: Tree, base: Base) -> Overlay:
    """The tree as it was at the base. Raises UnsupportedTreeError when there was none."""
    before = Overlay(root=tree.root, version=tree.version, differs=base.differs, new=base.new)
    version = version_of(before.read("Makefile"))
    if not version:
        raise UnsupportedTreeError(f"{base.commit[:12]} is no kernel tree", "name another revision")
    return replace(before, version=version)


def candidates(before: Overlay, found: Iterable[Candidate]) -> Iterator[Candidate]:
    """What search() would have found: of what it finds now, and in the files that differ."""
    for path, parts in found:
        if before.on_disk(path):
            yield path, parts
    for path, data in before.off_disk():
        if is_source(path) and (parts := parts_in(data)):
            yield path, parts
