"""check: the trace mistakes of a kernel tree."""

from __future__ import annotations

from pathlib import Path

import typer

from tracecfg.cli.progress import Progress
from tracecfg.cli.tree import Json, Prefix, Rules, Tree
from tracecfg.errors import FINDINGS


def check(
    tree: Tree = Path(), as_json: Json = False, rules: Rules = None, prefix: Prefix = "TRACING_"
) -> None:
    """Find the trace mistakes of a kernel tree.

    Example:

      tracecfg check
    """
    from tracecfg.check import report, run
    from tracecfg.report import json_text

    with Progress("checking") as progress:
        result = run.check(run.Request(tree=tree, rules=rules, prefix=prefix))
        progress.done()
    print(json_text(report.to_json(result)) if as_json else report.to_text(result))
    if result.findings:
        raise typer.Exit(FINDINGS)
