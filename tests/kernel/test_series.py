"""The series as a maintainer would receive it: applies exactly, checkpatch is content, the same
every time."""

from __future__ import annotations

import os
import random
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.kernel.lab.cache import program
from tests.kernel.proofs import SEED, tracecfg

pytestmark = pytest.mark.kernel

AUTHOR = "Tracecfg Tests <tracecfg@example.org>"
MAY_FIND = {
    # a new Kconfig file: a question to the submitter, not a finding
    "FILE_PATH_CHANGES"
}


@pytest.fixture(scope="module")
def series(linux_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(linux_tree, tmp_path_factory.mktemp("plain") / "series")


@pytest.fixture(scope="module")
def signed(linux_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(linux_tree, tmp_path_factory.mktemp("signed") / "series", "--signoff")


def generate(tree: Path, out: Path, *arguments: str) -> Path:
    tracecfg("generate", str(tree), "-o", str(out), "--author", AUTHOR, *arguments)
    return out


def patches(series: Path) -> list[Path]:
    return sorted(series.glob("*.patch"))[1:]


def test_every_hunk_applies_at_the_very_line_it_names(linux_tree: Path, signed: Path) -> None:
    """git am knows no fuzz, but it does move hunks: so apply them here, to the line."""
    assert len(patches(signed)) > 300
    files: dict[str, list[str]] = {}
    for patch in patches(signed):
        text = patch.read_text(encoding="utf-8", errors="surrogateescape")
        for path, hunks in re.findall(r"^\+\+\+ b/(\S+)\n((?:[-+ @\\].*\n)*)", text, re.MULTILINE):
            if path not in files:
                there = linux_tree / path
                known = there.read_text("utf-8", "surrogateescape") if there.exists() else ""
                files[path] = known.split("\n")
            moved = 0
            for start, body in re.findall(r"^@@ -(\d+).*\n((?:[-+ \\].*\n)*)", hunks, re.MULTILINE):
                lines = [line for line in body.split("\n")[:-1] if line != "-- "]
                old = [line[1:] for line in lines if line[0] in " -"]
                new = [line[1:] for line in lines if line[0] in " +"]
                at = max(int(start) - 1, 0) + moved
                assert files[path][at : at + len(old)] == old, f"{patch.name}: {path}:{start}"
                files[path][at : at + len(old)] = new
                moved += len(new) - len(old)


def test_checkpatch_has_nothing_to_say(linux_tree: Path, signed: Path) -> None:
    """Of the core patch, those that change a line (with whatever checkpatch has against the old
    one) and a seeded sample of the others; tests/kernel/full asks for all of them."""
    core, *systems = patches(signed)
    count = int(os.environ.get("TRACECFG_CHECKPATCH") or 30)
    print(f"TRACECFG_SEED={SEED}")
    changing = [path for path in systems if re.search(rb"^-[^-]", path.read_bytes(), re.MULTILINE)]
    others = sorted({*systems} - {*changing})
    some = random.Random(SEED).sample(others, min(count, len(others)))
    assert checkpatch(linux_tree, [core, *changing, *some]) == {}


def test_without_signoff_that_is_all_that_checkpatch_misses(linux_tree: Path, series: Path) -> None:
    some = patches(series)[:20]
    assert checkpatch(linux_tree, some) == {x.name: {"MISSING_SIGN_OFF"} for x in some}


def checkpatch(tree: Path, files: list[Path]) -> dict[str, set[str]]:
    """File name -> types of what checkpatch finds in it."""
    perl = program("perl", "perl")

    def check(patch: Path) -> tuple[str, set[str]]:
        command = [perl, "scripts/checkpatch.pl", "--strict", "--show-types", str(patch)]
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
        # without this line it has crashed, and no finding means nothing
        assert re.search(r"^total: \d+ errors", done.stdout, re.MULTILINE), done.stderr
        found = re.findall(r"^(?:ERROR|WARNING|CHECK):(\w+):", done.stdout, re.MULTILINE)
        return patch.name, set(found) - MAY_FIND

    with ThreadPoolExecutor() as pool:
        return {name: found for name, found in pool.map(check, files) if found}


def test_the_same_tree_gives_the_same_bytes(linux_tree: Path, series: Path, tmp_path: Path) -> None:
    again = generate(linux_tree, tmp_path / "series")
    first, second = ({x.name: x.read_bytes() for x in d.iterdir()} for d in (series, again))
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_a_converted_tree_leaves_nothing_to_do(converted_tree: Path, tmp_path: Path) -> None:
    done = tracecfg("generate", str(converted_tree), "-o", str(tmp_path / "series"))
    assert "nothing to do" in (done.stdout + done.stderr).lower()
    assert list(tmp_path.rglob("*.patch")) == []
