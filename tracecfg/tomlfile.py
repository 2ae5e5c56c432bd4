"""tracecfg.toml as values with their places, whichever of its tables is asked for. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

from tracecfg import tomlplace
from tracecfg.errors import UsageError, escaped, shortened
from tracecfg.nearest import nearest

FILE = "tracecfg.toml"
TABLES = {"profile": "[profile.NAME]", "check": "[check]"}
"""What may stand at the top: each is read by its own reader, which leaves the other alone."""


class Document:
    """The values of a file, and every mistake in them, told at once by done()."""

    def __init__(self, text: str, file: str) -> None:
        """Raises UsageError for what is no TOML."""
        self._file = file
        try:
            self.values: dict[str, Any] = tomllib.loads(text)
            self._lines = tomlplace.places(text)
        except tomllib.TOMLDecodeError as error:
            line = tomlplace.error_line(error)
            raise UsageError(f"{file}:{line}: no valid TOML: {error}") from error
        except RecursionError as error:
            raise UsageError(f"{file}:1: no valid TOML: nested too deep") from error
        self._mistakes: list[tuple[int, str]] = []
        for key in self.values.keys() - TABLES.keys():
            forms = " or ".join(TABLES.values())
            self.wrong(f"{unknown(key, TABLES)}; a table is {forms}", (key,))

    def wrong(self, what: str, path: tomlplace.Path) -> None:
        """path: the keys and indexes that lead there"""
        self._mistakes.append((self.line(path), what))

    def line(self, path: tomlplace.Path) -> int:
        """From 1; of the nearest table above for what has no place of its own."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines[path] if path else 1

    def done(self) -> None:
        """Raises UsageError with every mistake, a line each."""
        if self._mistakes:
            found = sorted(self._mistakes)
            raise UsageError("\n".join(f"{self._file}:{line}: {what}" for line, what in found))


def unknown(key: str, known: Iterable[str]) -> str:
    """That a key is not known, with the nearest that is."""
    near = nearest(key, known)
    return f"unknown key '{escaped(shortened(key))}'" + (
        f", did you mean {near[0]}?" if near else ""
    )
