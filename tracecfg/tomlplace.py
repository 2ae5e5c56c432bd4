"""Where in a TOML file something stands: tomllib gives the values, but no lines."""

from __future__ import annotations

import re
import tomllib

Path = tuple[str | int, ...]
"""The keys, and in an array the index, that lead to a value."""

_DEPTH = 8
"""What lies deeper stands at the place of its table: no file that means well goes there."""

_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|\n"
    r"|[][{}=,.]"
    r"|[^][{}=,.\"'\#\s]+",
    re.DOTALL,
)


def error_line(error: tomllib.TOMLDecodeError) -> int:
    """The line of a file that is no TOML."""
    # Python 3.14 has error.lineno; before, the line is only in the text
    _, _, tail = str(error).rpartition("at line ")
    number = tail.split(",")[0]
    return int(number) if number.isdigit() else 1


def places(text: str) -> dict[Path, int]:
    """The line, from 1, of every table, key and array element.

    text: what tomllib has read without an error, so its syntax is not checked again
    Raises RecursionError where tomllib does: for arrays nested hundreds deep.
    """
    reader = _Reader(text)
    reader.file()
    return reader.found


class _Reader:
    """A recursive descent over the words of a file; each method takes what it is named after."""

    def __init__(self, text: str) -> None:
        self.found: dict[Path, int] = {(): 1}
        self._words = [match.group() for match in _TOKEN.finditer(text)]
        self._at = 0
        self._line = 1

    def file(self) -> None:
        table: Path = ()
        while self._peek(skip="\n"):
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        keys: list[str] = []
        while self._peek() != "\n":
            if (word := self._take()) not in "[].":
                keys.append(_key(word))
        self._add(tuple(keys))
        return tuple(keys)

    def _pair(self, table: Path) -> None:
        keys: list[str] = []
        while (word := self._take()) != "=":
            if word != ".":
                keys.append(_key(word))
        path = (*table, *keys)
        self._add(path)
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._peek() == "[":
            self._take()
            index = 0
            while self._peek(skip="\n,") != "]":
                self._add((*path, index))
                self._value((*path, index))
                index += 1
            self._take()
        elif self._peek() == "{":
            self._take()
            while self._peek(skip="\n,") != "}":
                self._pair(path)
            self._take()
        else:
            # several words: 1.5, or a date and a time
            while self._peek() not in ("\n", ",", "]", "}"):
                self._take()

    def _add(self, path: Path) -> None:
        for length in range(1, min(len(path), _DEPTH) + 1):
            self.found.setdefault(path[:length], self._line)

    def _peek(self, skip: str = "") -> str:
        """The next word, "" at the end; comments are none, nor is what is to be skipped."""
        while self._at < len(self._words):
            word = self._words[self._at]
            if word not in skip and not word.startswith("#"):
                return word
            self._take()
        return "" if skip else "\n"

    def _take(self) -> str:
        word = self._words[self._at]
        self._at += 1
        self._line += word.count("\n")
        return word


def _key(word: str) -> str:
    if word[0] in "\"'":
        return str(tomllib.loads(f"key = {word}")["key"])
    return word
