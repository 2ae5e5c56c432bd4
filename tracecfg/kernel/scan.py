"""From the text of a tree to its Inventory: every trace system and what belongs to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tracecfg.beside import beside
from tracecfg.errors import UnsupportedTreeError
from tracecfg.kconfigtext import first_conflict
from tracecfg.kernel import ctext
from tracecfg.kernel.creators import CREATES, Creators
from tracecfg.kernel.drafts import Draft, Drafts, consumer, creator
from tracecfg.kernel.events import EventMacro, EventReader, event_macros
from tracecfg.kernel.kbuild import Answers, Makefiles
from tracecfg.kernel.resolve import Includes
from tracecfg.kernel.search import Candidate
from tracecfg.kernel.signs import signs
from tracecfg.kernel.source import SWITCH, Source, in_kernel
from tracecfg.kernel.tree import Tree
from tracecfg.kernel.users import TRACEPOINT_H, Users, may_use, words_of_users
from tracecfg.model import Inventory, Place, TraceSystem

_SYSTEM_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*$")


_MANY = 100
"""Files for which a second process is worth starting."""


class Scanned(NamedTuple):
    """files: each that was read, by path; includes: resolves what they include"""

    inventory: Inventory
    files: Mapping[str, Source]
    includes: Includes


def scan(tree: Tree, candidates: Iterable[Candidate]) -> Inventory:
    """The inventory of a tree, as read() makes it."""
    return read(tree, candidates).inventory


def read(tree: Tree, candidates: Iterable[Candidate]) -> Scanned:
    """The inventory of a tree, from the files that search.search() finds, and these files.

    candidates: in any order; each is read as soon as it comes
    Raises UnsupportedTreeError where the tree has no include/linux/tracepoint.h that defines
    event macros; any other file that cannot be read or understood becomes a problem.
    """
    macros = event_macros(tree.read(TRACEPOINT_H))
    if not macros:
        raise UnsupportedTreeError(
            f"{TRACEPOINT_H}: defines no TRACE_EVENT: kernel {tree.version} is not supported"
        )
    problems: list[tuple[Place, str]] = []
    files: dict[str, Source] = {}
    words: dict[str, list[str]] = {}
    trace_headers: list[str] = []
    unread: list[str] = []
    for path, parts in candidates:
        names_system = path.endswith(".h") and not signs("TRACE_SYSTEM").isdisjoint(parts)
        if not names_system and not may_use(parts):
            unread.append(path)
            continue
        try:
            files[path] = source = Source(path, tree.read(path))
        except UnsupportedTreeError as error:
            problems.append((Place(path, 1), error.message.removeprefix(f"{path}: ")))
            continue
        # all that can be done with one file alone is done while the others are still looked for
        if (found := words_of_users(source.text, parts)) is not None:
            words[path] = found
        if names_system and "trace/define_trace.h" in source.text and in_kernel(path):
            trace_headers.append(path)
            _ = source.code
    files = dict(sorted(files.items()))
    includes = Includes(tree, files, unread)
    whole = _Scan(tree, macros, files, includes, words, problems)
    return Scanned(whole.inventory(sorted(trace_headers)), files, includes)


class _Scan:
    def __init__(
        self,
        tree: Tree,
        macros: Mapping[str, EventMacro],
        files: dict[str, Source],
        includes: Includes,
        words: Mapping[str, list[str]],
        problems: list[tuple[Place, str]],
    ) -> None:
        self.tree = tree
        self.files = files
        self.problems = problems
        self.includes = includes
        self.event_reader = EventReader(macros, Snippets(macros, includes))
        self.event_macros = macros
        self.drafts = Drafts()
        self.words = words

    def inventory(self, trace_headers: list[str]) -> Inventory:
        makefiles = Makefiles(self.tree)
        users = Users(self.drafts, self.files, self.words, self.includes)
        sources = sorted(path for path in self.words if path.endswith(".c"))

        def ask() -> Answers:
            return makefiles.answers(filter(users.uses, sources))

        answers = beside(ask) if len(sources) >= _MANY else ask
        for path in trace_headers:
            self._read_trace_header(self.files[path])
        users.read()
        creators = Creators(self.drafts.of_header, self.files, self.includes)
        creating = [path for path in sources if CREATES in self.words[path]]
        for created in creators.found(creating):
            self.drafts.systems[self.drafts.of_header[created.header]].creators.append(created)
        makefiles.learn(answers())
        systems = tuple(
            _system(name, draft, makefiles) for name, draft in sorted(self.drafts.systems.items())
        )
        return Inventory(
            root=str(self.tree.root),
            version=self.tree.version,
            systems=systems,
            problems=tuple(sorted({*self.problems, *self.includes.problems})),
        )

    def _read_trace_header(self, header: Source) -> None:
        definition = header.definition("TRACE_SYSTEM")
        if definition is None:
            return
        name, directive = definition
        if not _SYSTEM_NAME.match(name):
            self.problems.append((header.place(directive.start), f"TRACE_SYSTEM {name} is no name"))
            return
        if marker := first_conflict(header.path, header.text):
            self.problems.append((marker, "merge conflict markers"))
        draft = self.drafts.systems[name]
        draft.headers.append(header.path)
        if "TRACE_SYSTEM_VAR" in header.text:
            variable = header.definition("TRACE_SYSTEM_VAR")
            draft.variable = variable[0] if variable else draft.variable
        draft.own_option = draft.own_option or self._own_option(header)
        switch = SWITCH.search(header.blanked) if "TRACE_OPTION_" in header.text else None
        draft.switch = draft.switch or (switch[1] if switch else None)
        self.drafts.of_header[header.path] = name
        found = self.event_reader.read(header)
        self.problems += found.problems
        known = {event.name for event in draft.events}
        draft.events += [event for event in found.events if event.name not in known]
        for event in found.events:
            if name not in self.drafts.of_event[event.name]:
                self.drafts.of_event[event.name].append(name)

    def _own_option(self, header: Source) -> str | None:
        """The symbol without which a header defines its events away: by NOTRACE (the option of
        2015), or by a TRACE_EVENT of its own that makes empty functions (wireless drivers)."""
        if "CONFIG_" not in header.text:
            return None
        for directive, arms in ctext.conditionals(header.directives):
            if directive.word != "define":
                continue
            head = re.match(r"\w+", directive.rest)
            if head and (head[0] == "NOTRACE" or head[0] in self.event_macros):
                for arm in reversed(arms):
                    if arm.refuses:
                        return arm.refuses[0]
        return None


class Snippets:
    """The headers that hold events but no TRACE_SYSTEM of their own, as EventReader asks for
    them."""

    def __init__(self, macros: Mapping[str, EventMacro], includes: Includes) -> None:
        self._includes = includes
        self._reader = EventReader(macros, self)
        self._known: dict[str, bool] = {}

    def __call__(self, includer: str, include: str) -> Source | None:
        if not self._includes.may_be_scanned(include):
            return None
        header = self._includes.resolve(includer, include)
        if header is None or header.path == TRACEPOINT_H or "trace/define_trace.h" in header.text:
            return None
        if header.path not in self._known:
            self._known[header.path] = self._reader.calls(header)
        return header if self._known[header.path] else None


def _system(name: str, draft: Draft, makefiles: Makefiles) -> TraceSystem:
    creators = (creator(made, makefiles) for made in draft.creators)
    consumers = (consumer(made, makefiles, draft.switch) for made in draft.consumers)
    return TraceSystem(
        name=name,
        headers=tuple(sorted(draft.headers)),
        events=tuple(sorted(draft.events, key=lambda event: event.place)),
        creators=tuple(sorted(creators, key=lambda creator: creator.place)),
        exports=tuple(sorted(draft.exports, key=lambda export: export.place)),
        uses=tuple(sorted(draft.uses, key=lambda use: use.place)),
        consumers=tuple(sorted(consumers, key=lambda consumer: consumer.place)),
        own_option=draft.own_option,
        variable=draft.variable,
        switch=draft.switch,
    )
