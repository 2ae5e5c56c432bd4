"""verify: does a kernel have the tracepoints that were chosen, and no others?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracecfg.cli.config import Names, names
from tracecfg.cli.live import Json, Mount, Profile, Tracefs
from tracecfg.cli.progress import Progress
from tracecfg.errors import FINDINGS


def verify(
    image: Annotated[
        Path | None, typer.Argument(help="The kernel's vmlinux.", metavar="[VMLINUX]")
    ] = None,
    only: Annotated[
        Names, typer.Option("--only", help="What was chosen: names or globs.", metavar="A,B")
    ] = None,
    profile: Profile = None,
    profiles: Annotated[
        Path | None, typer.Option("--profiles", help="The file with the profiles.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Verify the running kernel.")] = False,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Verify this .config; with VMLINUX or --live, its own."),
    ] = None,
    modules: Annotated[
        Path | None, typer.Option("--modules", help="VMLINUX's modules: a folder, or one of them.")
    ] = None,
    system_map: Annotated[
        Path | None,
        typer.Option("--map", help="The System.map of a VMLINUX without symbols."),
    ] = None,
    tree: Annotated[
        Path | None,
        typer.Option("--tree", help="The tree of the .config, where it does not lie beside it."),
    ] = None,
    allow_selected: Annotated[
        bool,
        typer.Option(
            "--allow-selected",
            help="What a consumer selects may be there too: right after `tracecfg config`, which "
            "has named it.",
        ),
    ] = False,
    tracefs: Tracefs = None,
    mount: Mount = False,
    as_json: Json = False,
) -> None:
    """Whether a kernel has the tracepoints of the chosen subsystems, and no others.

    Every difference is named with the option responsible, and the exit code is 1. What a consumer
    selected is one too, unless --allow-selected says that you know of it.

    Examples:

      tracecfg verify vmlinux --only gpio --config .config --modules /lib/modules/6.12.117

      tracecfg verify --live --profile gpio-debug

      tracecfg verify --config .config --only gpio,irq --allow-selected
    """
    from tracecfg.report import json_text
    from tracecfg.verify import report, run

    with Progress("reading") as progress:
        verdict = run.verify(
            run.Request(
                image=image,
                live=live,
                config=config,
                modules=modules,
                system_map=system_map,
                tree=tree,
                only=names(only),
                profile=profile,
                profiles=profiles,
                tracefs=tracefs,
                mount=mount,
                allow_selected=allow_selected,
            )
        )
        progress.done()
    print(json_text(report.to_json(verdict)) if as_json else report.to_text(verdict))
    if verdict.errors:
        raise typer.Exit(FINDINGS)
