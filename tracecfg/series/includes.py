"""Which #include lines of a trace header bring in another trace header."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Collection, Iterator

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kernel.arch import architectures
from tracecfg.kernel.tree import Tree

_INCLUDE = re.compile(rb'\n[ \t]*+#[ \t]*+include[ \t]*+([<"][^>"\n]+[>"])')


def clobbering_includes(tree: Tree, headers: Collection[str]) -> dict[str, frozenset[str]]:
    """For each trace header, the arguments of its #include lines behind which TRACE_SYSTEM may
    be another one's, because some trace header is reached.

    Every configuration and architecture counts at once, so this may name too many: to set
    TRACE_SYSTEM again does no harm.
    """
    graph = _Graph(tree)
    edges = graph.walk(headers)
    includers: dict[str, set[str]] = defaultdict(set)
    for source, targets in edges.items():
        for target in targets.values():
            for path in target:
                includers[path].add(source)
    reaching = set(headers)
    todo = list(headers)
    while todo:
        for source in includers[todo.pop()]:
            if source not in reaching:
                reaching.add(source)
                todo.append(source)
    return {
        header: frozenset(
            argument
            for argument, targets in edges[header].items()
            if any(target in reaching and target != header for target in targets)
        )
        for header in headers
    }


class _Graph:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.folders = [
            "include",
            "include/uapi",
            *(f"arch/{arch}/include" for arch in architectures(tree)),
        ]
        self.files: dict[str, set[str]] = {}

    def walk(self, start: Collection[str]) -> dict[str, dict[str, tuple[str, ...]]]:
        """Each reachable header's includes: argument -> the files it can mean."""
        edges: dict[str, dict[str, tuple[str, ...]]] = {}
        todo = list(start)
        while todo:
            path = todo.pop()
            if path in edges:
                continue
            edges[path] = {}
            try:
                data = self.tree.read_bytes(path)
            except UnsupportedTreeError:
                continue
            for found in _INCLUDE.findall(b"\n" + data):
                argument = found.decode("utf-8", "surrogateescape")
                targets = tuple(self._targets(path, argument))
                edges[path][argument] = targets
                todo += targets
        return edges

    def _targets(self, includer: str, argument: str) -> Iterator[str]:
        name = argument[1:-1]
        if name == "trace/define_trace.h":
            return
        if argument[0] == '"':
            near = posixpath.normpath(posixpath.join(posixpath.dirname(includer), name))
            if not near.startswith("..") and self._exists(near):
                yield near
                return
        if includer.startswith("arch/") and name.startswith("asm/"):
            own = f"arch/{includer.split('/')[1]}/include/{name}"
            if self._exists(own):
                yield own
                return
        for folder in self.folders:
            path = f"{folder}/{name}"
            if self._exists(path):
                yield path

    def _exists(self, path: str) -> bool:
        """Asked for each folder of each #include: one look at a folder answers for all in it."""
        folder, _, name = path.rpartition("/")
        if folder not in self.files:
            self.files[folder] = set(self.tree.listed(folder).files)
        return name in self.files[folder]
