"""One C file of the tree, as far as it is read: each view of it is made when it is asked for."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tracecfg.kernel import ctext
from tracecfg.kernel.ctext import Directive
from tracecfg.kernel.macros import Macro, parse_define
from tracecfg.model import Place

# a plain newline instead of ^ makes the search several times faster
_INCLUDE = re.compile(r'\n[ \t]*+\#[ \t]*+include[ \t]*+([<"][^>"\n]+[>"])')

SWITCH = re.compile(r"^#define TRACE_OPTION_\w+ IS_ENABLED\(CONFIG_(\w+)\)", re.MULTILINE)
"""With what a converted trace header asks for its option, in the blanked text."""


def in_kernel(path: str) -> bool:
    """Does a trace header here belong to the kernel? samples/ has consumers, but its own systems
    are examples."""
    return not path.startswith("samples/")


@dataclass(frozen=True)
class Source:
    """A C file, or its beginning, read once: text, blanked text, directives; offsets agree."""

    path: str
    text: str

    @cached_property
    def blanked(self) -> str:
        return ctext.blank(self.text)

    @cached_property
    def directives(self) -> list[Directive]:
        if "blanked" not in self.__dict__:
            found = ctext.directives_at_once(self.text)
            if found is not None:
                return found
        return ctext.directives(self.blanked)

    @cached_property
    def code(self) -> str:
        return ctext.without(self.blanked, self.directives)

    @cached_property
    def defines(self) -> dict[Directive, Macro]:
        parsed = ((each, parse_define(each)) for each in self.directives if each.word == "define")
        return {directive: macro for directive, macro in parsed if macro is not None}

    @cached_property
    def includes(self) -> list[str]:
        """What its #include lines name, as written; cheap, so comments are not looked at."""
        return _INCLUDE.findall("\n" + self.text)

    def includes_behind(self, start: int) -> Iterator[tuple[str, int]]:
        """What its #include lines from an offset on name, and where that ends."""
        at = self.text.find("include", start)
        while at >= 0:
            # a plain search for the word: the pattern alone would look at every line
            match = _INCLUDE.match(self.text, self.text.rfind("\n", start, at))
            if match:
                yield match[1], match.end()
            at = self.text.find("include", at + 1)

    def up_to(self, offset: int) -> Source:
        """The file to the end of the line at an offset; the whole of it for -1."""
        end = self.text.find("\n", offset) if offset >= 0 else -1
        return self if end < 0 else Source(self.path, self.text[: end + 1])

    @cached_property
    def _lines(self) -> ctext.Lines:
        return ctext.Lines(self.text)

    def place(self, offset: int) -> Place:
        return Place(self.path, self._lines.of(offset))

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def line_start(self, line: int) -> int:
        """The offset of a line, from 1."""
        return self._starts[line - 1]

    def line(self, number: int) -> str:
        """From 1."""
        start = self.line_start(number)
        return self.text[start:].partition("\n")[0]

    def column(self, offset: int) -> int:
        """From 1, in characters."""
        return offset - self.text.rfind("\n", 0, offset)

    def definition(self, name: str) -> tuple[str, Directive] | None:
        """The value of the last `#define name value`."""
        found = None
        for directive in self.directives:
            if directive.word == "define" and directive.rest.startswith(name):
                head, *value = directive.rest.split(None, 1)
                if head == name:
                    found = ("".join(value), directive)
        return found

    @cached_property
    def _arms_behind(self) -> list[tuple[ctext.Branch, ...]]:
        """The arms at the top of the file, and behind each directive."""
        marker = Directive("pragma", "", 0, 0)
        found = [marker, *(each for one in self.directives for each in (one, marker))]
        return [arms for each, arms in ctext.conditionals(found) if each is marker]

    def arms_at(self, offset: int) -> tuple[ctext.Branch, ...]:
        """The arms of #if blocks that an offset stands in, the outermost first."""
        before = bisect_left(self.directives, offset, key=lambda directive: directive.start)
        return self._arms_behind[before]

    @cached_property
    def _may_be_dead(self) -> bool:
        return ctext.may_be_dead(self.text)

    def is_dead(self, offset: int) -> bool:
        """Does an offset stand under #if 0?"""
        return self._may_be_dead and any(arm.dead for arm in self.arms_at(offset))

    def needed_at(self, offset: int) -> tuple[str, ...]:
        """The symbols that the #ifdefs around an offset ask for; CONFIG_X_MODULE is no symbol."""
        needed = (name for arm in self.arms_at(offset) for name in arm.needs)
        return tuple(name for name in needed if not name.endswith("_MODULE"))
