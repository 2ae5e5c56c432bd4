"""The .config that a choice is made on: for whom it was written, and whether it is sound."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from tracecfg.errors import UsageError, escaped, shortened
from tracecfg.explain import kconfig

_HEADER = re.compile(r"^# Linux/(\S+) (\S+) Kernel Configuration\r?$", re.MULTILINE)
_LINE = re.compile(r"#.*|CONFIG_\w+=.*|\s*", re.ASCII).fullmatch


class Base(NamedTuple):
    """arch: as make's ARCH, version: as `make kernelversion`; "" where no header tells
    values: symbol -> as it stands behind the =, n for `is not set`
    is_whole: a build wrote it: what the toolchain answered stands in it
    """

    arch: str
    version: str
    values: Mapping[str, str]
    is_whole: bool


def read_base(text: str, file: str) -> Base:
    """Raises UsageError for a text that is no .config, with the line that is none.

    conf_read() in scripts/kconfig/confdata.c warns of such a line and goes on without it; here it
    means that somebody would lose what the file said before it was damaged.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if not _LINE(line.rstrip("\r")):
            raise UsageError(
                f"{file}:{number}: no line of a .config: {shortened(escaped(line))}",
                "is the file damaged, or no .config?",
            )
    found = kconfig.parse(text, file)
    if found is None:
        raise UsageError(f"{file}: no .config: it sets nothing", "make defconfig writes one")
    header = _HEADER.search(text)
    return Base(
        arch=header[1] if header else "",
        version=header[2] if header else "",
        values=found.values,
        is_whole="CC_VERSION_TEXT" in found.values,
    )


def values_of(text: str) -> Mapping[str, str]:
    """Symbol -> value of a .config that Kconfig wrote."""
    found = kconfig.parse(text, "")
    return found.values if found else {}
