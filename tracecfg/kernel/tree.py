"""A kernel tree on disk: found, identified and read, never written or run."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tracecfg.errors import UnsupportedTreeError, UsageError

MAX_FILE = 16 * 1024 * 1024
"""Bytes. Nothing that people write for the kernel is longer; register tables, generated, are."""

_HOW = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
"""A FIFO is told by its mode, not waited for."""


class Listed(NamedTuple):
    """What is in a folder, in no order. files: symlinks to files too; no symlink is a folder"""

    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A kernel source tree.

    root: absolute path, symlinks resolved
    version: as `make kernelversion` prints it, such as 6.12.117
    """

    root: Path
    version: str

    def read(self, path: str) -> str:
        """The text of a file, by its path relative to the root; bytes that are not UTF-8 survive
        as surrogates (write them back with errors="surrogateescape").

        Raises UnsupportedTreeError for a file that is missing, unreadable, too long or outside
        the tree.
        """
        return self.read_bytes(path).decode("utf-8", "surrogateescape")

    def read_bytes(self, path: str) -> bytes:
        try:
            # thousands of files: twice as fast as a stream
            descriptor = self._opened(path)
            try:
                there = os.fstat(descriptor)
                if not stat.S_ISREG(there.st_mode):
                    raise UnsupportedTreeError(f"{path}: {_instead_of_file(there.st_mode)}")
                size = there.st_size
                if size > MAX_FILE:
                    raise UnsupportedTreeError(f"{path}: longer than {MAX_FILE >> 20} MB")
                return read_all(descriptor, size)
            finally:
                os.close(descriptor)
        except (OSError, RuntimeError, ValueError) as error:
            other = "symlink loop" if isinstance(error, RuntimeError) else "no file has such a name"
            why = error.strerror if isinstance(error, OSError) else other
            raise UnsupportedTreeError(
                f"{path}: cannot be read: {why}", "is the tree complete and readable for you?"
            ) from error

    def _opened(self, path: str) -> int:
        root, folder = str(self.root), path.rpartition("/")[0]
        if ".." not in path and (not folder or _inside(root, folder)):
            try:
                return os.open(f"{root}/{path}", _HOW)
            except OSError as error:
                if error.errno != errno.ELOOP:
                    raise
        end = (self.root / path).resolve(strict=True)
        if not end.is_relative_to(self.root):
            raise UnsupportedTreeError(
                f"{path}: leads out of the tree to {end}", "remove the symlink"
            )
        return os.open(end, _HOW)

    def is_file(self, path: str) -> bool:
        """Raises OSError where it cannot be asked."""
        try:
            return stat.S_ISREG(os.stat(f"{self.root}/{path}").st_mode)  # noqa: PTH116 - thousands
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return False
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENAMETOOLONG):
                return False
            raise

    def instead_of_file(self, path: str) -> str:
        """What is there, of a path that is no file; "" when it is nothing. Raises OSError."""
        try:
            mode = os.lstat(f"{self.root}/{path}").st_mode
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return ""
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return ""
            raise
        return _instead_of_file(mode)

    def is_symlink(self, path: str) -> bool:
        return os.path.islink(f"{self.root}/{path}")  # noqa: PTH114 - thousands

    def is_dir(self, path: str) -> bool:
        return (self.root / path).is_dir()

    def on_disk(self, path: str) -> bool:
        """Is the file what a search of the disk comes upon?"""
        return True

    def off_disk(self) -> Iterator[tuple[str, bytes]]:
        """The other files that a scan could read."""
        return iter(())

    def listed(self, folder: str) -> Listed:
        """What is in a folder of the tree; nothing where there is none or it cannot be read."""
        folders, files = [], []
        root = str(self.root)
        try:
            if ".." in folder or not _inside(root, folder):
                end = (self.root / folder).resolve(strict=True)
                if not end.is_relative_to(self.root):
                    return Listed()
            with os.scandir(f"{root}/{folder}") as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                    elif entry.is_file(follow_symlinks=False) or (
                        entry.is_symlink() and self._leads_to_file(f"{folder}/{entry.name}")
                    ):
                        files.append(entry.name)
        except (OSError, RuntimeError, ValueError):
            pass
        return Listed(tuple(folders), tuple(files))

    def _leads_to_file(self, path: str) -> bool:
        try:
            return self.is_file(path)
        except OSError:
            return False


def _instead_of_file(mode: int) -> str:
    sorts = {
        stat.S_IFLNK: "a symlink that leads to no file",
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
    }
    return f"cannot be read: it is {sorts.get(stat.S_IFMT(mode), 'a device')}"


def read_all(descriptor: int, size: int) -> bytes:
    """The whole of an open file of that many bytes."""
    data = os.read(descriptor, size)
    while len(data) < size and (more := os.read(descriptor, size - len(data))):
        data += more
    return data


@cache
def _inside(root: str, folder: str) -> bool:
    """Is it really there, not at the end of a symlink? Asked once for each folder."""
    above = folder.rpartition("/")[0]
    return not os.path.islink(f"{root}/{folder}") and (not above or _inside(root, above))  # noqa: PTH114


def open_tree(path: Path) -> Tree:
    """The kernel tree at `path`.

    Raises UsageError when it is none: a tree has a top Makefile with VERSION and PATCHLEVEL,
    a Kconfig and include/linux.
    """
    try:
        root = path.resolve(strict=True)
        makefile = (root / "Makefile").read_text(errors="replace")
    except (OSError, RuntimeError) as error:
        raise _no_tree(path) from error
    version = version_of(makefile)
    if not version or not (root / "Kconfig").is_file() or not (root / "include/linux").is_dir():
        raise _no_tree(path)
    return Tree(root=root, version=version)


def version_of(makefile: str) -> str:
    """What the text of a top Makefile says; "" when it says nothing."""
    fields: dict[str, str] = dict(
        re.findall(
            r"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)[ \t]*=[ \t]*(.*?)[ \t]*$",
            makefile,
            re.MULTILINE,
        )
    )
    if not fields.get("VERSION"):
        return ""
    numbers = [fields.get(name, "") for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    return ".".join(number for number in numbers if number) + fields.get("EXTRAVERSION", "")


def _no_tree(path: Path) -> UsageError:
    return UsageError(
        f"{path}: not a kernel tree (no Makefile with VERSION, Kconfig and include/linux)",
        "name the tree as the first argument, or '.' for the current folder",
    )
