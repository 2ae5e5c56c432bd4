"""Reads the fields of the events of a tree's trace headers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kernel.events import event_macros
from tracecfg.kernel.fieldmacros import STAGES, TRACE_EVENTS_H, FieldMacro, field_macros
from tracecfg.kernel.fields import ENTRY, FieldReader, Shape
from tracecfg.kernel.macros import Macro
from tracecfg.kernel.resolve import Includes
from tracecfg.kernel.scan import Snippets
from tracecfg.kernel.source import Source
from tracecfg.kernel.tree import Tree
from tracecfg.kernel.users import TRACEPOINT_H

_DEPTH = 3
"""Of headers that include each other, on the way to a macro."""
_INCLUDE_FOLDER = "include/"
_MAKES_EVENTS = re.compile(r"\b(?:TRACE_EVENT|DEFINE_EVENT|DECLARE_EVENT_CLASS)")
_DEFINED = re.compile(r"\n[ \t]*+\#[ \t]*+define[ \t]++(\w++)((?:[^\n\\]++|\\\r?\n|\\)*+)")
_WORD = re.compile(r"\w+")


def macros_of_fields(tree: Tree) -> dict[str, FieldMacro]:
    """Those that the tree's stages define; none where there are no stages."""
    texts = []
    for path in (
        TRACE_EVENTS_H,
        *(f"{STAGES}/{name}" for name in sorted(tree.listed(STAGES).files)),
    ):
        try:
            texts.append(tree.read(path))
        except UnsupportedTreeError:
            continue
    return field_macros(texts)


def shapes(
    tree: Tree, files: Mapping[str, Source], includes: Includes, headers: Iterable[str]
) -> dict[str, Shape]:
    """What each of these trace headers says of its events.

    files, includes: of the scan that found the headers
    """
    macros = event_macros(tree.read(TRACEPOINT_H))
    elsewhere = _Elsewhere(tree, includes)
    snippets = Snippets(macros, includes)
    reader = FieldReader(macros, macros_of_fields(tree), snippets, elsewhere)
    return {path: reader.read(files[path]) for path in headers}


class _Elsewhere:
    """Macros that a header has from another one: it includes that, or that includes it."""

    def __init__(self, tree: Tree, includes: Includes) -> None:
        self._tree = tree
        self._includes = includes
        self._known: dict[tuple[str, str], Macro | None] = {}

    def __call__(self, header: Source, name: str) -> Macro | None:
        key = (header.path, name)
        if key not in self._known:
            found = (_definition(source, name) for source in self._near(header))
            self._known[key] = next((macro for macro in found if macro), None)
        return self._known[key]

    def _near(self, header: Source) -> Iterator[Source]:
        yield from self._included(header, {header.path}, _DEPTH)
        folder, base = posixpath.split(header.path)
        for name in sorted(self._tree.listed(folder).files):
            source = self._includes.resolve(header.path, f'"{name}"') if name[-2:] == ".h" else None
            if source and base in source.text:
                yield source

    def _included(self, source: Source, seen: set[str], depth: int) -> Iterator[Source]:
        for include in source.includes:
            # not every one has words that the search looks for
            found = self._includes.resolve(source.path, include) or self._includes.resolve(
                _INCLUDE_FOLDER, f'"{include[1:-1]}"'
            )
            if found is None or found.path in seen:
                continue
            seen.add(found.path)
            yield found
            if depth > 1:
                yield from self._included(found, seen, depth - 1)


def _definition(source: Source, name: str) -> Macro | None:
    if name not in source.text:
        return None
    found = (macro for macro in source.defines.values() if macro.name == name)
    return next(found, None)


def words_that_matter(texts: Iterable[tuple[str, str]], fields: Collection[str]) -> frozenset[str]:
    """What a trace header names that has to do with the text of others, which have changed: macros
    that make fields, and headers that make events.

    texts: of headers by path, as they were and as they are; fields: the kernel's macros
    """
    bodies: dict[str, set[str]] = {}
    found: set[str] = set()
    for path, text in texts:
        # a trace header has events of its own alone
        if "trace/define_trace.h" not in text and _MAKES_EVENTS.search(text):
            found.add(posixpath.basename(path))
        for name, body in _DEFINED.findall("\n" + text):
            bodies.setdefault(name, set()).update(_WORD.findall(body))
    leading = {ENTRY, *fields}
    grown = True
    while grown:
        new = {name for name, words in bodies.items() if not words.isdisjoint(leading)} - leading
        leading |= new
        grown = bool(new)
    return frozenset(found | (leading & bodies.keys()))
