"""What a saved state may say: neither a file of the user's nor the journal is trusted. Pure."""

from __future__ import annotations

import re

from tracecfg.runtime import control, trigger

_PART = r"(?!\.\.?/)[^\s/]+"
_FILE = re.compile(
    rf"events/{_PART}/{_PART}/(enable|filter|trigger)|per_cpu/cpu\d+/buffer_size_kb"
    rf"|buffer_size_kb|{'|'.join(control.WATCHED)}"
)


def path(name: object) -> bool:
    """A file that tracecfg saves: of an event or of the buffer's settings."""
    return isinstance(name, str) and _FILE.fullmatch(name) is not None


def cell(name: object, text: object) -> bool:
    """The same, with a text that can be put back into it."""
    return isinstance(name, str) and isinstance(text, str) and path(name) and _fits(name, text)


def instance(name: object) -> bool:
    """An instance's name, or None for the top level."""
    if name is None:
        return True
    return isinstance(name, str) and name not in ("", ".", "..") and not {"/", "\0"} & set(name)


def _fits(name: str, text: str) -> bool:
    if control.kind(name) == "trigger":
        return all(trigger.parse(line) is not None for line in trigger.lines(text)) or not text
    if control.kind(name) == "enable":
        return text in ("0", "1", "0*", "1*")
    if control.kind(name) in control.PIDS:
        return all(pid.isdecimal() for pid in text.split())
    return "\0" not in text
