"""What Kconfig files will ask of the toolchain, found before Kconfig comes to it.

The answers take longer than all else; known beforehand, the questions can be asked meanwhile. One
that is overlooked here costs time, nothing else; one that nobody will ask is not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn

from tracecfg.kernel.kconflib import LIB, Item

_MAX_LINE = 4096
_MAX_EXPANSIONS = 100_000
_NOT_KNOWN = "\0"
"""An answer; a command that is made of one is not known either."""
_PROPERTIES = (
    "bool|choice|def_bool|def_tristate|default|depends|hex|if|imply|int|prompt|range|select"
    "|string|tristate|visible"
)
_HELP = r"-*[ \t]*help\b[^\n]*\n(?:[ \t]*+\n)*+([ \t]++)[^\n]*+(?:\n(?:\1[^\n]*+|[ \t]*+(?=\n)))*+"
_SOURCE = r'source[ \t]+"([^"\n]+)"'
_CALL = rf"(?:{_PROPERTIES})[ \t]++(?![:+]?=)[^\n]*\$\([^\n]*"
_sources = re.compile(rf"^[ \t]*+(?:{_HELP}|{_SOURCE})", re.MULTILINE).finditer
_sources_and_calls = re.compile(rf"^[ \t]*+(?:{_HELP}|{_SOURCE}|{_CALL})", re.MULTILINE).finditer


def commands_ahead(
    text: Callable[[str], str],
    macros: Mapping[str, Item],
    variable: Callable[[str], str | None],
) -> list[str]:
    """The commands of all entries' `$(shell,...)`, in the order of reading.

    text: a file's, "" when it cannot be read; macros: kconfiglib's Variables by name
    variable: answers $(NAME) for what is no macro, or None
    """
    asking = _Asking(macros, variable)
    seen = {"Kconfig"}
    todo = [_lines(text("Kconfig"))]
    while todo:
        for sourced, line in todo[-1]:
            path = asking.expanded(sourced or line)
            if sourced and path not in seen:
                seen.add(path)
                todo.append(_lines(text(path)))
                break
        else:
            todo.pop()
    return asking.commands


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """The name of a sourced file or, behind "", an entry's line that calls a macro."""
    calls = "$(" in text
    if calls and "\\\n" in text:
        text = text.replace("\\\n", "")
    for match in (_sources_and_calls if calls else _sources)(text):
        line, (indent, sourced) = match[0], match.groups()
        if sourced:
            yield sourced, ""
        # what a # or a backslash in quotes means depends on what is around it
        elif not (indent or len(line) > _MAX_LINE or "#" in line or {*'\\"'} <= {*line}):
            yield "", line


class _Asking:
    """Expands macros as kconfiglib does, but for the commands, which it notes."""

    _expand_whole = LIB.Kconfig._expand_whole
    _expand_macro = LIB.Kconfig._expand_macro

    def __init__(self, macros: Mapping[str, Item], variable: Callable[[str], str | None]) -> None:
        self.commands: list[str] = []
        self._macros = macros
        self._variable = variable
        self._expansions = 0

    def expanded(self, text: str) -> str:
        """The text, "" when it is not clear what it will be."""
        try:
            return str(self._expand_whole(text, ()))
        except (LIB.KconfigError, RecursionError):
            return ""

    def _fn_val(self, args: list[str]) -> str:
        name = args[0]
        self._expansions += 1
        if self._expansions > _MAX_EXPANSIONS or sum(map(len, args)) > _MAX_LINE:
            self._parse_error("macros expand without end")
        if name in self._macros:
            return str(self._expand_whole(self._macros[name].value, args))
        if name == "shell" and len(args) == 2:
            if _NOT_KNOWN not in args[1]:
                self.commands.append(args[1])
            return _NOT_KNOWN
        value = "" if name.isdigit() else self._variable(name)
        if value is None:
            self._parse_error(f"{name} is not known yet")
        return value

    def _parse_error(self, message: str) -> NoReturn:
        raise LIB.KconfigError(message)
