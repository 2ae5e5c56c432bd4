"""The small trees of kconfig_fixtures/ for tests: copied, committed, patched, compiled and run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kernel.lab.cache import missing
from tracecfg import cli
from tracecfg.kernel import kconf
from tracecfg.kernel.scan import scan
from tracecfg.kernel.search import Searcher, search
from tracecfg.kernel.tree import Tree, open_tree
from tracecfg.model import Inventory, TraceSystem

FIXTURES = Path(__file__).parent.parent / "kconfig_fixtures"
GOLDENS = Path(__file__).parent / "goldens"
AUTHOR = "Ann Author <ann@example.org>"
SYSTEMS = ("cache", "gpio", "portio", "queue", "radio", "storage", "task", "usb-hub", "virt")
OPTIONS = {name: f"TRACING_{name.upper().replace('-', '_')}" for name in SYSTEMS}


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def run_here(capsys: pytest.CaptureFixture[str], arguments: Sequence[object]) -> Ran:
    capsys.readouterr()
    code = cli.run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return Ran(code, captured.out, captured.err)


def command(*arguments: object) -> list[str]:
    """`python -m tracecfg` as a list."""
    return [sys.executable, "-m", "tracecfg", *map(str, arguments)]


def run_there(*arguments: object, cwd: Path | None = None, **env: str) -> Ran:
    """The command line in a process of its own."""
    done = subprocess.run(
        command(*arguments), cwd=cwd, env={**os.environ, **env}, capture_output=True, timeout=120
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def copy_tree(folder: Path, name: str = "tree") -> Path:
    target = folder / "linux"
    shutil.copytree(FIXTURES / name, target)
    return target


def converted_tree(folder: Path) -> Path:
    """A tree with the series of all its systems applied, and a .config with the defaults."""
    root = copy_tree(folder)
    assert cli.run(["generate", str(root), "--in-place", "--author", AUTHOR]) == 0
    (root / ".config").write_text(kconf.load(open_tree(root), arch="x86").text())
    return root


def edit(root: Path, path: str, change: Callable[[str], str]) -> None:
    file = root / path
    with file.open(newline="", errors="surrogateescape") as stream:
        text = stream.read()
    changed = change(text)
    assert changed != text
    with file.open("w", newline="", errors="surrogateescape") as stream:
        stream.write(changed)


def candidates(tree: Tree, searcher: Searcher) -> list[str]:
    """The paths that a search finds, sorted."""
    return sorted(path for path, _ in search(tree, searcher))


def inventory(root: Path, searcher: Searcher = Searcher.OWN) -> Inventory:
    tree = open_tree(root)
    return scan(tree, search(tree, searcher))


def systems(root: Path) -> dict[str, TraceSystem]:
    return {system.name: system for system in inventory(root).systems}


def git(root: Path, *arguments: object) -> str:
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org"]
    done = subprocess.run(
        ["git", *identity, *map(str, arguments)], cwd=root, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(errors="surrogateescape")


def committed(root: Path) -> Path:
    """The tree as a git repository with one commit of a fixed date."""
    git(root, "init", "--quiet", ".")
    git(root, "config", "core.autocrlf", "false")
    git(root, "add", "--all", ".")
    git(root, "commit", "--quiet", "--message=base", "--date=2026-01-02T03:04:05Z")
    return root


def apply(root: Path, series: Path) -> None:
    """What the README says: git am series/*.patch, the cover letter included."""
    git(root, "am", "--quiet", *sorted(series.glob("*.patch")))


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a tree but git's own."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def needed(*programs: str) -> None:
    """Skip the test where a program is missing; in CI that is a failure."""
    for program in programs:
        if shutil.which(program) is None:
            missing(f"{program}: it is not installed")


def golden(name: str, text: str) -> None:
    """TRACECFG_UPDATE_GOLDENS=1 rewrites the stored text instead of comparing it."""
    path = GOLDENS / name
    if os.environ.get("TRACECFG_UPDATE_GOLDENS"):
        path.write_text(text)
    assert text == path.read_text(), f"{path.name}: TRACECFG_UPDATE_GOLDENS=1 shows the difference"
