"""The text of a Makefile as statements, after the GNU make manual, "How Makefiles Are Parsed".

Rules and their recipes are left out: which objects there are is said by variables alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple


class Keyword(Enum):
    ASSIGN = auto()
    IF = auto()
    ELSE = auto()
    ENDIF = auto()
    INCLUDE = auto()
    EXPORT = auto()
    OPAQUE = auto()
    BROKEN = auto()


class Statement(NamedTuple):
    """One logical line.

    line: from 1
    operator: of an assignment := = += ?= !=; of a conditional ifdef ifndef ifeq ifneq or "" for a
        bare else; of an include "-" when the file may be missing
    name: the variable; the left side of a conditional
    text: the right side, the file to include, the names to export, why it is OPAQUE or BROKEN
    """

    keyword: Keyword
    line: int
    operator: str = ""
    name: str = ""
    text: str = ""


# most lines are so plain; the pattern for any assignment takes several times as long
_PLAIN = re.compile(r"([\w./-]++(?:\$\(\w++\))?)[ \t]*+(\+=|:=|=)[ \t]*+([^#]*+)")
# possessive throughout: text that is no assignment is left after one pass
_REFERENCE = (
    r"\$(?:\((?:[^()]++|\((?:[^()]++|\((?:[^()]++|\([^()]*+\))*+\))*+\))*+\)|\{[^{}]*+\}|[^({])"
)
_ASSIGN = re.compile(
    r"((?:(?:export|override|private)[ \t]++)*+)"
    rf"((?:[^\s:=#$?+!]++|[+?!](?!=)|{_REFERENCE})++)[ \t]*+(\+=|\?=|!=|:{{0,3}}=)[ \t]*+(.*+)",
    re.DOTALL,
)
_WORD = re.compile(r"(-?[a-z]++)(?![^\s(\"'])[ \t]*+(.*+)", re.DOTALL)
_COMMENT = re.compile(r"(?<!\\)#.*", re.DOTALL)
_CONTINUED = re.compile(r"[ \t]*\\\n[ \t]*")
_CONFLICT = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: |$)")
_DEFINE = re.compile(r"(?:override[ \t]+)?define[ \t]+([^\s=:?+]+)[ \t]*(\+=|\?=|:{0,3}=)?[ \t]*$")

_CONDITIONALS = frozenset(("ifdef", "ifndef", "ifeq", "ifneq"))
CLOSING = {"(": ")", "{": "}"}


def parse(text: str) -> tuple[Statement, ...]:
    """The statements in order. Never raises: what make would stop at is BROKEN."""
    # NUL is what marks are made of, see makevalue.Marks
    return tuple(_statements(text.replace("\0", "").replace("\r\n", "\n")))


def split_arguments(text: str) -> list[str]:
    """At the commas outside brackets."""
    if "(" not in text and "{" not in text:
        return text.split(",")
    parts, depth, start = [], 0, 0
    for match in re.finditer(r"[(){},]", text):
        char = match[0]
        if char == ",":
            if depth == 0:
                parts.append(text[start : match.start()])
                start = match.end()
        else:
            depth += 1 if char in CLOSING else -1
    return [*parts, text[start:]]


def matching(text: str, opening: int) -> int:
    """Where the bracket at `opening` is closed, -1 when it is not."""
    closing = CLOSING[text[opening]]
    depth = 0
    for match in re.compile(re.escape(text[opening]) + "|" + re.escape(closing)).finditer(
        text, opening
    ):
        depth += 1 if match[0] != closing else -1
        if depth == 0:
            return match.start()
    return -1


def _statements(text: str) -> Iterator[Statement]:
    in_rule = False
    lines = _logical_lines(text)
    for number, line in lines:
        if plain := _PLAIN.fullmatch(line):
            in_rule = False
            yield Statement(Keyword.ASSIGN, number, plain[2], plain[1], plain[3].rstrip())
            continue
        if line[0] == "#" or (in_rule and line[0] == "\t"):
            continue
        if "#" in line:
            line = _COMMENT.sub("", line)
        line = line.strip()
        if not line:
            continue
        if assign := _ASSIGN.fullmatch(line):
            in_rule = False
            operator = ":=" if assign[3].startswith(":") else assign[3]
            yield Statement(Keyword.ASSIGN, number, operator, assign[2], assign[4])
            if "export" in assign[1]:
                yield Statement(Keyword.EXPORT, number, text=assign[2])
            continue
        if _CONFLICT.match(line):
            yield Statement(Keyword.BROKEN, number, text="merge conflict left in the file")
            continue
        if define := _DEFINE.fullmatch(line):
            in_rule = False
            yield _defined(number, define[1], define[2] or "=", lines)
            continue
        statement = _directive(number, line)
        if isinstance(statement, Statement):
            yield statement
            in_rule &= statement.keyword in (Keyword.IF, Keyword.ELSE, Keyword.ENDIF)
        elif statement is None:
            in_rule = True


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    lines = iter(enumerate(text.split("\n"), 1))
    for number, line in lines:
        if line.endswith("\\"):
            parts = [line]
            for _, more in lines:
                parts.append(more)
                if not more.endswith("\\"):
                    break
            line = _CONTINUED.sub(" ", "\n".join(parts)).removesuffix("\\")
        if line and not line.isspace():
            yield number, line


def _directive(number: int, line: str) -> Statement | bool | None:
    """A Statement, True for a directive that sets nothing, None for a rule."""
    if line[0] == "$":
        # an expansion on its own line, such as $(eval ...) or $(error ...), unless it is a target
        end = matching(line, 1) if line[1:2] in CLOSING else -1
        if end == len(line) - 1 and line.startswith(("$(eval", "$(foreach", "$(call")):
            return Statement(Keyword.OPAQUE, number, text="$(eval ...) may set any variable")
        return True if end == len(line) - 1 else None
    match = _WORD.fullmatch(line)
    if not match:
        return None
    word, rest = match[1], match[2]
    if word in _CONDITIONALS:
        return _conditional(Keyword.IF, number, word, rest)
    if word == "else":
        inner = _WORD.fullmatch(rest)
        if inner and inner[1] in _CONDITIONALS:
            return _conditional(Keyword.ELSE, number, inner[1], inner[2])
        return Statement(Keyword.ELSE, number)
    if word == "endif":
        return Statement(Keyword.ENDIF, number)
    if word in ("include", "-include", "sinclude"):
        return Statement(Keyword.INCLUDE, number, "" if word == "include" else "-", text=rest)
    if word == "export":
        return Statement(Keyword.EXPORT, number, text=rest)
    if word in ("unexport", "undefine", "vpath"):
        return True
    return None


def _conditional(keyword: Keyword, number: int, word: str, rest: str) -> Statement:
    if word in ("ifdef", "ifndef"):
        return Statement(keyword, number, word, rest.strip())
    if rest.startswith("("):
        end = matching(rest, 0)
        sides = split_arguments(rest[1:end]) if end > 0 else []
        if len(sides) >= 2:
            return Statement(keyword, number, word, sides[0].strip(), ",".join(sides[1:]).strip())
    elif quoted := re.fullmatch(r"([\"'])(.*?)\1\s*([\"'])(.*?)\3\s*", rest):
        return Statement(keyword, number, word, quoted[2].strip(), quoted[4].strip())
    # evaluating it will say that it cannot be told
    return Statement(keyword, number, word, "$(", "")


def _defined(number: int, name: str, operator: str, lines: Iterator[tuple[int, str]]) -> Statement:
    body: list[str] = []
    depth = 1
    for _, line in lines:
        words = line.split(None, 1)
        depth += {"define": 1, "endef": -1}.get(words[0], 0)
        if depth == 0:
            operator = ":=" if operator.startswith(":") else operator
            return Statement(Keyword.ASSIGN, number, operator, name, "\n".join(body))
        body.append(line)
    return Statement(Keyword.BROKEN, number, text="define without endef")
