"""Building the tiny kernel: converted with every option on, against unpatched.

What the compiler spends is measured, wall time only shown: a few per cent of wall time is what
anything else on the machine takes.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from pathlib import Path
from statistics import median

import pytest

from tests.kernel.lab.build import SAME_BITS, TINY, configure
from tests.kernel.lab.fixtures import converted_tree, linux_tree

ROUNDS = 3
BOUND = 1.03

__all__ = ["converted_tree", "linux_tree"]


def test_all_on_against_unpatched(
    linux_tree: Path, converted_tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spent: dict[str, list[tuple[float, float]]] = {"unpatched": [], "all on": []}
    for number in range(ROUNDS):
        for name, tree in (("unpatched", linux_tree), ("all on", converted_tree)):
            out = tmp_path / f"{name.replace(' ', '-')}-{number}"
            out.mkdir()
            configure(tree, out, [TINY])
            spent[name].append(compiled(tree, out))
    processor = {name: median(each for each, _ in rounds) for name, rounds in spent.items()}
    wall = {name: median(each for _, each in rounds) for name, rounds in spent.items()}
    with capsys.disabled():
        for name in spent:
            print(
                f"\n{name}: {processor[name]:.1f} s of processor time, {wall[name]:.1f} s", end=""
            )
        ratio = processor["all on"] / processor["unpatched"]
        print(f"\nratio {ratio:.3f} (bound {BOUND})")
    assert ratio <= BOUND


def compiled(tree: Path, out: Path) -> tuple[float, float]:
    """Processor and wall seconds of one whole build."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        ["make", "-s", "-C", tree, f"O={out}", f"-j{os.cpu_count()}", "bzImage"],
        env={"PATH": os.environ["PATH"], **SAME_BITS},
        check=True,
        capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, time.perf_counter() - start
