"""Finds the modules below a folder and reads them, compressed or not."""

from __future__ import annotations

import gzip
import lzma
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

from tracecfg import osio
from tracecfg.errors import TracecfgError

SUFFIXES = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")
_MAX_SIZE = 1 << 28
"""Bytes: the largest modules, with debug information, stay below."""


def modules(folder: Path) -> Iterator[Path]:
    """Every module below a folder, in the order of the paths; no FIFO or device."""
    # os.walk: build and source are symlinks out of here, which it does not follow
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.endswith(SUFFIXES) and (path := Path(place, name)).is_file():
                yield path


def name(path: Path) -> str:
    """As /proc/modules has it."""
    return path.name.partition(".ko")[0].replace("-", "_")


def content(path: Path) -> bytes:
    """The ELF file that a module is.

    Raises OSError or ValueError for one that is damaged or too large, TracecfgError when it is a
    .ko.zst and there is no zstd.
    """
    try:
        data = _unpacked(path)
    except (EOFError, lzma.LZMAError, zlib.error) as error:
        raise ValueError(str(error)) from error
    if len(data) > _MAX_SIZE:
        raise ValueError(f"larger than {_MAX_SIZE} bytes")
    return data


def _unpacked(path: Path) -> bytes:
    if path.suffix == ".zst":
        if shutil.which("zstd") is None:
            raise TracecfgError(
                "zstd: cannot be run: No such file or directory",
                "the modules are .ko.zst: install zstd",
            )
        # the standard library has no zstd before Python 3.14
        try:
            return osio.run(["zstd", "-dcq", "--", path], cwd=path.parent)
        except TracecfgError as error:
            raise ValueError(error.message) from error
    if path.suffix == ".gz":
        with gzip.open(path) as unzipped:
            return unzipped.read(_MAX_SIZE + 1)
    if path.suffix == ".xz":
        with lzma.open(path) as unpacked:
            return unpacked.read(_MAX_SIZE + 1)
    with path.open("rb") as stream:
        return stream.read(_MAX_SIZE + 1)
