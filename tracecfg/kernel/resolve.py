"""Which file of the tree an #include names, the -I flags of its Makefile unknown."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kernel.source import Source
from tracecfg.kernel.tree import Tree
from tracecfg.model import Place

_INCLUDE = re.compile(r'^([<"])([^>"]+)[>"]')


class Includes:
    """Resolves #include lines among the files of a scan, and to what lies next to them."""

    def __init__(self, tree: Tree, files: Mapping[str, Source], unread: Iterable[str]) -> None:
        """unread: further files of the scan, which are read when they are included"""
        self._tree = tree
        self._files = files
        self.problems: list[tuple[Place, str]] = []
        """What is included and cannot be read."""
        self._others: dict[str, Source | None] = {}
        self._scanned = frozenset((*files, *unread))
        self._by_basename: dict[str, list[str]] = defaultdict(list)
        # of two that lie equally near the first is taken: the same in each run
        for path in sorted(self._scanned):
            self._by_basename[posixpath.basename(path)].append(path)

    def may_be_scanned(self, include: str) -> bool:
        """Has any scanned file the base name that an #include names?"""
        return posixpath.basename(include.strip('<>"')) in self._by_basename

    def resolve(self, includer: str, include: str) -> Source | None:
        """The file: next to the includer, in an include folder, or the scanned one whose path
        ends so and lies nearest."""
        match = _INCLUDE.match(include)
        if match is None:
            return None
        name = match[2]
        if match[1] == '"':
            near = posixpath.normpath(posixpath.join(posixpath.dirname(includer), name))
            if found := self._at(near):
                return found
        for path in _in_include_folders(includer, name):
            if path in self._scanned:
                return self._at(path)
        tail = "/" + posixpath.normpath(name).lstrip("./")
        ending = [
            path
            for path in self._by_basename.get(posixpath.basename(name), ())
            if f"/{path}".endswith(tail)
        ]
        if not ending:
            return None
        return self._at(max(ending, key=lambda path: nearness(path, includer)))

    def follow_symlinks(self, includer: str, include: str) -> None:
        """Keep as a problem what an #include names where it is a symlink to no file of the tree: no
        search comes upon it."""
        match = _INCLUDE.match(include)
        name = match[2] if match else ""
        near = posixpath.normpath(posixpath.join(posixpath.dirname(includer), name))
        paths = _in_include_folders(includer, name)
        for path in (near, *paths) if include.startswith('"') else paths:
            if not path.startswith("..") and self._tree.is_symlink(path):
                self._at(path)

    def _at(self, path: str) -> Source | None:
        """Also a header that was not scanned, but may include one that was."""
        if path in self._files:
            return self._files[path]
        if path not in self._others:
            self._others[path] = None if path.startswith("..") else self._read(path)
        return self._others[path]

    def _read(self, path: str) -> Source | None:
        try:
            if self._tree.is_file(path):
                return Source(path, self._tree.read(path))
            what = self._tree.instead_of_file(path) if path.endswith(".h") else ""
        except UnsupportedTreeError as error:
            what = error.message.removeprefix(f"{path}: ")
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
        if what:
            self.problems.append((Place(path, 1), what))
        return None


def _in_include_folders(includer: str, name: str) -> list[str]:
    own = [f"arch/{includer.split('/')[1]}/include/{name}"] if includer.startswith("arch/") else []
    return [f"include/{name}", *own]


def nearness(path: str, other: str) -> tuple[int, int]:
    """Sorts paths by how much of their folder they share with another path."""
    shared = len(posixpath.commonprefix([posixpath.dirname(path), posixpath.dirname(other)]))
    return shared, -len(path)
