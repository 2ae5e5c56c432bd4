"""From the text of a tree to its Inventory: every trace system and what belongs to it."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tracecfg.errors import UnsupportedTreeError
from tracecfg.gate import Sym, all_of
from tracecfg.kernel import ctext
from tracecfg.kernel.events import EventMacro, EventReader, Source, event_macros
from tracecfg.kernel.kbuild import Makefiles
from tracecfg.kernel.macros import parse_define
from tracecfg.kernel.search import in_kernel
from tracecfg.kernel.tree import Tree
from tracecfg.model import (
    Consumer,
    Creator,
    Event,
    Export,
    GateResult,
    Inventory,
    Place,
    TraceSystem,
    Use,
)

TRACEPOINT_H = "include/linux/tracepoint.h"

_USERS = (
    "CREATE_TRACE_POINTS",
    "TRACEPOINT_SYMBOL",
    "(__tracepoint_",
    "tracepoint_enabled",
    "DECLARE_TRACEPOINT",
    "register_trace_",
    "CUSTOM_EVENT",
    "set_clr_event",
    "trace_get_event_file",
    "&event_",
)
_SYSTEM_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*$")
_INCLUDE = re.compile(r'^([<"])([^>"]+)[>"]')
_SWITCH = re.compile(r"^#define TRACE_OPTION_\w+ IS_ENABLED\(CONFIG_(\w+)\)", re.MULTILINE)
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
_EXPORT = re.compile(
    r"\bEXPORT_TRACEPOINT_SYMBOL(?:_GPL)?\s*\(\s*(\w+)\s*\)"
    r"|\bEXPORT_SYMBOL\w*\s*\(\s*__tracepoint_(\w+)"
)
_USE = re.compile(r"\b(tracepoint_enabled|DECLARE_TRACEPOINT)\s*\(\s*(\w+)\s*\)")
_REGISTER = re.compile(r"(?<![\w])register_trace_(?:prio_)?(\w+?)\s*\(")
_CUSTOM = re.compile(r"\b(?:TRACE_CUSTOM_EVENT\s*\(|DEFINE_CUSTOM_EVENT\s*\(\s*\w+\s*,)\s*(\w+)")
_CALL_STRUCT = re.compile(r"&event_(\w+)\b")
_BY_NAME = re.compile(r"\b(?:trace_set_clr_event|trace_array_set_clr_event|trace_get_event_file)\s*\(")
_NAMES = re.compile(r'"([\w-]+)"\s*,\s*(?:"(\w+)"|NULL)')
_REGISTER_BY_PARAM = re.compile(r"(?<!\w)register_trace_(?:prio_)?\#\#\s*(\w+)")


@dataclass
class _Draft:
    """A trace system while its parts are being collected."""

    variable: str | None = None
    own_option: str | None = None
    switch: str | None = None
    headers: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    creators: list[Creator] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    consumers: list[Consumer] = field(default_factory=list)


def scan(tree: Tree, paths: Iterable[str]) -> Inventory:
    """The inventory of a tree, from the files that search.candidates() found.

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
    for path in paths:
        try:
            files[path] = Source(path, tree.read(path))
        except UnsupportedTreeError as error:
            problems.append((Place(path, 1), error.message.removeprefix(f"{path}: ")))
    return _Scan(tree, macros, files, problems).inventory()


