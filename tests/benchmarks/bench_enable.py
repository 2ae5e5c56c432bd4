"""`tracecfg enable SUBSYSTEM`, from start to end, against typer's least and the bare interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from tests.runtime.real import tracefs

__all__ = ["tracefs"]

ROUNDS = 31
AGAINST_TYPER, AGAINST_BARE = 1.3, 10.0
LEAST = """\
import typer
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
@app.command()
def main(word: str) -> None:
    print(word)
app()
"""


def test_enable_against_the_least(
    tracefs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    least = tmp_path / "least.py"
    least.write_text(LEAST)
    instance = tracefs / "instances" / f"tracecfg-bench-{os.getpid()}"
    instance.mkdir()
    # bytecode as an installed package has it
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    env |= {"PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode"), "XDG_STATE_HOME": str(tmp_path)}
    where = ["--tracefs", str(tracefs), "--instance", instance.name]
    script = str(Path(sys.executable).parent / "tracecfg")
    commands = [
        [sys.executable, "-c", "pass"],
        [sys.executable, str(least), "gpio"],
        [script, "enable", "irq", *where],
    ]

    def seconds(command: list[str]) -> float:
        start = time.perf_counter()
        subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    try:
        rounds = []
        for _ in range(ROUNDS):
            rounds.append([seconds(command) for command in commands])
            seconds([script, "restore", *where])
    finally:
        instance.rmdir()
    # the first fills the bytecode cache
    bare, typer, ours = (median(column) for column in zip(*rounds[1:], strict=True))
    with capsys.disabled():
        print(
            f"\nbare {bare * 1000:.1f} ms, least typer {typer * 1000:.1f} ms, "
            f"enable {ours * 1000:.1f} ms: {ours / typer:.2f}x, {ours / bare:.1f}x"
        )
    assert ours <= typer * AGAINST_TYPER
    assert ours <= bare * AGAINST_BARE
