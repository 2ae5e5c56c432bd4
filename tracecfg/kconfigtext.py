"""The Kconfig entries of a whole tree, all architectures at once, as text.

This is no Kconfig interpreter (tracecfg.kernel.kconf is): it finds where entries stand, so that
lines can be added to them, and what they say of themselves.
"""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from tracecfg.model import Place

# a plain newline instead of ^ makes the search several times faster
_ENTRY = re.compile(r"\n[ \t]*+(?:menu)?config[ \t]++(\w++)[ \t]*+(?:\#.*)?$", re.MULTILINE)
_BLOCK = re.compile(
    r"^[ \t]*(?:config|menuconfig|choice|endchoice|comment|menu|endmenu|if|endif|o?r?source"
    r"|mainmenu)\b"
)
_ATTRIBUTE = re.compile(
    r"^[ \t]+(?P<word>bool|tristate|int|hex|string|def_bool|def_tristate|prompt|default|depends"
    r"|visible|select|imply|range|option|modules|transitional)\b(?P<rest>.*)"
)
TYPES = ("bool", "tristate", "def_bool", "def_tristate")
_HELP = re.compile(r"^[ \t]*(?:---)?help(?:---)?[ \t]*$")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)


class Entry(NamedTuple):
    """One `config` entry.

    attributes: (word, rest, line) in the order of the file; help_text: without indentation
    """

    name: str
    place: Place
    attributes: tuple[tuple[str, str, int], ...]
    help_text: str

    @property
    def prompt(self) -> str | None:
        for word, rest, _line in self.attributes:
            if word in ("bool", "tristate", "prompt", "int", "hex", "string"):
                match = re.search(r'"([^"]*)"', rest)
                if match:
                    return match[1]
        return None

    @property
    def typed(self) -> bool:
        return any(word in TYPES for word, _, _ in self.attributes)

    @property
    def selects(self) -> tuple[str, ...]:
        """Those without a condition."""
        return tuple(
            rest.split()[0]
            for word, rest, _ in self.attributes
            if word == "select" and len(rest.partition("#")[0].split()) == 1
        )


class KconfigIndex:
    """Where each symbol of a tree is defined; entries are parsed when they are asked for."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """files: the text of every Kconfig file, by tree-relative path"""
        self.files = files
        self._where: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._parsed: dict[str, tuple[Entry, ...]] = {}
        for path, text in files.items():
            for match in _ENTRY.finditer("\n" + text):
                # the newline that was put before is the last of the line above
                self._where[match[1]].append((path, match.start()))

    def __contains__(self, name: str) -> bool:
        return name in self._where

    def names(self) -> Iterator[str]:
        return iter(self._where)

    def entries(self, name: str) -> tuple[Entry, ...]:
        if name not in self._parsed:
            self._parsed[name] = tuple(
                parse_entry(self.files[path], path, at) for path, at in self._where[name]
            )
        return self._parsed[name]

    def of_file(self, path: str) -> tuple[Entry, ...]:
        """The entries that stand in one file."""
        return tuple(
            entry
            for name, places in self._where.items()
            if any(file == path for file, _ in places)
            for entry in self.entries(name)
            if entry.place.file == path
        )

    def main_entry(self, name: str) -> Entry | None:
        """The entry that a person would edit: the one with the prompt, or the first."""
        if name not in self._where:
            return None
        entries = self.entries(name)
        return next((entry for entry in entries if entry.prompt), entries[0])

    def may_say(self, name: str, word: str) -> bool:
        """Can an entry of the symbol have the word, in small letters, in it? Quick, and sure only
        of a no."""
        for path, at in self._where.get(name, ()):
            text = self.files[path]
            end = text.find("\nconfig ", at + 1)
            if word in text[at : end if end >= 0 else None].lower():
                return True
        return False

    def editable(self, name: str) -> tuple[Entry, ...]:
        """The entries that a person would add a `select` to: those with a prompt, or else all
        that give the symbol a type (one for each architecture that defines it)."""
        entries = self.entries(name) if name in self else ()
        typed = tuple(entry for entry in entries if entry.typed)
        return tuple(entry for entry in typed if entry.prompt) or typed

    @cached_property
    def with_tracing(self) -> frozenset[str]:
        """The symbols that are on whenever tracing is: those that TRACING selects, in turn."""
        return self._selected_by("TRACING") | {"TRACEPOINTS"}

    def brings_tracepoints(self, name: str) -> bool:
        """Is TRACEPOINTS on whenever the symbol is: by its selects, or by what it depends on?"""
        if name not in self:
            return False
        needed = {name}
        for entry in self.entries(name):
            for word, rest, _ in entry.attributes:
                if word == "depends" and "||" not in rest:
                    needed.update(re.findall(r"(?<![!\w])[A-Z]\w+", rest))
        return "TRACEPOINTS" in needed.union(*(self._selected_by(each) for each in needed))

    def _selected_by(self, name: str) -> frozenset[str]:
        reached: set[str] = set()
        todo = [name]
        while todo:
            each = todo.pop()
            if each not in reached and each in self._where:
                reached.add(each)
                todo += [select for entry in self.entries(each) for select in entry.selects]
        return frozenset(reached)

    def file_with(self, pattern: re.Pattern[str]) -> str | None:
        """The first file whose text has a match."""
        return next((path for path, text in self.files.items() if pattern.search(text)), None)

    def conflicts(self) -> list[Place]:
        """Merge conflict markers that somebody left in a Kconfig file."""
        found = (first_conflict(path, text) for path, text in self.files.items())
        return [place for place in found if place]


def first_conflict(path: str, text: str) -> Place | None:
    """Where the first merge conflict marker stands that somebody left in a file's text."""
    # a plain search for the signs takes a hundredth of the pattern's time
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return None
    match = _CONFLICT.search(text)
    return Place(path, text.count("\n", 0, match.start()) + 1) if match else None


