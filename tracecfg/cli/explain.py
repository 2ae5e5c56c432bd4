"""explain: why an event is missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracecfg.cli.live import Json
from tracecfg.cli.progress import Progress
from tracecfg.errors import FINDINGS, UsageError


def complete_known(incomplete: str) -> list[str]:
    """What the running kernel has, and what it might have."""
    from tracecfg.explain import run

    return run.candidates(incomplete)


def explain(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Subsystems or events.", metavar="[EVENT]...", autocompletion=complete_known
        ),
    ] = None,
    as_json: Json = False,
    kernel_config: Annotated[
        Path | None,
        typer.Option("--kernel-config", help="The kernel's .config, where it has none to show."),
    ] = None,
    index: Annotated[
        bool, typer.Option("--index", help="Index the installed modules' events first.")
    ] = False,
    tracefs: Annotated[
        Path | None, typer.Option("--tracefs", help="Where tracefs is mounted.")
    ] = None,
) -> None:
    """Why an event is missing: the cause, the evidence, and what would help.

    Ends with 1 when a name is unknown.

    Examples:

      tracecfg explain gpio

      tracecfg explain xfs:xfs_ilock --index
    """
    from tracecfg.explain import answer, run

    if not names and not index:
        raise UsageError("explain: which event?", "tracecfg explain gpio")
    if index:
        with Progress("reading the installed modules") as progress:
            notes = run.index()
            progress.done()
        for note in notes:
            print(f"tracecfg: {note}", file=sys.stderr)
    if not names:
        return
    result = run.explain(names, config=kernel_config, tracefs=tracefs)
    if as_json:
        print(json.dumps(answer.to_json(result.release, result.answers), indent=1))
    else:
        print(answer.to_text(result.answers))
    if result.unknown:
        raise typer.Exit(FINDINGS)


def hints(
    tree: Annotated[Path, typer.Argument(help="The kernel tree.", metavar="TREE")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")],
) -> None:
    """Make the table by which explain knows each subsystem's gate (explain/hints.json)."""
    from tracecfg import planning
    from tracecfg.explain.hints import dump
    from tracecfg.kernel.tree import open_tree
    from tracecfg.osio import write_atomic

    plan = planning.plan(open_tree(tree), rules=None, prefix="TRACING_")
    write_atomic(output, dump(plan).encode())
