"""Standard output and error that are closed, or that take little."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.small import command, run_there


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["show", "/nosuch"], 2)])
def test_a_closed_stream_breaks_nothing(closed: str, arguments: list[str], code: int) -> None:
    script = f'"$@" {closed}'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *command(*arguments)], capture_output=True, check=False
    )
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_names_that_the_output_has_no_letters_for(tmp_path: Path, encoding: str) -> None:
    name = tmp_path / "\u20ac\udcff"
    ran = run_there("show", name, PYTHONIOENCODING=encoding)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert "\\udcff" in ran.err
