"""Reading a kernel's Kconfig files with kconfiglib 14.1.0: the words it does not know, guarded.

Words that kernels have come to use since kconfiglib's last release (scripts/kconfig/parser.y):
`modules` (5.13), `transitional` (6.18), `depends on A if B` (2026).
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn

from tracecfg.errors import TracecfgError, UnsupportedTreeError
from tracecfg.kernel.kconfahead import commands_ahead
from tracecfg.kernel.kconflib import LIB, Item
from tracecfg.kernel.kconfvalue import Dialect
from tracecfg.kernel.toolchain import VERSIONS
from tracecfg.kernel.tree import Tree
from tracecfg.model import Place

MAX_LINE = 64 * 1024
"""Characters. Kconfig's longest line is below 1,000; macro expansion is quadratic in it."""
MAX_FILES = 20_000
MAX_TEXT = 128 * 1024 * 1024
MAX_EXPANSIONS = 100_000
"""Macro calls of all files together; the kernel's own are below 1,000."""
MAX_DEPTH = 5_000
"""Python calls within each other: symbols depend on symbols, six calls a step. The kernel's own
need less than 1,000; an 8 MB stack breaks somewhere beyond 20,000."""

_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_LONE_MODULES = re.compile(r"^([ \t]+)modules(?=[ \t]*(?:#.*)?$)", re.MULTILINE).sub
_LONE_WORD = re.compile(r"\s*([A-Za-z0-9_-]+)\b\s*(.*)", re.DOTALL).match


