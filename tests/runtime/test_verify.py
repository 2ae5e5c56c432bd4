"""verify --live on the machine's own tracefs, which is only read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.runtime.real import Cli
from tests.small import Ran


def told(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    return found


def events(tracefs: Path) -> dict[str, int]:
    """How many each folder has, by hand; those that somebody defined are left out."""
    defined = {
        tuple(line.split()[0].partition(":")[2].split("/"))
        for line in (tracefs / "dynamic_events").read_text().splitlines()
    }
    found: dict[str, int] = {}
    for enable in (tracefs / "events").glob("*/*/enable"):
        event = enable.parent
        if event.parent.name != "ftrace" and (event.parent.name, event.name) not in defined:
            found[event.parent.name] = found.get(event.parent.name, 0) + 1
    return found


def test_all_that_is_there_is_named(cli: Cli, tracefs: Path) -> None:
    there = events(tracefs)
    ran = cli("verify", "--live", "--tracefs", tracefs, "--only", "*")
    assert ran.code == 0, ran.out
    assert ran.out.endswith(f" ({sum(there.values())} events)\n")
    one = min(there.keys() - {"syscalls"})
    said = told(cli("verify", "--live", "--tracefs", tracefs, "--only", one, "--json"))
    assert [each["name"] for each in said["subsystems"]] == [one]
    named = {row["message"].split(" ")[0] for row in said["findings"]}
    assert named == there.keys() - {one, "syscalls"}
    assert {row["rule"] for row in said["findings"]} == {"extra-subsystem"}


def test_what_is_missing_is_told_by_the_kernels_own_configuration(cli: Cli, tracefs: Path) -> None:
    gone = sorted({"gpio", "xfs", "btrfs", "nfs", "regulator"} - events(tracefs).keys())
    live = ["verify", "--live", "--tracefs", tracefs, "--json"]
    ran = cli(*live, "--only", ",".join(["*", *gone]))
    assert ran.code == (1 if gone else 0)
    rows = told(ran)["findings"]
    assert [row["message"].split(" ")[0] for row in rows] == gone
    assert {row["rule"] for row in rows} <= {"missing-subsystem"}
    assert all("CONFIG_" in row["hint"] for row in rows)


def test_who_may_not_read_it(tracefs: Path) -> None:
    """The interpreter may lie in root's home: all that it needs is loaded before."""
    script = (
        "import os, sys; from tracecfg.cli import run\n"
        f"call = ['verify', '--live', '--tracefs', {str(tracefs)!r}, '--only', '*']\n"
        "run(call); sys.stdout.flush(); print('---', flush=True)\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534); sys.exit(run(call))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    if (tracefs.stat().st_mode & 0o007) == 0:
        assert (done.returncode, done.stdout.partition("---\n")[2]) == (3, "")
        assert "no permission" in done.stderr
    else:
        assert done.returncode == 0, done.stderr
