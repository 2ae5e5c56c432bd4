"""Puts a series on disk: a folder of patches as a whole, or the tree changed in place."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tracecfg import osio
from tracecfg.errors import ChangeFailedError, UsageError
from tracecfg.series.patches import Change

COVER_AUTHOR = "Mail System Internal Data"
"""git am takes every *.patch and stops at one without a diff, as a cover letter is; mail from this
sender, a mail folder's own record, it passes over (builtin/am.c, parse_mail)."""

_OURS = b"X-Generator: tracecfg\n"


def check_folder(folder: Path, force: bool) -> None:
    """Raises UsageError for an output folder that is a file, or holds something (without force)."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: exists and is no folder")
    if folder.is_dir() and not force and any(folder.iterdir()):
        raise UsageError(
            f"{folder}: not empty",
            "--force replaces the files that tracecfg wrote there, and no others",
        )


def earlier(folder: Path) -> list[Path]:
    """The files of a series that tracecfg wrote into a folder; none where there is no folder."""
    inside = folder.iterdir() if folder.is_dir() else ()
    return [path for path in inside if path.is_file() and _ours(path)]


def folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write all files or none; earlier ones of ours go, anybody else's stay.

    Raises ChangeFailedError (disk full, no permission, a file of somebody else in the way).
    """
    made = [each for each in (target, *target.parents) if not each.exists()]
    moved: list[tuple[Path, Path]] = []
    staging: Path | None = None

    def move(path: Path, to: Path) -> None:
        moved.append((path, to))
        path.rename(to)

    try:
        target.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=target, prefix=".tracecfg-"))
        for name, data in files.items():
            (staging / name).write_bytes(data)
        old = earlier(target)
        for name in files:
            path = target / name
            if (path.exists() or path.is_symlink()) and path not in old:
                raise ChangeFailedError(f"{path}: in the way, and not tracecfg's")
        for path in old:
            move(path, staging / f"old-{path.name}")
        for name in files:
            move(staging / name, target / name)
        moved.clear()
        shutil.rmtree(staging)
    except BaseException as error:
        for path, to in reversed(moved):
            with contextlib.suppress(OSError):
                to.rename(path)
        with contextlib.suppress(OSError):
            if staging is not None:
                shutil.rmtree(staging, ignore_errors=True)
            for each in made:
                each.rmdir()
        if isinstance(error, OSError):
            raise ChangeFailedError(f"{target}: not written: {error.strerror}") from error
        raise


def _ours(path: Path) -> bool:
    if path.is_symlink() or not (path.suffix == ".patch" or path.name == "series"):
        return False
    with path.open("rb") as stream:
        return _OURS in stream.read(64 * 1024)


def in_place(root: Path, changes: Sequence[Change]) -> None:
    """Change the tree's files; a failure half way puts back what was there.

    Raises ChangeFailedError.
    """
    done: list[Change] = []
    try:
        for change in changes:
            done.append(change)
            osio.write_atomic(root / change.path, _bytes(change.new))
    except BaseException:
        for change in reversed(done):
            with contextlib.suppress(ChangeFailedError, OSError):
                if change.old is None:
                    (root / change.path).unlink(missing_ok=True)
                else:
                    osio.write_atomic(root / change.path, _bytes(change.old))
        raise


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
