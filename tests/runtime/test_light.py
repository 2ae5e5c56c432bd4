"""What a run-time command loads: its time is that of an interpreter and of typer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.small import run_there

HEAVY = (
    "jinja2",
    "kconfiglib",
    "pydantic",
    "rich",
    "tomllib",
    "tracecfg.cli.tree",
    "asyncio",
    "socket",
)


@pytest.mark.parametrize("action", ["enable", "only", "disable"])
def test_the_run_path_is_light(tracefs: Path, buffer: Path, action: str) -> None:
    script = (
        "import sys; from tracecfg.cli import run\n"
        "code = run(sys.argv[2:])\n"
        "print(*(set(sys.modules) & set(sys.argv[1].split())), file=sys.stderr); sys.exit(code)"
    )
    call = [action, "irq", "--tracefs", str(tracefs), "--instance", buffer.name]
    done = subprocess.run(
        [sys.executable, "-c", script, " ".join(HEAVY), *call], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


@pytest.mark.parametrize(
    ("words", "offered"),
    [("tracecfg enable sch", "sched"), ("tracecfg enable irq:irq_handler_e", "irq:irq_handler_entry"), ("tracecfg only !irq:soft", "!irq:softirq_exit")],
)  # fmt: skip
def test_the_shell_completes_from_the_kernel(
    tracefs: Path, monkeypatch: pytest.MonkeyPatch, words: str, offered: str
) -> None:
    ran = run_there(_TRACECFG_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=words)
    assert offered in ran.out.replace("\\", ""), ran.err


def test_help_names_every_command() -> None:
    ran = run_there("--help")
    for name in ("list", "status", "enable", "only", "disable", "run", "stream", "save", "restore"):
        assert f"\n  {name} " in ran.out
