"""`tracecfg cost` of an image and of all of Debian's modules, whole processes, against nm -S of the
same files; the modules are unpacked for it by xz, on as many processors.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.benchmarks.bench_kconfig_load import seconds
from tests.kernel.lab.build import Build
from tests.kernel.lab.cache import program
from tests.kernel.lab.fixtures import (
    converted_tree,
    debian_modules,
    linux_tree,
    tiny_build_all_on,
)

__all__ = ["converted_tree", "debian_modules", "linux_tree", "tiny_build_all_on"]

BOUND = 60
"""Seconds for all modules, on two processors."""
ROUNDS = 2
NM = """\
find "$1" -name '*.ko.xz' -print0 | xargs -0 -n 32 -P "$(nproc)" sh -c '
	for module; do xz -dc "$module" >"$0.$$"; nm -S "$0.$$"; done; rm "$0.$$"' "$2" >/dev/null
"""


def test_cost_against_nm(
    tiny_build_all_on: Build,
    debian_modules: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    vmlinux = str(tiny_build_all_on.vmlinux)
    ours = [sys.executable, "-m", "tracecfg", "cost", vmlinux]
    nm = [program("nm", "binutils"), "-S", vmlinux]
    all_nm = [program("sh", "dash"), "-c", NM, "sh", str(debian_modules), str(tmp_path / "nm")]
    program("xz", "xz-utils")
    seconds(nm)

    image = [(seconds(ours), seconds(nm)) for _ in range(ROUNDS)]
    modules = [(seconds([*ours, str(debian_modules)]), seconds(all_nm)) for _ in range(ROUNDS)]
    with capsys.disabled():
        print()
        for name, rounds in (("image", image), ("modules", modules)):
            # the fastest of each: whatever else the machine does can only add
            cost, listed = (min(column) for column in zip(*rounds, strict=True))
            print(f"{name}: {cost:.2f} s, nm -S: {listed:.2f} s, ratio {cost / listed:.2f}")
    assert min(cost for cost, _ in modules) <= BOUND
