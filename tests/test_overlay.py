"""The tree as it was where a branch began is what a checkout of that commit is."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.small import committed as _committed
from tests.small import copy_tree, git, run_there
from tracecfg import planning, report
from tracecfg.errors import TracecfgError, UnsupportedTreeError, UsageError
from tracecfg.kernel import gitbase, search
from tracecfg.kernel.overlay import Overlay, candidates, overlay
from tracecfg.kernel.search import Searcher
from tracecfg.kernel.tree import MAX_FILE, Tree, open_tree

LINKS = {
    "include/trace/events/alias.h": "gpio.h",
    "drivers/also": "gpio",
    "drivers/net/radio/up.c": "../../gpio/gpiolib.c",
    "drivers/lost.h": "nowhere.h",
    "drivers/out.h": "../../outside.h",
    "drivers/round": "round",
}


def committed(root: Path) -> Path:
    for path, target in LINKS.items():
        (root / path).symlink_to(target)
    (root / ".gitignore").write_text("*.o\nignored.h\n")
    return _committed(root)


def before(root: Path, revision: str = "HEAD") -> Overlay:
    tree = open_tree(root)
    return overlay(tree, gitbase.base_of(tree, revision))


def checkout(root: Path, revision: str = "HEAD") -> Tree:
    """Another work tree, of a commit."""
    there = root.parent / "there"
    git(root, "worktree", "add", "--quiet", "--detach", there, revision)
    return open_tree(there)


def read(tree: Tree, path: str) -> bytes | None:
    try:
        return tree.read_bytes(path)
    except UnsupportedTreeError:
        return None


def paths_of(root: Path) -> set[str]:
    found: set[str] = set()
    for folder, folders, files in os.walk(root):
        relative = Path(folder).relative_to(root)
        found.update(str(relative / name) for name in (*folders, *files) if name != ".git")
        if ".git" in folders:
            folders.remove(".git")
    return found


def assert_same(earlier: Overlay, real: Tree) -> None:
    paths = paths_of(earlier.root) | paths_of(real.root) | {"drivers/also/gpiolib.c", "nowhere"}
    for path in sorted(paths):
        assert read(earlier, path) == read(real, path), path
        assert earlier.is_file(path) == real.is_file(path), path
        assert earlier.is_dir(path) == real.is_dir(path), path
    folders = {"", *(path for path in paths if earlier.is_dir(path))}
    for folder in sorted(folders):
        here, there = earlier.listed(folder), real.listed(folder)
        # git's own: a folder in the one, a file in the other
        assert sorted(set(here.folders) - {".git"}) == sorted(there.folders), folder
        assert sorted(here.files) == sorted(set(there.files) - {".git"}), folder
    found = list(search.search(open_tree(earlier.root), Searcher.OWN))
    assert dict(candidates(earlier, found)) == dict(search.search(real, Searcher.OWN))
    assert earlier.version == real.version


def change(root: Path, dice: random.Random) -> None:
    """One of the things that people do to files."""
    files = sorted(path for path in paths_of(root) if (root / path).is_file() and "/" in path)
    path = root / dice.choice(files)
    match dice.randrange(9):
        case 0:
            path.unlink()
        case 1:
            text = path.read_bytes()
            path.unlink()
            path.write_bytes(text + b"\n/* TRACE_SYSTEM */\n")
        case 2:
            new = path.with_name(f"new{dice.randrange(99)}.{dice.choice('ch')}")
            if not new.is_symlink():
                new.write_text("#define CREATE_TRACE_POINTS\n")
        case 3:
            git(root, "add", "--all")
            if not path.is_symlink():
                git(root, "mv", "-f", path, path.with_name(f"moved{dice.randrange(99)}.h"))
        case 4:
            path.unlink()
            path.symlink_to(dice.choice(["gpio.h", "../Kconfig", "nowhere"]))
        case 5:
            path.unlink()
            path.mkdir()
            (path / "inner.h").write_text("DEFINE_EVENT(a, b);\n")
        case 6:
            folder = path.parent
            if folder not in (root, root / "include/linux") and not folder.is_symlink():
                shutil.rmtree(folder)
                if dice.random() < 0.5:
                    folder.write_text("a file now\n")
        case 7:
            folder = path.parent / f"folder{dice.randrange(99)}"
            folder.mkdir(exist_ok=True)
            (folder / "Makefile").write_text("obj-y += x.o\n")
        case 8:
            git(root, "add", "--all")
            git(root, "commit", "--quiet", "--allow-empty", "--message=more")


@pytest.mark.parametrize("seed", range(12))
def test_it_is_what_a_checkout_is(tmp_path: Path, seed: int) -> None:
    root = committed(copy_tree(tmp_path))
    git(root, "tag", "start")
    dice = random.Random(seed)
    for _ in range(12):
        change(root, dice)
    for folder, _, _ in os.walk(root, topdown=False):
        # git knows no empty folders
        if not any(Path(folder).iterdir()):
            Path(folder).rmdir()
    real = checkout(root, "start")
    assert_same(before(root, "start"), real)


def test_ignored_files_are_no_change(tmp_path: Path) -> None:
    root = committed(copy_tree(tmp_path))
    (root / "drivers/ignored.h").write_text("#define TRACE_SYSTEM x\n")
    (root / "drivers/new.h").write_text("#define TRACE_SYSTEM y\n")
    earlier = before(root)
    assert earlier.is_file("drivers/ignored.h")
    assert not earlier.is_file("drivers/new.h")


def test_it_is_the_merge_base_that_counts(tmp_path: Path) -> None:
    root = committed(copy_tree(tmp_path))
    git(root, "checkout", "--quiet", "-b", "topic")
    git(root, "checkout", "--quiet", "-b", "upstream")
    (root / "mm.c").write_text("int of_upstream;\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=theirs")
    git(root, "checkout", "--quiet", "topic")
    assert before(root, "upstream").differs == {}


def test_a_merge_in_progress(tmp_path: Path) -> None:
    root = committed(copy_tree(tmp_path))
    git(root, "tag", "start")
    path = root / "kernel/task.c"
    text = path.read_text()
    for name in ("one", "two"):
        git(root, "checkout", "--quiet", "-b", name, "start")
        path.write_text(f"/* {name} */\n{text}")
        git(root, "commit", "--quiet", "--all", f"--message={name}")
    with pytest.raises(AssertionError):
        git(root, "merge", "--quiet", "one")
    assert "<<<<" in path.read_text()
    assert before(root, "start").read("kernel/task.c") == text


def test_a_tree_below_the_top_of_its_repository(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    _committed(tmp_path)
    git(tmp_path, "mv", "linux/kernel/task.c", "linux/kernel/job.c")
    (tmp_path / "beside.c").write_text("TRACE_SYSTEM")
    base = gitbase.base_of(open_tree(root), "HEAD")
    assert set(base.differs) == {"kernel/task.c", "kernel/job.c"}
    assert base.renamed == {"kernel/task.c": "kernel/job.c"}
    assert before(root).is_file("kernel/task.c")


def test_a_submodule_is_left_alone(tmp_path: Path) -> None:
    root = committed(copy_tree(tmp_path))
    inner = root / "drivers/inner"
    inner.mkdir()
    (inner / "a.h").write_text("#define TRACE_SYSTEM inner\n")
    _committed(inner)
    head = git(inner, "rev-parse", "HEAD").strip()
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{head},drivers/inner")
    earlier = before(root)
    assert earlier.differs == {}
    assert earlier.read("drivers/inner/a.h") == (inner / "a.h").read_text()


def test_a_long_file_of_the_base(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    (root / "drivers/long.h").write_bytes(b"/* TRACE_SYSTEM */\n" + b"\n" * MAX_FILE)
    _committed(root)
    (root / "drivers/long.h").unlink()
    with pytest.raises(UnsupportedTreeError, match="longer than 16 MB"):
        before(root).read("drivers/long.h")
    assert "drivers/long.h" not in dict(candidates(before(root), []))


def test_names_that_are_odd(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    names = ["a b.h", "new\nline.h", "tab\t.h", b"latin\xe9.h".decode("utf-8", "surrogateescape")]
    for name in names:
        (root / "drivers" / name).write_text("TRACE_SYSTEM")
    _committed(root)
    for name in names:
        (root / "drivers" / name).unlink()
    earlier = before(root)
    assert {f"drivers/{name}" for name in names} <= set(dict(candidates(earlier, [])))
    assert set(names) <= set(earlier.listed("drivers").files)


@pytest.mark.parametrize("searcher", Searcher)
def test_the_plan_is_that_of_the_commit(tmp_path: Path, searcher: Searcher) -> None:
    if searcher is not Searcher.OWN and shutil.which(searcher.value) is None:
        pytest.fail(f"{searcher.value} is missing")
    root = committed(copy_tree(tmp_path))
    for path in ("drivers/gpio/Makefile", "include/trace/events/task.h", "drivers/usb/Kconfig"):
        (root / path).unlink()
    shutil.rmtree(root / "arch/x86/virt")
    (root / "drivers/net/radio/more.c").write_text("#define CREATE_TRACE_POINTS\n")
    (root / "drivers/Kconfig").write_text('source "drivers/*/Kconfig"\n')
    git(root, "add", "drivers/net")
    earlier = before(root)
    found = search.search(open_tree(root), searcher)
    plan = planning.plan_from(earlier, candidates(earlier, found), rules=None, prefix="TRACING_")
    real = planning.plan(checkout(root), rules=None, prefix="TRACING_")
    said, meant = report.scan_json(plan), report.scan_json(real)
    assert {**said, "tree": ""} == {**meant, "tree": ""}


# ---- what git cannot tell


def why(root: Path, revision: str) -> tuple[str, str, int]:
    with pytest.raises(TracecfgError) as told:
        gitbase.base_of(open_tree(root), revision)
    return told.value.message, told.value.hint, told.value.exit_code


@pytest.mark.parametrize(
    "revision",
    ["", "-x", "--upload-pack=touch x", "nope", "HEAD:Makefile", "a..b", "x\ny", "HEAD^9", "\x1b["],
)
def test_a_revision_that_is_none(tmp_path: Path, revision: str) -> None:
    message, hint, code = why(committed(copy_tree(tmp_path)), revision)
    assert code == UsageError.exit_code
    assert "no commit that this repository has" in message
    assert "\n" not in message
    assert "\x1b" not in message
    assert "fetch-depth: 0" in hint


def test_a_copy_of_a_repository_differs_in_nothing(tmp_path: Path) -> None:
    """Its index is of other files, with other times and inodes."""
    root = committed(copy_tree(tmp_path))
    copied = Path(shutil.copytree(root, tmp_path / "copied", symlinks=True))
    (copied / "kernel/task.c").write_text("int x;\n")
    index = (copied / ".git/index").read_bytes()
    assert set(before(copied).differs) == {"kernel/task.c"}
    assert (copied / ".git/index").read_bytes() == index


@pytest.mark.parametrize("way", ["split", "none"])
def test_an_index_of_another_kind(tmp_path: Path, way: str) -> None:
    root = committed(copy_tree(tmp_path))
    if way == "split":
        git(root, "config", "core.splitIndex", "true")
        git(root, "update-index", "--split-index")
        # the shared part is written whenever the other one is
        git(root, "config", "splitIndex.maxPercentChange", "0")
    else:
        (root / ".git/index").unlink()
    (root / "Makefile").touch()
    there = contents_of_git(root)
    assert ("Makefile" in before(root).differs) == (way == "none")
    assert contents_of_git(root) == there


def contents_of_git(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / ".git").iterdir() if path.is_file()}


def test_no_repository(tmp_path: Path) -> None:
    message, _, code = why(copy_tree(tmp_path), "HEAD")
    assert code == UsageError.exit_code
    assert "no work tree of a git repository" in message


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    git(root, "init", "--quiet")
    assert why(root, "HEAD")[2] == UsageError.exit_code


def test_histories_that_never_met(tmp_path: Path) -> None:
    root = committed(copy_tree(tmp_path))
    git(root, "branch", "here")
    git(root, "checkout", "--quiet", "--orphan", "other")
    git(root, "commit", "--quiet", "--message=other")
    git(root, "checkout", "--quiet", "here")
    assert "no commit in common" in why(root, "other")[0]


def test_a_shallow_clone_says_how_to_deepen_it(tmp_path: Path) -> None:
    root = committed(copy_tree(tmp_path))
    for name in ("upstream", "topic"):
        git(root, "checkout", "--quiet", "-b", name, "HEAD" if name == "upstream" else "HEAD~1")
        for number in range(2):
            git(root, "commit", "--quiet", "--allow-empty", f"--message={name} {number}")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{root}", shallow)
    message, hint, code = why(shallow, "origin/upstream")
    assert code == TracecfgError.exit_code
    assert "shallow clone" in message
    assert "git fetch --deepen" in hint
    assert "fetch-depth: 0" in hint
    git(shallow, "fetch", "--quiet", "--unshallow")
    assert before(shallow, "origin/upstream").differs == {}


def test_a_partial_clone_fetches_nothing(tmp_path: Path) -> None:
    root = committed(copy_tree(tmp_path))
    lost = git(root, "rev-parse", "HEAD:kernel/task.c").strip()
    (root / "kernel/task.c").write_text("int x;\n")
    git(root, "commit", "--quiet", "--all", "--message=x")
    git(root, "config", "uploadpack.allowFilter", "true")
    part, proof = tmp_path / "part", tmp_path / "ran"
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{root}", part)
    git(part, "config", "remote.origin.uploadpack", f"touch {proof}; git-upload-pack")
    git(part, "config", "remote.origin.url", f"ext::sh -c 'touch {proof}'")
    git(part, "config", "protocol.ext.allow", "always")
    with pytest.raises(TracecfgError, match="cannot be read from git"):
        list(gitbase.contents(open_tree(part), [lost]))
    assert not proof.exists()


def test_another_users_repository_is_refused_with_a_way_out(tmp_path: Path) -> None:
    root = committed(copy_tree(tmp_path))
    ran = run_there("check", root, "--since", "HEAD", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert ran.code == TracecfgError.exit_code
    assert "safe.directory" in ran.err