class _Scan:
    def __init__(
        self,
        tree: Tree,
        macros: Mapping[str, EventMacro],
        files: dict[str, Source],
        problems: list[tuple[Place, str]],
    ) -> None:
        self.tree = tree
        self.files = files
        self.problems = problems
        self.makefiles = Makefiles(tree)
        self.event_reader = EventReader(macros, self._snippet)
        self.event_macros = macros
        self.drafts: dict[str, _Draft] = defaultdict(_Draft)
        self.system_of_header: dict[str, str] = {}
        self.snippets: dict[str, bool] = {}
        self.others: dict[str, Source | None] = {}
        self.systems_of_event: dict[str, list[str]] = defaultdict(list)

    def inventory(self) -> Inventory:
        for path, header in self.files.items():
            if path.endswith(".h") and "trace/define_trace.h" in header.text and in_kernel(path):
                self._read_trace_header(header)
        by_param = self._registering_macros()
        for source in self.files.values():
            beginning = _beginning(source, by_param)
            if beginning is not None:
                self._read_users(beginning, by_param)
        systems = tuple(
            TraceSystem(
                name=name,
                headers=tuple(sorted(draft.headers)),
                events=tuple(sorted(draft.events, key=lambda event: event.place)),
                creators=tuple(sorted(draft.creators, key=lambda creator: creator.place)),
                exports=tuple(sorted(draft.exports, key=lambda export: export.place)),
                uses=tuple(sorted(draft.uses, key=lambda use: use.place)),
                consumers=tuple(sorted(draft.consumers, key=lambda consumer: consumer.place)),
                own_option=draft.own_option,
                variable=draft.variable,
                switch=draft.switch,
            )
            for name, draft in sorted(self.drafts.items())
        )
        return Inventory(
            root=str(self.tree.root),
            version=self.tree.version,
            systems=systems,
            problems=tuple(sorted(self.problems)),
        )

    def _read_trace_header(self, header: Source) -> None:
        definition = header.definition("TRACE_SYSTEM")
        if definition is None:
            return
        name, directive = definition
        if not _SYSTEM_NAME.match(name):
            self.problems.append((header.place(directive.start), f"TRACE_SYSTEM {name} is no name"))
            return
        conflict = _CONFLICT.search(header.text)
        if conflict:
            self.problems.append((header.place(conflict.start()), "merge conflict markers"))
        draft = self.drafts[name]
        draft.headers.append(header.path)
        variable = header.definition("TRACE_SYSTEM_VAR")
        draft.variable = variable[0] if variable else draft.variable
        draft.own_option = draft.own_option or self._own_option(header)
        switch = _SWITCH.search(header.blanked)
        draft.switch = draft.switch or (switch[1] if switch else None)
        self.system_of_header[header.path] = name
        found = self.event_reader.read(header)
        self.problems += found.problems
        known = {event.name for event in draft.events}
        draft.events += [event for event in found.events if event.name not in known]
        for event in found.events:
            if name not in self.systems_of_event[event.name]:
                self.systems_of_event[event.name].append(name)

    def _own_option(self, header: Source) -> str | None:
        """The symbol without which a header defines its events away: by NOTRACE (the option of
        2015), or by a TRACE_EVENT of its own that makes empty functions (wireless drivers)."""
        for directive, arms in ctext.conditionals(header.directives):
            if directive.word != "define":
                continue
            head = re.match(r"\w+", directive.rest)
            if head and (head[0] == "NOTRACE" or head[0] in self.event_macros):
                for arm in reversed(arms):
                    if arm.refuses:
                        return arm.refuses[0]
        return None

    def _snippet(self, includer: str, include: str) -> Source | None:
        if include.rpartition("/")[2].strip('<>"') not in self._by_basename:
            return None
        header = self._resolve(includer, include)
        if header is None or header.path == TRACEPOINT_H or "trace/define_trace.h" in header.text:
            return None
        if header.path not in self.snippets:
            self.snippets[header.path] = self.event_reader.calls(header)
        return header if self.snippets[header.path] else None

    def _resolve(self, includer: str, include: str) -> Source | None:
        """The file that an #include names, the -I flags of its Makefile unknown: next to the
        includer, in an include folder, or the candidate whose path ends so and lies nearest."""
        match = _INCLUDE.match(include)
        if match is None:
            return None
        name = match[2]
        tries = [f"include/{name}"]
        if includer.startswith("arch/"):
            tries.append(f"arch/{includer.split('/')[1]}/include/{name}")
        if match[1] == '"':
            near = posixpath.normpath(posixpath.join(posixpath.dirname(includer), name))
            found = self.files.get(near) or self._other(near)
            if found:
                return found
        for path in tries:
            if path in self.files:
                return self.files[path]
        tail = "/" + posixpath.normpath(name).lstrip("./")
        ending = [path for path in self._by_basename.get(posixpath.basename(name), ())
                  if f"/{path}".endswith(tail)]  # fmt: skip
        if not ending:
            return None
        return self.files[max(ending, key=lambda path: _nearness(path, includer))]

    def _other(self, path: str) -> Source | None:
        """A header that is no candidate itself, but may include one."""
        if path not in self.others:
            found = not path.startswith("..") and self.tree.is_file(path)
            self.others[path] = Source(path, self.tree.read(path)) if found else None
        return self.others[path]

    @property
    def _by_basename(self) -> dict[str, list[str]]:
        if not hasattr(self, "_basenames"):
            self._basenames: dict[str, list[str]] = defaultdict(list)
            for path in self.files:
                self._basenames[posixpath.basename(path)].append(path)
        return self._basenames

    def _registering_macros(self) -> dict[str, int]:
        """Macros that register a probe on the tracepoint they are given, with the index of that
        argument: rv_attach_trace_probe(monitor, tp, handler)."""
        found: dict[str, int] = {}
        for path, header in self.files.items():
            if path == TRACEPOINT_H or "register_trace_##" not in header.text:
                continue
            for directive in header.directives:
                macro = parse_define(directive) if directive.word == "define" else None
                match = _REGISTER_BY_PARAM.search(macro.body) if macro else None
                if macro and match and match[1] in (macro.params or ()):
                    found[macro.name] = (macro.params or ()).index(match[1])
        return found

    def _read_users(self, header: Source, by_param: Mapping[str, int]) -> None:
        text = header.text
        if "CREATE_TRACE_POINTS" in text and header.path.endswith(".c"):
            self._read_creator(header)
        if "TRACEPOINT_SYMBOL" in text or "(__tracepoint_" in text:
            for match in _EXPORT.finditer(header.code):
                event = match[1] or match[2]
                place = header.place(match.start())
                for name in self._systems(event, header.path):
                    self.drafts[name].exports.append(Export(event=event, place=place))
        if "tracepoint_enabled" in text or "DECLARE_TRACEPOINT" in text:
            for match in _USE.finditer(header.blanked):
                place = header.place(match.start())
                for name in self._systems(match[2], header.path):
                    use = Use(event=match[2], macro=match[1], place=place)
                    self.drafts[name].uses.append(use)
        self._read_consumers(header, by_param)

    def _read_consumers(self, header: Source, by_param: Mapping[str, int]) -> None:
        calls: list[tuple[str, int]] = []
        if "CUSTOM_EVENT" in header.text and header.path.endswith(".h"):
            calls += [(match[1], match.start()) for match in _CUSTOM.finditer(header.code)]
        if "register_trace_" in header.text:
            calls += [(match[1], match.start()) for match in _REGISTER.finditer(header.code)]
        for macro, index in by_param.items():
            if macro not in header.text:
                continue
            for match in re.finditer(rf"\b{macro}\s*\(", header.code):
                call = ctext.arguments(header.code, match.end() - 1)
                if call and index < len(call[0]):
                    calls.append((call[0][index], match.start()))
        if "&event_" in header.text:
            calls += [(match[1], match.start()) for match in _CALL_STRUCT.finditer(header.code)
                      if match[1] in self.systems_of_event]  # fmt: skip
        for event, offset in calls:
            for name in self._systems(event, header.path):
                self._add_consumer(name, event, header, offset)
        if "set_clr_event" in header.text or "trace_get_event_file" in header.text:
            for match in _BY_NAME.finditer(header.code):
                call = ctext.arguments(header.code, match.end() - 1)
                names = _NAMES.search(header.text, match.end(), call[1]) if call else None
                if names and names[1] in self.drafts:
                    self._add_consumer(names[1], names[2] or "*", header, match.start())

    def _add_consumer(self, system: str, event: str, header: Source, offset: int) -> None:
        built = header.path
        if built.endswith(".h"):
            # the code is built where the header is included
            name = posixpath.basename(built)
            built = next(
                (
                    path
                    for path, other in self.files.items()
                    if path.endswith(".c")
                    and name in other.text
                    and any(self._resolve(path, each) is header for each in other.includes)
                ),
                built,
            )
        self.drafts[system].consumers.append(
            Consumer(
                event=event,
                place=header.place(offset),
                configs=self._configs_at(header, offset, built),
                gate=self.makefiles.gate_of(built),
            )
        )

    def _configs_at(self, header: Source, offset: int, built: str) -> tuple[str, ...]:
        own = self.makefiles.config_of(built)
        arms = [name for arm in _arms_at(header, offset) for name in arm.needs]
        return tuple(dict.fromkeys([own, *arms] if own else arms))

    def _read_creator(self, header: Source) -> None:
        creating = False
        for directive in header.directives:
            if directive.word == "define" and directive.rest.split()[:1] == ["CREATE_TRACE_POINTS"]:
                creating = True
            elif directive.word == "undef" and directive.rest == "CREATE_TRACE_POINTS":
                creating = False
            elif directive.word == "include" and creating:
                place = header.place(directive.start)
                for trace_header in self._trace_headers_behind(header.path, directive.rest):
                    creator = Creator(
                        place=place,
                        header=trace_header,
                        gate=self._gate_within(header, directive.start),
                    )
                    self.drafts[self.system_of_header[trace_header]].creators.append(creator)

    def _gate_within(self, header: Source, offset: int) -> GateResult:
        """The gate of an object, narrowed by the #ifdefs around the code at an offset."""
        built = self.makefiles.gate_of(header.path)
        if built.gate is None:
            return built
        needs = [Sym(name) for arm in _arms_at(header, offset) for name in arm.needs]
        return GateResult(gate=all_of([built.gate, *needs]))

    def _trace_headers_behind(self, includer: str, include: str, depth: int = 0) -> list[str]:
        """The trace headers that an #include brings in: itself, or what it includes in turn."""
        header = self._resolve(includer, include)
        if header is None or depth == 3:
            return []
        if header.path in self.system_of_header:
            return [header.path]
        return [
            found
            for argument in header.includes
            for found in self._trace_headers_behind(header.path, argument, depth + 1)
        ]

    def _systems(self, event: str, path: str) -> list[str]:
        """The systems an event name can mean in a file: the one whose headers lie nearest."""
        names = self.systems_of_event.get(event, [])
        if len(names) < 2:
            return names
        return [
            max(
                names,
                key=lambda name: max(_nearness(at, path) for at in self.drafts[name].headers),
            )
        ]


def _beginning(source: Source, by_param: Mapping[str, int]) -> Source | None:
    """The file as far as it has anything to do with tracepoints: most are long, and the place is
    near the top. None when no word of interest is in it at all."""
    text = source.text
    last = max(text.rfind(word) for word in (*_USERS, *by_param))
    if last < 0:
        return None
    if "CREATE_TRACE_POINTS" in text:
        last = max(last, text.rfind("#include"))
    end = text.find(");", last)
    end = text.find("\n", end) if end >= 0 else -1
    return source if end < 0 else Source(source.path, text[: end + 1])


def _arms_at(header: Source, offset: int) -> tuple[ctext.Branch, ...]:
    """The arms of the conditionals that an offset stands in."""
    marker = ctext.Directive("pragma", "", offset, offset)
    before = [directive for directive in header.directives if directive.start < offset]
    *_, (_, arms) = ctext.conditionals([*before, marker])
    return arms


def _nearness(path: str, other: str) -> tuple[int, int]:
    shared = len(posixpath.commonprefix([posixpath.dirname(path), posixpath.dirname(other)]))
    return shared, -len(path)
