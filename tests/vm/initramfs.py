"""A minimal writer of the cpio format that the kernel unpacks as its first root."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath


def newc(files: Mapping[str, bytes]) -> bytes:
    """An archive of executable files, by path relative to the root."""
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents} - {"."}
    entries = [_entry(name, 0o040755, b"") for name in sorted(folders)]
    entries += [_entry(name, 0o100755, data) for name, data in files.items()]
    return b"".join([*entries, _entry("TRAILER!!!", 0, b"")])


def trailer(bootconfig: str) -> bytes:
    """What follows an initramfs that carries a bootconfig: Documentation/admin-guide/bootconfig.rst.

    newc() ends on a multiple of 4, as the kernel wants it.
    """
    data = bootconfig.encode()
    data += b"\0" * (-len(data) % 4)
    sizes = len(data).to_bytes(4, "little") + (sum(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return data + sizes + b"#BOOTCONFIG\n"


def _entry(name: str, mode: int, data: bytes) -> bytes:
    encoded = name.encode() + b"\0"
    # ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor,
    # namesize, check: see Documentation/driver-api/early-userspace/buffer-format.rst
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0]
    head = b"070701" + b"".join(b"%08X" % value for value in fields) + encoded
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
