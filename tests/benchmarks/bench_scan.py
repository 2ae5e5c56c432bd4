"""Scanning and generating, whole processes, against rg over the same files for the same words."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import pytest

from tests.kernel.lab.cache import program
from tests.kernel.lab.trees import linux_tree
from tracecfg.kernel.search import NOT_KERNEL
from tracecfg.kernel.signs import WORDS

ROUNDS = 5
FRESH, REMEMBERED, OWN_READER = 2.0, 0.5, 6.0
"""Bounds, as multiples of rg's time."""
MORE_TO_GENERATE = 3.0
"""Seconds."""
MEMORY = 400 * 1024 * 1024
"""Bytes."""
READ_OWN = """\
import sys
from pathlib import Path
from tracecfg.kernel import search, tree
for _ in search.search(tree.open_tree(Path(sys.argv[1])), search.Searcher.OWN):
    pass
"""


@pytest.fixture(scope="module")
def tree() -> Path:
    return linux_tree()


def test_scan_against_rg(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [part for word in WORDS for part in ("-e", word)]
    skip = [part for top in NOT_KERNEL for part in ("-g", f"!/{top}/")]
    rg = [
        program("rg", "ripgrep"),
        "-l",
        "-F",
        "--no-ignore",
        "-g",
        "*.[chS]",
        *skip,
        *words,
        str(tree),
    ]
    scan = [sys.executable, "-m", "tracecfg", "scan", str(tree), "--json"]
    fresh, own = [*scan, "--no-cache"], [sys.executable, "-c", READ_OWN, str(tree)]
    for command in (rg, fresh, scan):
        seconds(command)
    rounds = [[seconds(command) for command in (rg, fresh, scan, own)] for _ in range(ROUNDS)]
    theirs, *ours = (median(column) for column in zip(*rounds, strict=True))
    report = [("scan", FRESH), ("scan, remembered", REMEMBERED), ("own reader", OWN_READER)]
    with capsys.disabled():
        print(f"\nrg {theirs:.2f} s")
        for (name, bound), time_taken in zip(report, ours, strict=True):
            print(f"{name}: {time_taken:.2f} s, ratio {time_taken / theirs:.2f} (bound {bound})")
    for (_, bound), time_taken in zip(report, ours, strict=True):
        assert time_taken / theirs <= bound


def test_generate_against_scan(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = [sys.executable, "-m", "tracecfg", "scan", str(tree), "--no-cache"]

    def generate(number: int) -> list[str]:
        return [sys.executable, "-m", "tracecfg", "generate", str(tree), "-o",
                str(tmp_path / str(number)), "--author", "A Tester <a@example.org>"]  # fmt: skip

    rounds = [(seconds(scan), seconds(generate(number))) for number in range(3)]
    scanning, generating = (median(column) for column in zip(*rounds, strict=True))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    with capsys.disabled():
        print(f"\nscan {scanning:.2f} s, generate {generating:.2f} s: "
              f"{generating - scanning:.2f} s more (bound {MORE_TO_GENERATE}); "
              f"peak memory of any process {memory >> 20} MB (bound {MEMORY >> 20})")  # fmt: skip
    assert generating - scanning <= MORE_TO_GENERATE
    assert memory <= MEMORY


def seconds(command: Sequence[str]) -> float:
    # without compiled modules, which an installed tracecfg has, each run would compile them anew
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - start
