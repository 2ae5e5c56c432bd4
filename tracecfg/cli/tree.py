"""scan, show and generate: the commands that work on a kernel tree."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracecfg.cli.progress import Progress
from tracecfg.errors import UsageError
from tracecfg.kernel.tree import open_tree

Tree = Annotated[
    Path,
    typer.Argument(
        help="The kernel tree. Alone, it may be left out: the current folder.", metavar="TREE"
    ),
]
Subsystems = Annotated[
    list[str] | None,
    typer.Argument(
        help="Names or globs; the tree, if only '.', stands before them.",
        metavar="[SUBSYSTEM]...",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Rules = Annotated[
    Path | None, typer.Option("--rules", help="Rules that come after the built-in ones (TOML).")
]
Prefix = Annotated[str, typer.Option("--prefix", help="What the options' names begin with.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Scan anew, whatever is remembered.")]


def scan(
    tree: Tree = Path(),
    as_json: Json = False,
    rules: Rules = None,
    prefix: Prefix = "TRACING_",
    no_cache: NoCache = False,
) -> None:
    """List a tree's trace systems, their events and their options.

    Examples:

      tracecfg scan

      tracecfg scan ~/linux --json > systems.json
    """
    from tracecfg import planning

    with Progress("scanning") as progress:
        text, problems = planning.scan_json(
            open_tree(tree), rules=rules, prefix=prefix, fresh=no_cache
        )
        progress.done()
    if as_json:
        print(text)
    else:
        from tracecfg import report

        print(report.scan_table(json.loads(text)))
    for line in problems:
        print(f"tracecfg: {line}", file=sys.stderr)


def show(
    tree: Tree,
    subsystems: Subsystems = None,
    as_json: Json = False,
    rules: Rules = None,
    prefix: Prefix = "TRACING_",
) -> None:
    """Show all that is known of a subsystem, and why its option is so.

    Headers, events, creators, consumers, gate, the decision and each rule that had a part in it.

    Example:

      tracecfg show . gpio
    """
    from tracecfg import planning

    kernel = open_tree(tree)
    if not subsystems:
        raise UsageError("show: which subsystem?", f"tracecfg show {tree} gpio; `scan` lists them")
    with Progress("scanning") as progress:
        plan = planning.plan(kernel, rules=rules, prefix=prefix)
        progress.done()
    from tracecfg import report

    chosen = planning.choose(plan, subsystems)
    if as_json:
        print(report.json_text(report.scan_json(plan, chosen)))
    else:
        print(
            "\n\n".join(report.show(each) for each in plan.decisions if each.system.name in chosen)
        )


def generate(
    tree: Tree = Path(),
    subsystems: Subsystems = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The folder for the patches.")
    ] = None,
    style: Annotated[
        str,
        typer.Option("--format", help="mbox (for git am) or quilt (patches and a series file)."),
    ] = "mbox",
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Change the tree itself instead of writing patches.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace tracecfg's own files in the output folder.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")
    ] = False,
    author: Annotated[
        str | None, typer.Option("--author", help="'Name <email>'; git's identity otherwise.")
    ] = None,
    signoff: Annotated[
        bool, typer.Option("--signoff", help="Add your Signed-off-by: you certify the DCO.")
    ] = False,
    cc: Annotated[
        bool, typer.Option("--cc", help="Add Cc lines; runs the tree's scripts/get_maintainer.pl.")
    ] = False,
    templates: Annotated[
        Path | None, typer.Option("--templates", help="A folder with templates of your own.")
    ] = None,
    rules: Rules = None,
    prefix: Prefix = "TRACING_",
    as_json: Json = False,
) -> None:
    """Write the patches that make tracepoints a choice in Kconfig.

    One for the core, one for each subsystem, default y, and a cover letter.

    Examples:

      tracecfg generate . gpio -o series/     the core patch and the gpio patch

      tracecfg generate . -o series/          every subsystem, one patch each

      git am series/*.patch
    """
    from tracecfg import report
    from tracecfg.series import run

    with Progress("generating") as progress:
        result = run.generate(
            run.Request(
                tree=tree,
                subsystems=tuple(subsystems or ()),
                output=output,
                style=style,
                in_place=in_place,
                force=force,
                dry_run=dry_run,
                author=author,
                signoff=signoff,
                cc=cc,
                templates=templates,
                rules=rules,
                prefix=prefix,
            )
        )
        progress.done()
    for note in result.notes:
        print(f"tracecfg: {note}", file=sys.stderr)
    print(
        report.json_text(report.generate_json(result)) if as_json else report.generate_text(result)
    )
