"""Kernel source trees: Debian's, and copies of it with a series applied."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.kernel.lab.cache import cached, missing, program

PACKAGE = "linux-source-6.12"


def linux_tree() -> Path:
    """Debian's kernel source as a git repository of one commit; nobody writes to it."""
    tarball = Path(f"/usr/src/{PACKAGE}.tar.xz")
    if not tarball.is_file():
        missing(f"{tarball}: apt-get install {PACKAGE}")
    query = [program("dpkg-query", "dpkg"), "-W", "-f", "${Version}", PACKAGE]
    version = subprocess.run(query, check=True, capture_output=True, text=True).stdout

    def unpack(tree: Path) -> None:
        subprocess.run(["tar", "-xf", tarball, "--strip-components=1"], cwd=tree, check=True)
        git(tree, "init", "--quiet")
        # Debian's .gitignore hides the whole tree, hence --force
        git(tree, "add", "--all", "--force")
        git(tree, "commit", "--quiet", "--message", f"{PACKAGE} {version}")

    return cached("linux", version, unpack)


def patched_tree(base: Path, series: Sequence[Path]) -> Path:
    """A work tree of `base` on which `git am` has applied the patches, one commit each."""
    digest = hashlib.sha256(b"\0".join(patch.read_bytes() for patch in series)).hexdigest()

    def apply(tree: Path) -> None:
        git(tree.parent, "clone", "--quiet", "--shared", str(base), str(tree))
        git(tree, "am", "--quiet", *map(str, series))

    return cached("patched", f"{content(base)} {digest}", apply)


def content(tree: Path) -> str:
    """What tells two trees apart: the git hash of what is in them, wherever they are."""
    return git(tree, "rev-parse", "HEAD^{tree}").strip()


def git(cwd: Path, *arguments: str) -> str:
    """Run git as nobody in particular: no configuration but ours, and always the same commits."""
    done = subprocess.run(
        # the objects are read once or twice, so packing them well is not worth the time
        ["git", "-c", "core.compression=1", "-c", "gc.auto=0", *arguments],
        cwd=cwd,
        env={
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_NAME": "tracecfg" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "tracecfg@example.org" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_DATE": "2026-01-01T00:00:00Z" for who in ("AUTHOR", "COMMITTER")},
        },
        check=False,
        capture_output=True,
        text=True,
        errors="surrogateescape",
    )
    if done.returncode != 0:
        raise RuntimeError(f"git {' '.join(arguments[:4])}: {done.stderr[-2000:]}")
    return done.stdout
