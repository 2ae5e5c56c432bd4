"""Work beside on another core, and what is left of it when the process goes away."""

from __future__ import annotations

import subprocess
import sys

from tracecfg.beside import beside

LEAVES = """\
import os
from tracecfg.beside import beside
for _ in range(3):
    # more than a pipe holds
    beside(lambda: b"x" * 10_000_000)
os._exit(7)
"""


def test_the_result_comes_or_the_error() -> None:
    assert beside(lambda: [1, 2])() == [1, 2]
    try:
        beside(lambda: 1 // 0)()
    except ZeroDivisionError:
        return
    raise AssertionError


def test_nothing_stays_behind() -> None:
    """Standard output would stay open: whoever reads it would wait for its end."""
    call = [sys.executable, "-c", LEAVES]
    assert subprocess.run(call, capture_output=True, timeout=60, check=False).returncode == 7
