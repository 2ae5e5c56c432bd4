"""A kernel's configuration on disk: .config, /proc/config.gz, Debian's config.xz, a pipe."""

from __future__ import annotations

import gzip
import zlib
from io import BufferedReader, BytesIO
from lzma import LZMAError, LZMAFile
from pathlib import Path

_MAX = 1 << 23
"""Bytes; an allmodconfig has a twentieth."""


def config_text(path: Path) -> str:
    """Its text, unzipped; bytes that are no UTF-8 survive as surrogates. Raises OSError."""
    with path.open("rb") as stream:
        return _text(stream)


def unzipped(data: bytes) -> str:
    """The text of a file's bytes, as config_text() gives it. Raises OSError."""
    return _text(BufferedReader(BytesIO(data)))


def _text(stream: BufferedReader) -> str:
    try:
        with _unzipped(stream) as plain:
            data = plain.read(_MAX)
    except (EOFError, zlib.error, LZMAError) as error:
        raise OSError(f"not a complete compressed file: {error}") from error
    return data.decode("utf-8", "surrogateescape")


def _unzipped(stream: BufferedReader) -> BufferedReader | gzip.GzipFile | LZMAFile:
    start = stream.peek(6)
    if start.startswith(b"\x1f\x8b"):
        return gzip.open(stream)
    return LZMAFile(stream) if start.startswith(b"\xfd7zXZ\0") else stream
