"""What git knows of a tree, asked without running anything that the tree names."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tracecfg import osio
from tracecfg.errors import TracecfgError, escaped
from tracecfg.kernel.tree import Tree

_SAFE = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-pager"),
    *("-c", "submodule.recurse=false"),
)
"""Without the programs that almost any git command would start, and the repositories within one,
which git grep refuses to look into together with untracked files."""

_ELSEWHERE = frozenset(
    {
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_PREFIX"),
        *("GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_NAMESPACE", "GIT_CONFIG"),
        *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE"),
        *("GIT_GRAFT_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE"),
        *("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS"),
        "GIT_ICASE_PATHSPECS",
    }
)
"""What `git rev-parse --local-env-vars` lists, but for configuration, which may be the user's
safe.directory; and what paths mean. They are for another repository, or are a hook's. The tree is
the one that the user named: a hook in it has the same repository, and of its index, which a commit
of some files has for itself, only which files are tracked would count, for what is read is the work
tree."""

_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    # a partial clone would fetch what it lacks, by a program that its configuration names
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    # messages are looked at
    "LC_ALL": "C",
}

_NO_REPOSITORY = {
    "GIT_DIR": "/dev/null",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "0",
    "GIT_CONFIG_PARAMETERS": "",
}
"""Nor a configuration: attributes of the folder's could name a filter in it."""

_REFRESH = ("update-index", "-q", "--ignore-submodules", "--refresh")
_FILTER = re.compile(r"filter\.", re.IGNORECASE)


def is_repository(tree: Tree) -> bool:
    return (tree.root / ".git").exists()


def git(
    tree: Tree,
    *arguments: str,
    ok: tuple[int, ...] = (0,),
    index: Path | None = None,
    config: Sequence[str] = (),
    stdin: bytes = b"",
) -> bytes:
    """Standard output of a git command in the tree. Raises TracecfgError.

    index: to be used instead of the repository's own; config: keys with values that count more
    """
    over = [part for each in config for part in ("-c", each)]
    environment = _environment({} if index is None else {"GIT_INDEX_FILE": str(index)})
    return osio.run(
        ["git", *_SAFE, *over, *arguments], cwd=tree.root, env=environment, stdin=stdin, ok=ok
    )


def pieces(
    tree: Tree,
    *arguments: str,
    end: bytes,
    ok: Sequence[int] = (0,),
    complaints: list[str] | None = None,
) -> Generator[bytes]:
    """As osio.pieces() of a git command in the tree."""
    return osio.pieces(
        ["git", *_SAFE, *arguments],
        cwd=tree.root,
        env=_environment({}),
        end=end,
        ok=ok,
        complaints=complaints,
    )


def without_repository(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """As git(), in a folder that git takes for no repository, nor for a part of one, whatever it
    holds and wherever it is."""
    environment = _environment(_NO_REPOSITORY)
    return osio.run(["git", *_SAFE, *arguments], cwd=folder, env=environment, stdin=stdin)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    return {**ours, **_ENVIRONMENT, **more}


def no_filters(tree: Tree) -> list[str]:
    """For git()'s config, with which it compares files without a filter: it would start one for
    each file that may have changed within the second in which the index was written.

    Raises TracecfgError, also for a filter that cannot be turned off.
    """
    keys = os.fsdecode(git(tree, "config", "--name-only", "--null", "--list")).split("\0")
    drivers = {key.partition(".")[2].rpartition(".")[0] for key in keys if _FILTER.match(key)}
    if odd := sorted(name for name in drivers if "=" in name or "\n" in name):
        raise TracecfgError(
            f"git's configuration has a filter {escaped(odd[0])}, which cannot be turned off",
            "remove it: `git config --show-origin --get-regexp '^filter'` says where it is",
        )
    off = ("clean=", "process=", "required=false")
    return [f"filter.{name}.{value}" for name in sorted(drivers - {""}) for value in off]


@contextmanager
def refreshed_index(tree: Tree, config: Sequence[str]) -> Iterator[Path]:
    """A copy of the index that knows which files are as they were added: after a copy of the whole
    tree, none seems to be. The user's is not written, who asked to read a tree.

    Raises TracecfgError.
    """
    own = os.fsdecode(git(tree, "rev-parse", "--git-path", "index")).removesuffix("\n")
    # the shared part of a split one would be written in the repository
    config = (*config, "core.splitIndex=false")
    try:
        with tempfile.TemporaryDirectory(prefix="tracecfg.") as scratch:
            index = Path(scratch) / "index"
            # without one nothing is tracked
            with suppress(FileNotFoundError):
                shutil.copyfile(tree.root / own, index)
                git(tree, *_REFRESH, ok=(0, 1), index=index, config=config)
            yield index
    except OSError as error:
        raise TracecfgError(f"git's index cannot be copied: {error.strerror}") from error


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


def ignored(tree: Tree, paths: Sequence[str]) -> list[str]:
    """Those that `git add` passes over; none outside a repository or when git cannot say."""
    if not is_repository(tree) or not paths:
        return []
    try:
        said = git(tree, "check-ignore", "--no-index", "--", *paths, ok=(0, 1))
    except TracecfgError:
        return []
    return os.fsdecode(said).splitlines()


def local_changes(tree: Tree) -> str | None:
    """A sentence when the work tree differs from the last commit, or when that was not asked."""
    if not is_repository(tree):
        return None
    try:
        config = no_filters(tree)
    except TracecfgError as error:
        return f"not checked for local changes: {error.message}"
    try:
        with refreshed_index(tree, config) as index:
            asked = ("diff-index", "--ignore-submodules", "--name-only", "HEAD", "--")
            changed = git(tree, *asked, config=config, index=index)
    except TracecfgError:
        return None
    count = len(changed.splitlines())
    if not count:
        return None
    return (
        f"the tree has local changes in {count} file{'s' if count > 1 else ''}: the patches "
        "are made from the work tree and apply to it, not to the last commit"
    )
