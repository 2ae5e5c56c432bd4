"""`tracecfg config`, a whole process, against `make olddefconfig` of the same tree."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

import pytest

from tests.benchmarks.bench_kconfig_load import seconds
from tests.kernel.lab.conf import Conf
from tests.kernel.lab.fixtures import converted_tree, linux_tree

__all__ = ["converted_tree", "linux_tree"]

BOUND = 0.5
ROUNDS = 7


def test_config_against_olddefconfig(
    converted_tree: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # as it is installed: compiled
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "compiled"))
    base = Conf(converted_tree, "x86", tmp_path).given("x86_64_defconfig")
    make = ["make", "-s", "-C", str(converted_tree), f"O={tmp_path}", "olddefconfig"]
    make.append(f"KCONFIG_CONFIG={base}")
    ours = [sys.executable, "-m", "tracecfg", "config", str(converted_tree), "--only", "gpio,irq"]
    ours += ["--base", str(base), "-o", str(tmp_path / "ours.config")]
    asking = [*ours, "--toolchain", "gcc"]
    seconds(asking)

    rounds = [(seconds(ours), seconds(asking), seconds(make)) for _ in range(ROUNDS)]
    alone, asked, theirs = (median(column) for column in zip(*rounds, strict=True))
    with capsys.disabled():
        print(
            f"\nmedians of {ROUNDS}: config: {alone:.2f} s, make olddefconfig: {theirs:.2f} s, "
            f"ratio {alone / theirs:.2f} (bound {BOUND}); "
            f"with --toolchain gcc {asked:.2f} s, ratio {asked / theirs:.2f}"
        )
    assert alone / theirs <= BOUND
