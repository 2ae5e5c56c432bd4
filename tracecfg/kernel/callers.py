"""Reads which tracepoints the code of a tree calls: of all architectures and configurations."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tracecfg.beside import beside
from tracecfg.errors import UnsupportedTreeError
from tracecfg.kernel import calls, ctext, pasting
from tracecfg.kernel.calls import HEAD, Called, Paste, Pattern
from tracecfg.kernel.grep import matches
from tracecfg.kernel.pasting import Pasting
from tracecfg.kernel.search import Searcher
from tracecfg.kernel.source import Source
from tracecfg.kernel.tree import Tree
from tracecfg.kernel.users import TRACEPOINT_H

_WORD = "trace_[A-Za-z0-9_]*"
# a tab itself: in brackets POSIX takes \t for a backslash and a t
_WORD_PASTED = f"{_WORD}([ \t]*##)?"
_STRUCTURE = "&event_"
_RUST = "declare_trace!"
# no \b: rg takes ten times as long for it
_WANTED = rf"{_WORD_PASTED}|{_STRUCTURE}[A-Za-z0-9_]+|{_RUST}"
_CORE = re.compile(r"include/(?:trace/(?!events/)|linux/trace)")
"""What makes the functions, by pasting."""
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_SHARED = "include"
_LARGE = ("arch", "drivers", "sound")
_MANY = 500
"""Macros, more than any tree has that paste the names of tracepoints."""
_FEW = 5
"""Texts that rg looks for at once as fast as for one: it takes eight, and there are three more."""
_ROUNDS = 3
"""How often macros are looked for that use those found before."""


def start(tree: Tree, searcher: Searcher) -> Callable[[], Called]:
    """Begin to read, on another core; what is called is then to be asked for.

    Raises TracecfgError, then.
    """
    return beside(lambda: called(tree, searcher))


def called(tree: Tree, searcher: Searcher) -> Called:
    """Raises TracecfgError for a search that fails; a file that cannot be read is taken to call
    what is named there."""
    return _Reading(tree, searcher).called()


@dataclass
class _Macro:
    """What one macro, or the code of one header, pastes.

    by_inclusion: it is code of a header, and names are those of headers that include it
    names: its own and those of the macros that use it; shared: those of them that headers define
    users: files that name one of them
    """

    patterns: list[Pattern]
    by_inclusion: bool
    names: set[str]
    shared: set[str]
    users: set[str]
    chains: set[Pattern] = field(default_factory=set)


class _Reading:
    def __init__(self, tree: Tree, searcher: Searcher) -> None:
        self.tree = tree
        self.searcher = searcher
        self.functions = calls.call_functions(tree.read(TRACEPOINT_H))
        self.heads = frozenset(
            prefix[: prefix.index(HEAD) + len(HEAD)] for prefix, _ in self.functions
        )
        self.sources: dict[str, Source | None] = {}
        self.mentions: dict[str, pasting.Mentions] = {}
        self.names: set[str] = set()
        self.macros: list[_Macro] = []

    def called(self) -> Called:
        shared: dict[str, set[str]] = defaultdict(set)
        for path, match in self._matches(_WORD_PASTED, (_SHARED,)):
            if _is_pasted(match):
                shared[path].add(match)
        self._read_pasting(shared)
        self._look(set(), lambda _: (_SHARED,))
        searched = self._shared_names()
        stems = _fewer(_stems(searched))
        words: dict[str, set[str]] = defaultdict(set)
        pasted: dict[str, set[str]] = defaultdict(set)
        users: set[str] = set()
        for path, match in self._matches("|".join((_WANTED, *map(_pattern, stems)))):
            if match in stems:
                users.add(path)
            elif match == _RUST:
                self.names.update(f"{HEAD}{name}" for name in self._rust(path))
            elif _is_pasted(match):
                if path not in shared:
                    pasted[path].add(match)
            elif match.startswith(_STRUCTURE):
                self.names.add(match)
            else:
                words[path].add(match)
        self._confirm(words)
        self._read_pasting(pasted)
        self._use(users)
        self._look(searched, self._near)
        pastes = tuple(paste for macro in self.macros for paste in self._pastes(macro))
        return Called(functions=self.functions, names=frozenset(self.names), pastes=pastes)

    def _matches(self, pattern: str, under: tuple[str, ...] = ("",)) -> Iterator[tuple[str, str]]:
        return matches(self.tree, self.searcher, pattern, under)

    def _rust(self, path: str) -> Iterator[str]:
        source = self._source(path)
        return calls.rust_names(source.text) if source else iter(())

    def _source(self, path: str) -> Source | None:
        if path not in self.sources:
            try:
                self.sources[path] = Source(path, self.tree.read(path))
            except UnsupportedTreeError:
                self.sources[path] = None
        return self.sources[path]

    def _confirm(self, tails: Mapping[str, set[str]]) -> None:
        """Add the functions that are called or handed on to the names: of the files that name
        many first, for one place is enough.

        tails: the ends of their names, from trace_ on, by file
        """
        known: set[str] = set()
        doubtful: dict[str, set[str]] = {}
        for path in sorted(tails, key=lambda path: (-len(tails[path]), path)):
            wanted = tails[path] - known
            if not wanted:
                continue
            try:
                source = Source(path, self.tree.read(path))
            except UnsupportedTreeError:
                self.names |= wanted
                continue
            seen: set[str] = set()
            looks, dead = 0, ctext.may_be_dead(source.text)
            for name, at in calls.named(source.text, wanted, self.heads):
                tail = name[name.index(HEAD) :]
                if tail in known or not calls.hands_on(source.text, at):
                    continue
                seen.add(tail)
                looks += 1
                if looks > calls.MANY:
                    _ = source.blanked
                if not dead and self._surely(source, at):
                    self.names.add(name)
                    known.add(tail)
            if doubted := seen - known:
                doubtful[path] = doubted
        for path, left in sorted(doubtful.items()):
            if not known.issuperset(left) and (again := self._source(path)):
                _ = again.blanked
                for name, at in calls.named(again.text, left, self.heads):
                    if calls.hands_on(again.text, at) and calls.is_code(again, at):
                        self.names.add(name)

    @staticmethod
    def _surely(source: Source, at: int) -> bool:
        if "blanked" in source.__dict__:
            return source.blanked[at] == source.text[at]
        return calls.surely_code(source.text, at)

    def _read_pasting(self, paths: Mapping[str, set[str]]) -> None:
        """Add what these files paste to the macros. paths: with what shows that they do"""
        for path in sorted(paths):
            if _CORE.match(path) or not (source := self._source(path)):
                continue
            if len(self.macros) > _MANY:
                break
            by_macro: dict[str | None, list[Pasting]] = defaultdict(list)
            heads = {match for match in paths[path] if match.endswith("_")}
            for found in pasting.pasting(source, heads):
                by_macro[found.macro].append(found)
            for name, pastings in by_macro.items():
                patterns = [each.pattern for each in pastings if self._may_call(each.pattern)]
                if patterns:
                    names = {name or posixpath.basename(path)}
                    shared = names if path.endswith(".h") else ()
                    macro = _Macro(patterns, name is None, names, set(shared), {path})
                    self.macros.append(macro)
                    self._grow(macro, source)

    def _may_call(self, pattern: Pattern) -> bool:
        head = pattern[0]
        return any(
            head.startswith(prefix) or prefix.startswith(head) for prefix, _ in self.functions
        )

    def _grow(self, macro: _Macro, source: Source) -> None:
        """Add the macros of a file that use the macro."""
        if macro.by_inclusion and source.path.endswith(".h"):
            macro.names.add(posixpath.basename(source.path))
            macro.shared.add(posixpath.basename(source.path))
        path = source.path
        if path not in self.mentions:
            self.mentions[path] = pasting.mentions(source)
        new = pasting.closure(macro.names, self.mentions[path]) - macro.names
        macro.names |= new
        if path.endswith(".h"):
            macro.shared |= new
        macro.chains.update(
            chain
            for each in source.defines.values()
            if each.name in macro.names
            for chain in pasting.chains(each)
        )

    def _look(self, searched: set[str], where: Callable[[set[str]], tuple[str, ...]]) -> None:
        """Find the users of the macros whose names have not been searched for, and theirs."""
        for _ in range(_ROUNDS):
            names = self._shared_names() - searched
            if not names:
                break
            searched = searched | names
            stems = _stems(names)
            for some in range(0, len(stems), _FEW):
                pattern = "|".join(map(_pattern, stems[some : some + _FEW]))
                self._use({path for path, _ in self._matches(pattern, where(names))})

    def _use(self, paths: Iterable[str]) -> None:
        """Add these files to the users of the macros that they name."""
        for path in sorted(paths):
            if source := self._source(path):
                for macro in self.macros:
                    if any(name in source.text for name in macro.names):
                        macro.users.add(path)
                        self._grow(macro, source)

    def _shared_names(self) -> set[str]:
        """What is looked for in other files: the macros of headers, and headers that paste."""
        found = {name for macro in self.macros for name in macro.shared}
        return set(sorted(found)[:_MANY])

    def _near(self, names: set[str]) -> tuple[str, ...]:
        """Where macros of these names are looked for: a header that is not in include/ is for its
        neighbours."""
        macros = (macro for macro in self.macros if not names.isdisjoint(macro.shared))
        found = {_neighbours(path) for macro in macros for path in macro.users}
        return ("",) if "" in found else tuple(sorted(found))

    def _pastes(self, macro: _Macro) -> Iterator[Paste]:
        words: set[str] = set()
        for path in macro.users:
            source = self._source(path)
            if source and macro.by_inclusion:
                words.update(calls.WORD.findall(source.text))
            elif source:
                given = pasting.given(source, macro.names)
                words |= pasting.stood_for(given, [source, *self._included(source)])
        filling, chains = frozenset(words), tuple(sorted(macro.chains))
        for pattern in macro.patterns[:_MANY]:
            yield Paste(pattern, filling, chains)

    def _included(self, source: Source) -> Iterator[Source]:
        folder = posixpath.dirname(source.path)
        for name in source.includes[:_MANY]:
            for where in (folder, _SHARED):
                path = posixpath.normpath(posixpath.join(where, name[1:-1]))
                if self.tree.is_file(path) and (found := self._source(path)):
                    yield found
                    break


def _is_pasted(match: str) -> bool:
    return match.endswith(("#", "_"))


def _neighbours(path: str) -> str:
    """The folder of the files that may use what a file defines."""
    top, *rest = path.split("/")
    if top == _SHARED:
        return ""
    return f"{top}/{rest[0]}" if top in _LARGE and len(rest) > 1 else top


def _stems(names: Collection[str]) -> list[str]:
    """Those of the names that are in no other: whoever names another one has them."""
    found: list[str] = []
    for name in sorted(names, key=lambda name: (len(name), name)):
        if _NAME.fullmatch(name) and not any(stem in name for stem in found):
            found.append(name)
    return found


def _fewer(stems: list[str]) -> list[str]:
    """Beginnings of them, not too short, until they are few."""
    for length in range(24, 8, -1):
        if len(stems) > _FEW:
            stems = sorted({stem[:length] for stem in stems})
    return stems


def _pattern(name: str) -> str:
    return name.replace(".", "[.]")
