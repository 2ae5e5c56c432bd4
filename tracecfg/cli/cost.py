"""cost: what each subsystem's tracepoints cost in an image and its modules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tracecfg.cli.config import Names, names
from tracecfg.cli.live import Json
from tracecfg.cli.progress import Progress


def cost(
    image: Annotated[Path, typer.Argument(help="The kernel's vmlinux.", metavar="VMLINUX")],
    modules: Annotated[
        Path | None,
        typer.Argument(help="Its modules: a folder, or one of them.", metavar="[MODULES]"),
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", min=1, help="Only so many subsystems, the largest.")
    ] = None,
    only: Annotated[
        Names,
        typer.Option(
            "--only", help="What would these keep and save? Names or globs.", metavar="A,B"
        ),
    ] = None,
    other: Annotated[
        Path | None, typer.Option("--compare", help="Another vmlinux: what does it save?")
    ] = None,
    other_modules: Annotated[
        Path | None, typer.Option("--compare-modules", help="The other one's modules.")
    ] = None,
    system_map: Annotated[
        Path | None,
        typer.Option("--map", help="The System.map of a VMLINUX without symbols."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a report for a browser as well.")
    ] = None,
    as_json: Json = False,
) -> None:
    """How many bytes each subsystem's tracepoints cost, by event.

    Examples:

      tracecfg cost vmlinux --top 10

      tracecfg cost vmlinux /lib/modules/6.12.117 --json

      tracecfg cost vmlinux --only gpio,irq --html report.html

      tracecfg cost vmlinux --compare ../only-gpio/vmlinux
    """
    from tracecfg import report as json_report
    from tracecfg.cost import report, run

    with Progress("reading the image") as progress:
        result = run.cost(
            run.Request(
                image=image,
                modules=modules,
                system_map=system_map,
                other=other,
                other_modules=other_modules,
                only=None if only is None else names(only),
            )
        )
        progress.done()
    if html is not None:
        from tracecfg.cost.html import render
        from tracecfg.osio import write_named

        write_named(html, render(result).encode())
    for line in result.problems:
        print(f"tracecfg: {line}", file=sys.stderr)
    if as_json:
        print(json_report.json_text(report.to_json(result, top)))
    else:
        print(report.to_text(result, top))