def statement(text: str) -> list[str]:
    """The lines of `depends on A && B`, short enough to be indented within 80 columns: all but the
    last end in a backslash, the others begin with a tab."""
    # an operator stays at the end of its line
    glued = text.replace(" &&", "\xa0&&").replace(" ||", "\xa0||")
    lines = textwrap.wrap(glued, 60, break_long_words=False, break_on_hyphens=False)
    return " \\\n\t".join(lines).replace("\xa0", " ").split("\n")


def parse_entry(text: str, path: str, start: int) -> Entry:
    """The entry that begins at offset `start` of a Kconfig file's text."""
    first = text.count("\n", 0, start) + 1
    lines = _lines(text, start)
    name = next(lines).split()[1]
    continued = ""
    attributes: list[tuple[str, str, int]] = []
    help_lines: list[str] = []
    in_help = False
    help_indent: int | None = None
    for number, line in enumerate(lines, first + 1):
        stripped = line.strip()
        if in_help:
            expanded = line.expandtabs()
            indent = len(expanded) - len(expanded.lstrip())
            if stripped and help_indent is None:
                help_indent = indent
            if not stripped or (help_indent and indent >= help_indent):
                help_lines.append(stripped)
                continue
            in_help = False
        if _HELP.match(line):
            in_help, help_indent = True, None
        elif continued:
            word, rest, at = attributes.pop()
            attributes.append((word, f"{rest} {stripped.removesuffix(continued).rstrip()}", at))
            continued = "\\" if stripped.endswith("\\") else ""
        elif match := _ATTRIBUTE.match(line):
            continued = "\\" if stripped.endswith("\\") else ""
            rest = match["rest"].strip().removesuffix(continued).rstrip()
            attributes.append((match["word"], rest, number))
        elif _BLOCK.match(line):
            break
    return Entry(
        name=name,
        place=Place(path, first),
        attributes=tuple(attributes),
        help_text="\n".join(help_lines).strip(),
    )


def _lines(text: str, at: int) -> Iterator[str]:
    """Line by line: an entry is short and the file it begins in may be long."""
    while (end := text.find("\n", at)) >= 0:
        yield text[at:end]
        at = end + 1
    yield text[at:]
