"""save, restore and reset: what tracecfg changed, put back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tracecfg.cli.live import DryRun, Instance, Json, Mount, Tracefs, print_json
from tracecfg.errors import UsageError, number

File = Annotated[Path, typer.Argument(help="The file for the state, or -.", metavar="FILE")]
SavedFile = Annotated[
    Path | None, typer.Argument(help="A file that `save` wrote.", metavar="[FILE]")
]


def save(
    file: File,
    instance: Instance = None,
    tracefs: Tracefs = None,
    mount: Mount = False,
    as_json: Json = False,
) -> None:
    """Write the whole state of an instance, or of the top level, to a file.

    Example:

      tracecfg save before.json; ...; tracecfg restore before.json
    """
    from tracecfg.osio import write_named
    from tracecfg.runtime import report, snapshot
    from tracecfg.runtime.instance import Place

    state, count = snapshot.save(Place(tracefs, instance, mount))
    if str(file) == "-":
        if as_json:
            raise UsageError("save -: prints the state itself", "leave out --json")
        sys.stdout.write(state.decode())
    else:
        write_named(file, state)
    if as_json:
        print_json(report.saved_json(str(file), instance, count))
    else:
        # FILE may be standard output
        print(f"tracecfg: {file}: {number(count, 'file')} of tracefs", file=sys.stderr)


def restore(
    file: SavedFile = None,
    everything: Annotated[
        bool, typer.Option("--all", help="The top level and every instance.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also what somebody else changed meanwhile.")
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Leave all as it is, and drop what was saved.")
    ] = False,
    instance: Instance = None,
    tracefs: Tracefs = None,
    mount: Mount = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Put back what was before tracecfg's first change, also after it was killed.

    Examples:

      tracecfg restore                    the top level, and what was killed half way anywhere

      tracecfg restore --instance debug   that one; when tracecfg made it, it is removed

      tracecfg restore before.json        what `save` saved
    """
    from tracecfg.runtime import putback, report, snapshot
    from tracecfg.runtime.instance import Place
    from tracecfg.runtime.tracefs import find

    if file is not None and (everything or forget):
        raise UsageError("restore FILE: without --all and --forget", "the file is of one instance")
    if force and forget:
        raise UsageError("restore: --force or --forget, not both", "one writes, one does not")
    if everything and instance is not None:
        raise UsageError("restore: --all or --instance, not both", "--all is every instance")
    place = Place(tracefs, instance, mount)
    if file is not None:
        found = snapshot.restore(place, file, dry_run=dry_run)
        notes = tuple(f"{path}: gone since it was saved" for path in found.gone)
        outcome = putback.Outcome((found,), notes)
    else:
        wanted = putback.Request(everything=everything, force=force, forget=forget, dry_run=dry_run)
        outcome = putback.run(place, wanted)
    for note in outcome.notes:
        print(f"tracecfg: {note}", file=sys.stderr)
    if as_json:
        print_json(report.restored_json(outcome.results, dry_run=dry_run))
    elif dry_run:
        writes = [write for each in outcome.results for write in each.writes]
        print(report.writes_text(find(tracefs), writes))
    elif outcome.results or not outcome.failed:
        print(report.restored_text(outcome.results))
    for error in outcome.failed:
        print(error.shown(), file=sys.stderr)
    if outcome.code:
        raise typer.Exit(outcome.code)


def reset(
    instance: Instance = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also one that tracecfg did not make.")
    ] = False,
    tracefs: Tracefs = None,
    mount: Mount = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Remove an instance that tracecfg made, with what it has recorded.

    Example:

      tracecfg reset --instance debug
    """
    from tracecfg.runtime import putback, report
    from tracecfg.runtime.instance import Place

    name = putback.reset(Place(tracefs, instance, mount), force=force, dry_run=dry_run)
    if as_json:
        print_json(report.reset_json(name, dry_run=dry_run))
    else:
        print(f"instance {name}: {'would be ' if dry_run else ''}removed")
