"""Remembers the result of a scan for as long as the tree stays exactly as it was.

The change time (st_ctime) of every folder and every file that a scan could read stands for its
content: the kernel sets it at each write, rename, link or change of mode, and no program can set
it back. So an edit that keeps size and modification time is seen, as are new and removed files,
through their folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tracecfg import __version__, osio
from tracecfg.beside import beside
from tracecfg.errors import ChangeFailedError
from tracecfg.kernel.search import folders
from tracecfg.kernel.tree import Tree

_RACE = 1.0
"""Seconds: a tree changed this short before a scan may change again within one clock tick."""

_MANY = 500
"""Folders for whose half a second process is worth starting."""

Listing = Sequence[tuple[str, Sequence[str]]]


def remembered(tree: Tree, question: str, answer: Callable[[], str]) -> str:
    """The answer to a question about a tree: from the cache folder, or asked for and stored.

    question: everything besides the tree that the answer depends on. A cache that cannot be
    read or written is as good as none.
    """
    path = _path(tree, question)
    kept = _load(path)
    if kept is not None:
        listing, digest, text = kept
        if _digest(tree.root, listing) == digest:
            return text
    started = time.time()
    listing = [(folder, tuple(names)) for folder, names in folders(tree.root)]
    current = _digest(tree.root, listing, before=started - _RACE)
    text = answer()
    if current is not None:
        _store(path, listing, current, text)
    return text


def _path(tree: Tree, question: str) -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = f"{__version__}\0{tree.root}\0{question}"
    return base / "tracecfg" / f"scan-{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"


def _digest(root: Path, listing: Listing, before: float | None = None) -> str | None:
    """All change times in one number; None when something is gone or changed after `before`."""
    half = len(listing) // 2
    second = partial(_times, root, listing[half:])
    ask = beside(second) if half > _MANY else second
    first, rest = _times(root, listing[:half]), ask()
    if first is None or rest is None:
        return None
    times = first + rest
    if before is not None and times and max(times) / 1e9 > before:
        return None
    return hashlib.sha256(times.tobytes()).hexdigest()


def _times(root: Path, listing: Listing) -> array[int] | None:
    times = array("q")
    lstat = os.lstat
    try:
        for folder, names in listing:
            prefix = f"{root}/{folder}/" if folder else f"{root}/"
            times.append(lstat(prefix).st_ctime_ns)
            times.extend([lstat(prefix + name).st_ctime_ns for name in names])
    except OSError:
        return None
    return times


def _load(path: Path) -> tuple[Listing, str, str] | None:
    try:
        head, _, text = path.read_text(encoding="utf-8").partition("\n")
        kept = json.loads(head)
        return kept["listing"], kept["digest"], text
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _store(path: Path, listing: Listing, digest: str, text: str) -> None:
    head = json.dumps({"digest": digest, "listing": listing})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        osio.write_atomic(path, f"{head}\n{text}".encode())
    except (OSError, ChangeFailedError):
        return
