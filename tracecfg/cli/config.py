"""config: a kernel configuration with just the subsystems that matter."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tracecfg.cli.live import Config, Profile
from tracecfg.cli.progress import Progress
from tracecfg.cli.tree import Json, Tree
from tracecfg.errors import FINDINGS, UsageError

Names = list[str] | None


def complete(ctx: typer.Context, incomplete: str) -> list[str]:
    """Subsystems of the tree that stands on the line."""
    from tracecfg.config import completion

    # an option that still lacks its value leaves the argument where it was
    tree = Path(ctx.args[0]) if ctx.args else ctx.params.get("tree") or Path()
    return completion.subsystems(tree, incomplete)


def config(
    tree: Tree = Path(),
    only: Annotated[
        Names,
        typer.Option(
            "--only", help="These on, all others off.", metavar="A,B", autocompletion=complete
        ),
    ] = None,
    enable: Annotated[
        Names,
        typer.Option(
            "--enable", help="These on, the others stay.", metavar="A,B", autocompletion=complete
        ),
    ] = None,
    disable: Annotated[
        Names,
        typer.Option(
            "--disable", help="These off, the others stay.", metavar="A,B", autocompletion=complete
        ),
    ] = None,
    profile: Profile = None,
    profiles: Config = None,
    base: Annotated[
        Path | None, typer.Option("--base", help="The .config to start from; else the tree's.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Where to; else the tree's .config. - prints it. Keeps FILE.old."
        ),
    ] = None,
    fragment: Annotated[
        Path | None,
        typer.Option("--fragment", help="Write only what was chosen, for merge_config.sh."),
    ] = None,
    arch: Annotated[
        str | None, typer.Option("--arch", help="As make's ARCH; else what the base is for.")
    ] = None,
    toolchain: Annotated[
        str | None,
        typer.Option("--toolchain", help="Ask this compiler and its binutils, as make does."),
    ] = None,
    minimize: Annotated[
        bool, typer.Option("--minimize", help="Say what to turn off so that a forced option goes.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Choose the subsystems of a converted tree's kernel: a .config, or a fragment of one.

    What a subsystem plainly needs is turned on too. Nothing is written, and the exit code is 1,
    when something that was named cannot take effect.

    Examples:

      tracecfg config . --only gpio,irq

      tracecfg config . --only gpio --base /boot/config-6.12 -o .config

      tracecfg config . --profile gpio-debug --fragment trace.config
    """
    from tracecfg.config import report, run

    if output is not None and fragment is not None:
        raise UsageError("-o or --fragment: one of them", "run it twice for both")
    with Progress("configuring") as progress:
        result = run.configure(
            run.Request(
                tree=tree,
                only=names(only),
                enable=names(enable),
                disable=names(disable),
                profile=profile,
                profiles=profiles,
                base=base,
                arch=arch,
                toolchain=toolchain,
                minimize=minimize,
            )
        )
        progress.done()
    text = result.text if fragment is None else result.fragment
    target = fragment or output or Path(result.tree, ".config")
    prints = str(target) == "-"
    if prints and as_json:
        raise UsageError("--json: standard output is for one of both", "name a file with -o")
    writes = not (dry_run or result.failed)
    if writes and not prints:
        run.write(text, target, keeps_old=fragment is None)
    for note in result.notes:
        print(f"tracecfg: {note}", file=sys.stderr)
    if as_json:
        from tracecfg.report import json_text

        print(json_text(report.to_json(result, written=str(target) if writes else None)))
    else:
        said = report.to_text(result, str(target), dry_run=dry_run)
        print(said, file=sys.stderr if prints else sys.stdout)
    if writes and prints:
        print(text, end="")
    if result.failed:
        raise typer.Exit(FINDINGS)


def names(given: Names) -> tuple[str, ...]:
    """Commas and repetition both make a list."""
    return tuple(name for each in given or () for name in each.split(",") if name)
