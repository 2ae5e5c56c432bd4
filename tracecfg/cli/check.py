"""check: the trace mistakes of a kernel tree."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracecfg.check.formats import Format
from tracecfg.cli.config import Names, names
from tracecfg.cli.progress import Progress
from tracecfg.cli.tree import Json, Prefix, Rules, Tree
from tracecfg.errors import FINDINGS, UsageError
from tracecfg.model import Severity


def check(
    tree: Tree = Path(),
    form: Annotated[
        Format | None, typer.Option("--format", help="How to tell the findings.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to; - prints it, as without.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            help="Only what changed or broke since the branch left this one.",
            metavar="REV",
        ),
    ] = None,
    only: Annotated[
        Names,
        typer.Option("--only", help="These rules alone: ids, names or globs.", metavar="A,B"),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="Known findings, which are not told again.")
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Make all that is found now known.")
    ] = False,
    settings: Annotated[
        Path | None,
        typer.Option("--settings", help="Instead of the tracecfg.toml in the tree's top folder."),
    ] = None,
    configs: Annotated[
        list[Path] | None,
        typer.Option("--config", help="Check this .config, defconfig or fragment too; repeatable."),
    ] = None,
    series: Annotated[
        Path | None, typer.Option("--series", help="Check the patches of this folder, too.")
    ] = None,
    limit: Annotated[
        Severity, typer.Option("--fail-on", help="From this severity on the exit code is 1.")
    ] = Severity.WARNING,
    summary: Annotated[
        Path | None, typer.Option("--summary", help="Write a summary in Markdown as well.")
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option("--explain", help="What a rule means; all lists them.", metavar="ID"),
    ] = None,
    as_json: Json = False,
    rules: Rules = None,
    prefix: Prefix = "TRACING_",
) -> None:
    """Find the trace mistakes of a kernel tree: for continuous integration, or by hand.

    The exit code is 1 when there is an error or a warning; notes do not count.

    Examples:

      tracecfg check

      tracecfg check --since origin/master

      tracecfg check --explain TC301

      tracecfg check --format sarif -o tracecfg.sarif

      tracecfg check --baseline known.json --update-baseline
    """
    if as_json and form not in (None, Format.JSON):
        raise UsageError(f"--json and --format {form}: which of them?")
    if summary is not None and str(summary) == "-":
        raise UsageError("--summary -: a file is meant", '--summary "$GITHUB_STEP_SUMMARY"')
    form = Format.JSON if as_json else form or Format.TEXT
    if explain is not None:
        _explain(explain, form)
        return
    chosen = names(only)
    if only and not chosen:
        raise UsageError("--only: of no rule", "leave it out for all of them")
    from tracecfg.check import formats, report, run
    from tracecfg.check.ownfiles import write_known
    from tracecfg.osio import write_named

    with Progress("checking") as progress:
        result = run.check(
            run.Request(
                tree=tree,
                rules=rules,
                prefix=prefix,
                configs=tuple(configs or ()),
                series=series,
                since=since,
                only=chosen,
                settings=settings,
                baseline=baseline,
                update_baseline=update_baseline,
                limit=limit,
            )
        )
        progress.done()
    if output is None or str(output) == "-":
        said = formats.rendered(result, form, colour=_colour())
    else:
        text = formats.rendered(result, form, colour=False)
        write_named(output, f"{text}\n".encode(errors="backslashreplace"))
        said = "\n".join([*report.summary(result), f"wrote {output}"])
    if summary is not None:
        from tracecfg.check.github import to_markdown

        write_named(summary, to_markdown(result).encode(errors="backslashreplace"))
    # when the rest of what was asked for is there: the findings are not known before
    if result.written is not None:
        write_known(Path(result.written), result.known)
    _print(said)
    if result.failed:
        raise typer.Exit(FINDINGS)


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # whoever has read enough of it wants the verdict all the same
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explain(wanted: str, form: Format) -> None:
    from tracecfg.check import explained, rule
    from tracecfg.report import json_text

    chosen = list(rule.rules().values()) if wanted == "all" else [rule.named(wanted)]
    if form is Format.JSON:
        print(json_text(explained.to_json(chosen)))
    elif form is Format.TEXT:
        print(explained.to_text(chosen))
    else:
        raise UsageError(f"--explain has no --format {form}", "it has text and json")


def _colour() -> bool:
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
