"""Folders that are expensive to make, kept between test runs and shared by parallel ones."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TextIO

import pytest

KEPT = 2
"""Folders of one name; older ones go when a new one is made. A build takes 0.4 GB, a tree 1.5."""

_in_use: list[TextIO] = []


def missing(what: str) -> NoReturn:
    """Skip the test for want of something outside this repository; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"missing in CI: {what}", pytrace=False)
    pytest.skip(f"missing: {what}")


def program(name: str, package: str) -> str:
    """The path of a program, or the test ends with the Debian package that has it."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name}: apt-get install {package}")
    return path


def cached(name: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder that `make` has filled for this name and key, now or in an earlier run.

    `make` gets the folder at its final place, empty. If it fails, the folder stays to be looked
    at and is made anew the next time. The folder is not removed while this process lives.
    """
    root = _root()
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    done = _beside(folder, "done")
    lock = _beside(folder, "lock").open("w")
    # shared and never released: others may use the folder too, but none may remove it
    fcntl.flock(lock, fcntl.LOCK_SH)
    if not done.exists():
        fcntl.flock(lock, fcntl.LOCK_EX)
        # while we waited another process may have made it
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.write_text(key)
            _remove_old(root, name)
        fcntl.flock(lock, fcntl.LOCK_SH)
    os.utime(done)
    _in_use.append(lock)
    return folder


def _root() -> Path:
    """Without symlinks: make prints real paths, and the proofs compare them."""
    if own := os.environ.get("TRACECFG_CACHE"):
        return Path(own).resolve()
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (home / "tracecfg-tests").resolve()


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(f"{folder.name}.{suffix}")


def _remove_old(root: Path, name: str) -> None:
    twelve = "[0-9a-f]" * 12
    stamps = sorted(root.glob(f"{name}-{twelve}.done"), key=lambda path: path.stat().st_mtime)
    for done in stamps[:-KEPT]:
        folder = done.with_suffix("")
        with _beside(folder, "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            done.unlink()
            shutil.rmtree(folder)
