"""GNU make's language, read but never run: one Makefile for all configurations at once."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from tracecfg.errors import TracecfgError
from tracecfg.gate import ALWAYS, Gate, Not, Sym, both
from tracecfg.kernel.makelines import Assignment, Condition, Frame
from tracecfg.kernel.maketext import Keyword, Statement
from tracecfg.kernel.makevalue import (
    Marks,
    TooMuchError,
    Value,
    add,
    alternatives,
    is_opaque,
    words,
)
from tracecfg.kernel.makevars import PRESET_EMPTY, Variables
from tracecfg.model import Place

MAX_INCLUDES = 400

_CONFIG_SUFFIX = re.compile(r"([\w./-]+-)\$[({]CONFIG_(\w+)[)}]")
_LISTS = ("obj-", "lib-")
_FLAGS = ("CFLAGS_", "AFLAGS_")
"""Of one object each, Documentation/kbuild/makefiles.rst: no other variable is named so."""


class Makefile(Variables):
    """One Makefile with what it includes, for all configurations.

    read: gives the statements of a file of the tree, raises TracecfgError for one it cannot read
    outside: gives the value of a variable that the Makefile does not set
    fixed: variables that its own lines do not change, as if set on make's command line
    follow: whether to go into what it includes
    exported: names of variables for the Makefiles that it calls
    opaque: what could not be followed and may set any variable
    broken: a mark where make would stop with an error
    """

    def __init__(
        self,
        read: Callable[[str], tuple[Statement, ...]],
        outside: Callable[[str, Place], Value],
        marks: Marks,
        *,
        fixed: frozenset[str] = frozenset(),
        follow: bool = True,
    ) -> None:
        super().__init__(outside, marks)
        self._read = read
        self._fixed = fixed
        self._follow = follow
        self._at = 0
        """How many statements were run: a variable's value depends on where it is asked for."""
        self._stack: list[str] = []
        self._includes = 0
        self._top = Frame(None, (), ALWAYS)
        self.exported: set[str] = set()
        self.opaque: list[tuple[Place, str]] = []
        self.broken: Gate = ALWAYS

    def run(self, path: str) -> None:
        """Raises TracecfgError when the file cannot be read."""
        self._run(path, self._top)

    def _run(self, path: str, frame: Frame) -> None:
        statements = self._read(path)
        self._stack.append(path)
        branches: list[tuple[Frame, tuple[Condition, ...]]] = []
        for statement in statements:
            self._at += 1
            match statement.keyword:
                case Keyword.ASSIGN:
                    self._assign(statement, frame, path)
                case Keyword.IF:
                    condition = Condition(statement, self._at, path)
                    branches.append((frame, (condition,)))
                    frame = Frame(frame, (condition,))
                case Keyword.ELSE if branches:
                    outer, conditions = branches[-1]
                    others = tuple(one._replace(negated=True) for one in conditions)
                    if statement.operator:
                        condition = Condition(statement, self._at, path)
                        branches[-1] = (outer, (*conditions, condition))
                        others = (*others, condition)
                    frame = Frame(outer, others)
                case Keyword.ENDIF if branches:
                    frame = branches.pop()[0]
                case Keyword.INCLUDE:
                    self._include(statement, frame, path)
                case Keyword.EXPORT:
                    self.exported.update(statement.text.split())
                case Keyword.OPAQUE:
                    self.opaque.append((Place(path, statement.line), statement.text))
                case Keyword.BROKEN:
                    self._break(path, statement.line, statement.text)
                case _:
                    self._break(path, statement.line, "else or endif without a conditional")
        if branches:
            self._break(path, branches[-1][1][0].statement.line, "conditional without endif")
        self._stack.pop()

    def _break(self, path: str, line: int, reason: str) -> None:
        self.broken = both(self.broken, self._marks.gate(Place(path, line), reason))

    def _assign(self, statement: Statement, frame: Frame, path: str) -> None:
        _, line, operator, name, text = statement
        names: Iterable[tuple[str, Gate]]
        if "$" not in name:
            if name in self._fixed:
                return
            names = ((name, ALWAYS),)
        elif name.startswith(_FLAGS):
            return
        elif suffix := _CONFIG_SUFFIX.fullmatch(name):
            symbol = Sym(suffix[2])
            names = ((suffix[1] + "y", symbol),)
            if suffix[1] not in _LISTS:
                names = (*names, (suffix[1], Not(symbol)))
        else:
            names = self._computed(name, Place(path, line))
        for target, gate in names:
            earlier = self.variables.get(target)
            immediate = operator == ":=" or (
                operator == "+=" and (earlier[-1].immediate if earlier else target in PRESET_EMPTY)
            )
            one = Assignment(self._at, frame, gate, operator, immediate, text, path, line)
            if is_opaque(target):
                self._nameless.append((target, one))
            elif earlier:
                earlier.append(one)
            else:
                self.variables[target] = [one]

    def _computed(self, name: str, place: Place) -> Iterator[tuple[str, Gate]]:
        try:
            spellings = alternatives(self._expand(name, self._at, place))
        except TooMuchError as error:
            yield self._marks.text(place, str(error)), ALWAYS
            return
        table: dict[str, Gate] = {}
        for gate, target in spellings:
            # built in and module are the same to a gate
            add(table, target[:-1] + "y" if target.endswith("-m") else target, gate)
        yield from table.items()

    def _include(self, statement: Statement, frame: Frame, path: str) -> None:
        if not self._follow:
            return
        place = Place(path, statement.line)
        try:
            targets = words(self._expand(statement.text, self._at, place))
        except TooMuchError as error:
            self.opaque.append((place, str(error)))
            return
        for gate, target in targets:
            inner = posixpath.normpath(target)
            self._includes += 1
            if is_opaque(inner) or inner.startswith(("/", "../")):
                self.opaque.append((place, "include: which file cannot be told"))
            elif inner in self._stack or self._includes > MAX_INCLUDES:
                self._break(path, statement.line, f"includes {inner} again and again")
            else:
                guard = both(self._frame_gate(frame), gate) if gate is not ALWAYS else None
                try:
                    self._run(inner, frame if guard is None else Frame(None, (), guard))
                except TracecfgError as error:
                    if not statement.operator:
                        self.opaque.append((place, f"include: {error.message}"))

    # ---- conditions