class Reader(LIB.Kconfig):  # type: ignore[misc]
    """A loaded Kconfig. Raises TracecfgError with file:line for what it cannot read.

    variable: answers $(NAME) for what is no macro, or None
    shell: answers $(shell,command)
    prepare: is told which commands shell will be asked, most of them, in their order
    found: what kconfiglib warned about
    asking: the lines whose text depends on what the toolchain answers
    """

    def __init__(
        self,
        *,
        tree: Tree,
        overlay: Mapping[str, str],
        dialect: Dialect,
        variable: Callable[[str], str | None],
        shell: Callable[[str, Place], str],
        prepare: Callable[[list[str]], None] | None = None,
    ) -> None:
        self.dialect = dialect
        self.found: list[tuple[Place | None, str]] = []
        self.unset_variables: dict[str, Place] = {}
        self.asking: set[Place] = set()
        self._tree = tree
        self._overlay = overlay
        self._variable = variable
        self._shell = shell
        self._prepare = prepare
        self._texts: dict[str, str] = {}
        self._is_assigning = False
        self._known_lines: dict[str, Item] = {}
        self._reuse_tokens = False
        self._answers = set(VERSIONS)
        self._files = self._read = self._read_before = self._expansions = 0
        self.filename, self.linenr = "Kconfig", 1
        with self.guarded():
            super().__init__("Kconfig", warn_to_stderr=False)

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn whatever kconfiglib gives up with into one line."""
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, MAX_DEPTH))
        try:
            yield
        except LIB.KconfigError as error:
            raise self._error(str(error)) from error
        except RecursionError as error:
            raise self._error("nested too deeply") from error
        except AttributeError as error:
            # kconfiglib takes every property for one of a symbol, also below a menu or comment
            raise self._error("cannot stand here", getattr(self, "_line", "")) from error
        finally:
            sys.setrecursionlimit(limit)

    # what the tree's text asks for

    def shell(self, command: str) -> str:
        if self._prepare and not self._is_assigning:
            # the first entry that asks: by now the macros are there
            prepare, self._prepare = self._prepare, None
            prepare(commands_ahead(self._read_ahead, self.variables, self._variable))
        place = self._place()
        self.asking.add(place)
        return self._shell(command, place)

    def info(self, message: str) -> str:
        self._warn(message, self.filename, self.linenr)
        return ""

    def _fn_val(self, args: list[str]) -> str:
        self._expansions += 1
        if self._expansions > MAX_EXPANSIONS or sum(map(len, args)) > MAX_LINE:
            self._parse_error("macros expand without end")
        name = args[0]
        if name in self._answers:
            self.asking.add(self._place())
        if name in self.variables or name in self._functions:
            value: str = super()._fn_val(args)
            if len(value) > MAX_LINE:
                self._parse_error("macros expand without end")
            return value
        answer = self._variable(name)
        if answer is None and not name.isdigit():  # an argument that was not given is no variable
            self.unset_variables.setdefault(name, self._place())
        return answer or ""

    # files

    def _open(self, filename: str, mode: str) -> io.StringIO:
        try:
            text = self._texts.pop(filename, None)
            if text is None:
                text = self._text(filename)
        except UnsupportedTreeError as error:
            source = f"{self._place()}: " if self._filestack else ""
            message = printable(f"{source}{error.message}")
            raise UnsupportedTreeError(message, error.hint) from error
        self._files += 1
        self._read += len(text)
        if self._files > MAX_FILES or self._read > MAX_TEXT:
            self._parse_error("sources without end")
        if "\0" in text:
            line = text.count("\n", 0, text.index("\0")) + 1
            raise UnsupportedTreeError(f"{filename}:{line}: a NUL byte", "is the file damaged?")
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        if "\tmodules" in text or " modules" in text:
            # read as kconfiglib knows it; a line of help text may change too, but nobody reads it
            text = _LONE_MODULES(r"\1option modules", text)
        if len(text) > MAX_LINE or "\\\n" in text:
            _check_lines(filename, text)
        return io.StringIO(text)

    def _text(self, file: str) -> str:
        text = self._overlay.get(file)
        return self._tree.read(file) if text is None else text

    def _read_ahead(self, file: str) -> str:
        if len(self._texts) < MAX_FILES and self._read_before < MAX_TEXT:
            # what is wrong with it is told when it is its turn
            with contextlib.suppress(UnsupportedTreeError):
                self._texts[file] = self._text(file)
                self._read_before += len(self._texts[file])
                return self._texts[file]
        return ""

    def _enter_file(self, filename: str) -> None:
        root = f"{self._tree.root}{os.sep}"
        path = os.path.normpath(filename.removeprefix(root))
        if path.startswith(("/", "../")) or "\0" in path:
            raise UnsupportedTreeError(
                f"{self._place()}: source leads out of the tree: {printable(filename)}"
            )
        above = [*(name for name, _ in self._include_path), self.filename]
        if path in above:
            raise UnsupportedTreeError(
                f"{self._place()}: source of {path} within itself: {' -> '.join([*above, path])}"
            )
        # _open is called with the place of the source line still current
        super()._enter_file(path)

    # lines: half of them have stood in the files before

    def _next_line(self) -> bool:
        if self._reuse_tokens:
            self._reuse_tokens = False
            return True
        line = self._readline()
        if not line:
            return False
        self.linenr += 1
        tokens = self._known_lines.get(line)
        if tokens is None:
            self._line_after_help(line)
            self._reuse_tokens = False
        else:
            self._line, self._tokens = line, tokens
        self._tokens_i = 1
        return True

    def _tokenize(self, s: str) -> Item:
        complaints = len(self.found)
        tokens = super()._tokenize(s)
        # what a macro comes to depends on the place, and an assignment is more than its tokens
        lasting = tokens[0] is not None or s.isspace() or s.lstrip()[0] == "#"
        if lasting and "$" not in s and len(self.found) == complaints:
            self._known_lines[s] = tokens
        return tokens

    # words

    def _parse_assignment(self, s: str) -> None:
        match = _LONE_WORD(s)
        word, rest = match.groups() if match else ("", "")
        if word == "transitional" and self.defined_syms and (not rest or rest[0] == "#"):
            self.defined_syms[-1].is_transitional = True
        elif match and not rest.startswith(("=", ":=", "+=", "$(")):
            self._parse_error(f"unknown word {word!r}")
        else:
            self._is_assigning = True
            super()._parse_assignment(s)
            self._is_assigning = False
            if word and self._place() in self.asking:
                self._answers.add(word)

    def _parse_help(self, node: Item) -> None:
        """Find the end of a help text without keeping it: half of all lines are help."""
        readline = self._readline
        line = "\n"
        while line.isspace():
            line = readline()
            self.linenr += 1
        indent = line[: len(line) - len(line.lstrip())]
        if not indent:
            self._empty_help(node, line)
            return
        node.help = ""
        columns = len(indent.expandtabs())
        while line.startswith(indent) or line.isspace() or _columns(line) >= columns:
            line = readline()
            self.linenr += 1
        if line:
            self._line_after_help(line)

    def _expect_expr_and_eol(self) -> Item:
        expression = self._parse_expr(True)
        if self._tokens[0] is LIB._T_DEPENDS and self._check_token(LIB._T_IF):
            unless = self._is_n(self._parse_expr(True), yes=True)
            expression = self._make_or(expression, unless)
        if self._tokens[self._tokens_i] is not None:
            self._trailing_tokens_error()
        return expression

    def _is_n(self, expression: Item, *, yes: bool) -> Item:
        """`expression = n` (yes) or `!= n`, as expr_trans_compare() in expr.c writes it."""
        if expression.__class__ is not tuple:
            return (LIB.EQUAL if yes else LIB.UNEQUAL, expression, self.n)
        operator = expression[0]
        if operator is LIB.NOT:
            return self._is_n(expression[1], yes=not yes)
        if operator in (LIB.AND, LIB.OR):
            left, right = (self._is_n(part, yes=True) for part in expression[1:])
            join = self._make_or if operator is LIB.AND else self._make_and
            compared = join(left, right)
            return compared if yes else (LIB.NOT, compared)
        return (LIB.NOT, expression) if yes else expression

    # complaints

    def _place(self) -> Place:
        return Place(self.filename or "Kconfig", self.linenr or 1)

    def _parse_error(self, msg: str) -> NoReturn:
        raise self._error(msg, self._line)

    def _warn(self, msg: str, filename: str | None = None, linenr: int | None = None) -> None:
        where = Place(filename, linenr or 1) if filename else None
        self.found.append((where or _defined_at(msg), printable(msg, 1000)))

    def _error(self, text: str, line: str = "") -> TracecfgError:
        hint = ""
        if line.startswith(_CONFLICT):
            text, hint = "merge conflict marker", "resolve the conflict in this file first"
        elif text.startswith("unknown word"):
            hint = "this Kconfig is newer than tracecfg, or the line is a slip"
        said = re.match(r"\s*(\S+?):(\d+):\s*(?:error:\s*)?(.*)", text, re.DOTALL)
        where = Place(said[1], int(said[2])) if said else None
        if not where:
            parsing = getattr(self, "_parsing_kconfigs", True)
            where = self._place() if parsing else _defined_at(text)
        about = f" in '{printable(line, 60)}'" if line and not hint else ""
        message = printable(said[3] if said else text, 300)
        return UnsupportedTreeError(f"{where or 'Kconfig'}: {message}{about}", hint)


def _check_lines(filename: str, text: str) -> None:
    length = first = 0
    for number, line in enumerate(text.split("\n"), 1):
        first = first or number
        length += len(line)
        if length > MAX_LINE:
            raise UnsupportedTreeError(f"{filename}:{first}: line longer than {MAX_LINE} bytes")
        if not line.endswith("\\"):
            length = first = 0


def _columns(line: str) -> int:
    blank = line[: len(line) - len(line.lstrip())]
    return len(blank.expandtabs()) if line else -1


def _defined_at(text: str) -> Place | None:
    match = re.search(r"\(defined at ([^ ,:)]+):(\d+)", text)
    return Place(match[1], int(match[2])) if match else None


def printable(text: str, limit: int = 200) -> str:
    """One line of valid text, shortened."""
    line = " ".join(text.split()).encode("utf-8", "backslashreplace").decode()
    line = "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)
    return line if len(line) <= limit else f"{line[:limit]}..."
