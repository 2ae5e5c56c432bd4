"""The check of a whole kernel, whole processes, against the scan of it."""

from __future__ import annotations

import sys
from statistics import median

import pytest

from tests.benchmarks.bench_scan import seconds
from tests.kernel.lab.trees import linux_tree

ROUNDS = 5
BOUND = 3.0
"""As a multiple of the scan's time, without what it remembers."""


def test_check_against_scan(capsys: pytest.CaptureFixture[str]) -> None:
    tree = str(linux_tree())
    tracecfg = [sys.executable, "-m", "tracecfg"]
    scan = [*tracecfg, "scan", tree, "--json", "--no-cache"]
    # of a released kernel there are warnings alone
    check = [*tracecfg, "check", tree, "--json", "--fail-on", "error"]
    for command in (scan, check):
        seconds(command)
    rounds = [[seconds(command) for command in (scan, check)] for _ in range(ROUNDS)]
    theirs, ours = (median(column) for column in zip(*rounds, strict=True))
    with capsys.disabled():
        print(f"\nscan {theirs:.2f} s")
        print(f"check: {ours:.2f} s, ratio {ours / theirs:.2f} (bound {BOUND})")
    assert ours / theirs <= BOUND
