"""What git knows of a tree, asked without running anything that the tree names."""

from __future__ import annotations

from tracecfg import osio
from tracecfg.errors import TracecfgError
from tracecfg.kernel.tree import Tree

_RUNS_PROGRAMS = ("filter.", "include.", "includeif.")
"""Keys of a repository's own configuration by which comparing files starts programs."""


def is_repository(tree: Tree) -> bool:
    return (tree.root / ".git").exists()


def git(tree: Tree, *arguments: str, ok: tuple[int, ...] = (0,)) -> bytes:
    """Standard output of a git command in the tree. Raises TracecfgError.

    core.fsmonitor of a tree's .git/config is a program that almost any git command starts.
    """
    return osio.run(["git", "-c", "core.fsmonitor=false", *arguments], cwd=tree.root, ok=ok)


def commit_time(tree: Tree) -> int | None:
    """Seconds since 1970 of the last commit; None outside a repository or in an empty one."""
    if not is_repository(tree):
        return None
    try:
        # rev-list, not log: log.showSignature would start gpg.program
        said = git(tree, "rev-list", "--max-count=1", "--format=%ct", "HEAD")
        return int(said.split()[-1])
    except (TracecfgError, ValueError, IndexError):
        return None


def local_changes(tree: Tree) -> str | None:
    """A sentence when the work tree differs from the last commit, or when that was not asked."""
    if not is_repository(tree):
        return None
    try:
        keys = git(tree, "config", "--local", "--name-only", "--list").decode("utf-8", "replace")
        if any(key.lower().startswith(_RUNS_PROGRAMS) for key in keys.split()):
            return (
                "not checked for local changes: the tree's git configuration names programs "
                "that would run"
            )
        git(tree, "update-index", "-q", "--refresh", ok=(0, 1))
        changed = git(tree, "diff-index", "--name-only", "HEAD", "--")
    except TracecfgError:
        return None
    count = len(changed.splitlines())
    if not count:
        return None
    return (
        f"the tree has local changes in {count} file{'s' if count > 1 else ''}: the patches "
        "are made from the work tree and apply to it, not to the last commit"
    )
