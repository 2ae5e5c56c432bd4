"""A kernel's configuration on disk: .config, /proc/config.gz, a pipe."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

_MAX = 1 << 23
"""Bytes; an allmodconfig has a twentieth."""


def config_text(path: Path) -> str:
    """Its text, unzipped; bytes that are no UTF-8 survive as surrogates. Raises OSError."""
    with path.open("rb") as stream:
        zipped = stream.peek(2)[:2] == b"\x1f\x8b"
        try:
            with gzip.open(stream) if zipped else stream as plain:
                data = plain.read(_MAX)
        except (EOFError, zlib.error) as error:
            raise OSError(f"not a complete gzip file: {error}") from error
    return data.decode("utf-8", "surrogateescape")
