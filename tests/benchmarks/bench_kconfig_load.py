"""Loading the Kconfig, a whole Python process, against `make olddefconfig` of the same tree."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.kernel.lab.cache import program
from tests.kernel.lab.trees import linux_tree

BOUND = 0.4
ROUNDS = 3
# the process ends as tracecfg's commands do: without taking half a million objects apart
LOAD = """\
import os
import sys
from pathlib import Path
from tracecfg.kernel import kconf, tree
kconf.load(tree.open_tree(Path(sys.argv[1])), arch="x86_64")
os._exit(0)
"""


def test_load_against_olddefconfig(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = linux_tree()
    for name in ("make", "flex", "bison", "gcc"):
        program(name, name)
    make = ["make", "-s", "-C", str(tree), f"O={tmp_path}", "ARCH=x86_64"]
    subprocess.run([*make, "defconfig"], check=True, capture_output=True)
    load = [sys.executable, "-c", LOAD, str(tree)]
    seconds(load)

    rounds = [(seconds(load), seconds([*make, "olddefconfig"])) for _ in range(ROUNDS)]
    # the fastest of each: whatever else the machine does can only add
    ours, theirs = (min(column) for column in zip(*rounds, strict=True))
    with capsys.disabled():
        print(
            f"\nKconfig load: {ours:.2f} s, make olddefconfig: {theirs:.2f} s, "
            f"ratio {ours / theirs:.2f} (bound {BOUND})"
        )
    assert ours / theirs <= BOUND


def seconds(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start
