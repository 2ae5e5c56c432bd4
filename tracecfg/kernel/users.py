"""Who exports, asks for and consumes the tracepoints of a tree."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

from tracecfg.kernel import ctext
from tracecfg.kernel.creators import CREATES
from tracecfg.kernel.drafts import Consumed, Drafts
from tracecfg.kernel.resolve import Includes
from tracecfg.kernel.signs import signs
from tracecfg.kernel.source import Source
from tracecfg.model import Export, Use

TRACEPOINT_H = "include/linux/tracepoint.h"

USERS = (
    CREATES,
    "EXPORT_TRACEPOINT_SYMBOL",
    "DECLARE_TRACEPOINT",
    "(__tracepoint_",
    "tracepoint_enabled",
    "register_trace_",
    "CUSTOM_EVENT",
    "set_clr_event",
    "trace_get_event_file",
    "&event_",
)
"""Words that make a file worth reading on."""
_INCLUDE = "include <trace/events/"
_SIGNS = frozenset[str]().union(*map(signs, (*USERS, _INCLUDE)))
# that no letter stands before is asked behind the first word: patterns that begin with plain text
# are found several times faster
_EXPORT = re.compile(
    r"EXPORT_(?<!\wEXPORT_)(?:TRACEPOINT_SYMBOL(?:_GPL)?\s*\(\s*(\w+)\s*\)"
    r"|SYMBOL\w*\s*\(\s*__tracepoint_(\w+))"
)
_USE = re.compile(r"\b(tracepoint_enabled|DECLARE_TRACEPOINT)\s*\(\s*(\w+)\s*\)")
_REGISTER = re.compile(r"register_trace_(?<!\wregister_trace_)(?:prio_)?(\w+?)\s*\(")
_CUSTOM = re.compile(r"\b(?:TRACE_CUSTOM_EVENT\s*\(|DEFINE_CUSTOM_EVENT\s*\(\s*\w+\s*,)\s*(\w+)")
_CALL_STRUCT = re.compile(r"&event_(\w+)\b")
_BY_NAME = re.compile(
    r"trace_(?<!\wtrace_)(?:set_clr_event|array_set_clr_event|get_event_file)\s*\("
)
_NAMES = re.compile(r'"([\w-]+)"\s*,\s*(?:"(\w+)"|NULL)')
_REGISTER_BY_PARAM = re.compile(r"(?<!\w)register_trace_(?:prio_)?\#\#\s*(\w+)")


def may_use(parts: frozenset[str]) -> bool:
    """Can a file of which search() tells these parts hold one of the words, or include events?"""
    return not _SIGNS.isdisjoint(parts)


def words_of_users(text: str, parts: frozenset[str]) -> list[str] | None:
    """Which words are in a text that make it worth reading on; None for one without any that
    includes no events either, which it takes to register probes through a macro.

    parts: what search() tells of the file
    """
    found = [word for word in USERS if not signs(word).isdisjoint(parts) and word in text]
    return None if not found and signs(_INCLUDE).isdisjoint(parts) else found


class Users:
    """Reads the files of a scan for what they do with the systems' tracepoints."""

    def __init__(
        self,
        drafts: Drafts,
        files: Mapping[str, Source],
        words: Mapping[str, list[str]],
        includes: Includes,
    ) -> None:
        """words: what words_of_users() finds, of the files in which it finds anything"""
        self.drafts = drafts
        self.files = files
        self.built_in: dict[str, str] = {}
        self.words = words
        self.includes = includes
        self.by_param = self._registering_macros()

    def uses(self, path: str) -> bool:
        """Has the file anything to do with tracepoints, so that its gate is needed?"""
        return bool(self.words[path] or self._macros(path))

    def read(self) -> None:
        """Add every export, use and consumer to the drafts."""
        for path, words in sorted(self.words.items()):
            calls = [word for word in words if word != CREATES] + self._macros(path)
            if calls:
                self._read_users(_calling(self.files[path], calls))

    def _macros(self, path: str) -> list[str]:
        text = self.files[path].text
        return [macro for macro in self.by_param if macro in text]

    def _registering_macros(self) -> dict[str, int]:
        """Macros that register a probe on the tracepoint they are given, with the index of that
        argument: rv_attach_trace_probe(monitor, tp, handler)."""
        found: dict[str, int] = {}
        for path in sorted(self.words):
            header = self.files[path]
            if "register_trace_" not in self.words[path] or path == TRACEPOINT_H:
                continue
            if "register_trace_##" not in header.text:
                continue
            for macro in header.defines.values():
                match = _REGISTER_BY_PARAM.search(macro.body)
                if match and match[1] in (macro.params or ()):
                    found[macro.name] = (macro.params or ()).index(match[1])
        return found

    def _read_users(self, header: Source) -> None:
        text = header.text
        if "EXPORT_TRACEPOINT_SYMBOL" in text or "(__tracepoint_" in text:
            for match in _exports(header):
                event = match[1] or match[2]
                place = header.place(match.start())
                for name in self.drafts.meant(event, header, self.includes):
                    self.drafts.systems[name].exports.append(Export(event=event, place=place))
        if "tracepoint_enabled" in text or "DECLARE_TRACEPOINT" in text:
            for match in _USE.finditer(header.blanked):
                place = header.place(match.start())
                for name in self.drafts.meant(match[2], header, self.includes):
                    use = Use(event=match[2], macro=match[1], place=place)
                    self.drafts.systems[name].uses.append(use)
        self._read_consumers(header)

    def _read_consumers(self, header: Source) -> None:
        calls: list[tuple[str, int]] = []
        if "CUSTOM_EVENT" in header.text and header.path.endswith(".h"):
            calls += [(match[1], match.start()) for match in _CUSTOM.finditer(header.code)]
        if "register_trace_" in header.text:
            calls += [(match[1], match.start()) for match in _REGISTER.finditer(header.code)]
        for macro, index in self.by_param.items():
            if macro not in header.text:
                continue
            for match in re.finditer(rf"\b{macro}\s*\(", header.code):
                call = ctext.arguments(header.code, match.end() - 1)
                if call and index < len(call[0]):
                    calls.append((call[0][index], match.start()))
        # asked first whether it is one of an event: blanking a text takes a hundred times longer
        if not self.drafts.of_event.keys().isdisjoint(_CALL_STRUCT.findall(header.text)):
            calls += [
                (match[1], match.start())
                for match in _CALL_STRUCT.finditer(header.code)
                if match[1] in self.drafts.of_event
            ]
        for event, offset in calls:
            for name in self.drafts.meant(event, header, self.includes):
                self._add_consumer(name, event, header, offset)
        if "set_clr_event" in header.text or "trace_get_event_file" in header.text:
            for match in _BY_NAME.finditer(header.code):
                call = ctext.arguments(header.code, match.end() - 1)
                names = _NAMES.search(header.text, match.end(), call[1]) if call else None
                if names and names[1] in self.drafts.systems:
                    self._add_consumer(names[1], names[2] or "*", header, match.start())

    def _add_consumer(self, system: str, event: str, header: Source, offset: int) -> None:
        if header.path not in self.built_in:
            self.built_in[header.path] = self._built_in(header)
        self.drafts.systems[system].consumers.append(
            Consumed(
                event=event,
                place=header.place(offset),
                source=self.built_in[header.path],
                needs=header.needed_at(offset),
            )
        )

    def _built_in(self, header: Source) -> str:
        """The file that the code is compiled with: itself, or a .c file that includes it."""
        if not header.path.endswith(".h"):
            return header.path
        folder, name = posixpath.split(header.path)
        including = (
            path
            for path in sorted(self.files, key=lambda path: posixpath.dirname(path) != folder)
            if path.endswith(".c")
            and name in self.files[path].text
            and any(
                self.includes.resolve(path, each) is header for each in self.files[path].includes
            )
        )
        return next(including, header.path)


def _calling(source: Source, words: list[str]) -> Source:
    """The file up to the last of the words: they are calls, which may go on for some lines."""
    return source.up_to(source.text.find(");", max(map(source.text.rfind, words))))


def _exports(source: Source) -> Iterable[re.Match[str]]:
    text = source.text
    found = list(_EXPORT.finditer(text))
    words = text.count("EXPORT_TRACEPOINT_SYMBOL") + text.count("(__tracepoint_")
    # such lines as most are: then the text, which is often long, need not be blanked
    plain = len(found) == words and ctext.begin_lines(text, (match.start() for match in found))
    return found if plain else _EXPORT.finditer(source.code)
