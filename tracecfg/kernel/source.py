"""One C file of the tree, as far as it is read: each view of it is made when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tracecfg.kernel import ctext
from tracecfg.kernel.ctext import Directive
from tracecfg.kernel.macros import Macro, parse_define
from tracecfg.model import Place

# a plain newline instead of ^ makes the search several times faster
_INCLUDE = re.compile(r'\n[ \t]*+\#[ \t]*+include[ \t]*+([<"][^>"\n]+[>"])')


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

    def definition(self, name: str) -> tuple[str, Directive] | None:
        """The value of the last `#define name value`."""
        found = None
        for directive in self.directives:
            if directive.word == "define" and directive.rest.startswith(name):
                head, *value = directive.rest.split(None, 1)
                if head == name:
                    found = ("".join(value), directive)
        return found

    def needed_at(self, offset: int) -> tuple[str, ...]:
        """The symbols that the #ifdefs around an offset ask for; CONFIG_X_MODULE is no symbol."""
        marker = Directive("pragma", "", offset, offset)
        before = [directive for directive in self.directives if directive.start < offset]
        *_, (_, arms) = ctext.conditionals([*before, marker])
        needed = (name for arm in arms for name in arm.needs)
        return tuple(name for name in needed if not name.endswith("_MODULE"))
