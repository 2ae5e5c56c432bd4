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
    """
    found: dict[Path, int] = {(): 1}
    table: Path = ()
    stack: list[tuple[str, Path]] = []
    keys: list[str] = []
    index: list[int] = []
    line = 1
    wants_key = True
    header = False

    def add(path: Path) -> None:
        for length in range(1, min(len(path), _DEPTH) + 1):
            found.setdefault(path[:length], line)

    value: Path = ()
    for match in _TOKEN.finditer(text):
        word = match.group()
        inside = stack[-1][0] if stack else ""
        if word == "\n":
            if not stack:
                wants_key, header, keys = True, False, []
        elif word.startswith("#"):
            pass
        elif wants_key and not (header or keys or stack) and word == "[":
            header = True
        elif header:
            if word == "]" and keys:
                table = tuple(keys)
                add(table)
                wants_key, keys = False, []
            elif word not in "[].":
                keys.append(_key(word))
        elif wants_key and word == "=":
            value = (*(stack[-1][1] if stack else table), *keys)
            add(value)
            wants_key, keys = False, []
        elif wants_key and word == "}":
            _, value = stack.pop()
            wants_key, keys = False, []
        elif wants_key:
            if word not in ".,":
                keys.append(_key(word))
        elif word == "," and inside == "{":
            wants_key = True
        elif word == "," and inside == "[":
            index[-1] += 1
        elif word == "]" and inside == "[":
            index.pop()
            _, value = stack.pop()
        elif word == "}":
            _, value = stack.pop()
        else:
            here = (*stack[-1][1], index[-1]) if inside == "[" else value
            add(here)
            if word in "[{":
                stack.append((word, here))
                wants_key = word == "{"
                if word == "[":
                    index.append(0)
        line += word.count("\n")
    return found


def _key(word: str) -> str:
    if word[0] in "\"'":
        return str(tomllib.loads(f"key = {word}")["key"])
    return word
