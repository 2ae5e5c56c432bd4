"""A kernel's configuration as it was built: `.config`, /proc/config.gz, /boot/config-*."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SETTING = re.compile(r"CONFIG_(\w+)=(.*)|# CONFIG_(\w+) is not set", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class KernelConfig:
    """source: the file it was read from
    values: symbol without CONFIG_ -> y, m, n or text; lines: the line of each, from 1

    A symbol that is not in it has dependencies that are not met, or does not exist.
    """

    source: str
    values: Mapping[str, str]
    lines: Mapping[str, int]

    def off(self, name: str) -> bool:
        """Whether it says n: the symbol exists and whoever built the kernel left it out."""
        return self.values.get(name) == "n"

    def on(self, name: str) -> bool:
        return self.values.get(name, "n") != "n"

    def place(self, name: str) -> str:
        """file:line of a symbol, or the file when it does not stand there."""
        return f"{self.source}:{self.lines[name]}" if name in self.lines else self.source

    def says(self, name: str) -> str:
        """The line of a symbol."""
        if name not in self.values:
            return f"no CONFIG_{name}: what it depends on is off, or it does not exist"
        value = self.values[name]
        return f"# CONFIG_{name} is not set" if value == "n" else f"CONFIG_{name}={value}"


def parse(text: str, source: str) -> KernelConfig | None:
    """None when the text is no kernel configuration."""
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if match := _SETTING.fullmatch(line.rstrip()):
            name = match[1] or match[3]
            values[name] = match[2] if match[1] else "n"
            lines[name] = number
    return KernelConfig(source=source, values=values, lines=lines) if values else None
