"""The typer application and its command groups."""

from __future__ import annotations

from typing import Annotated

import typer

from tracecfg import __version__
from tracecfg.cli import tree

application = typer.Typer(
    name="tracecfg",
    help="Decide which kernel subsystems can be traced: at build time, at boot and at run time.",
    epilog="Exit codes: 0 done, 1 unknown name, 2 wrong use, 3 the environment does not allow it, "
    "4 a change failed and was undone, 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"tracecfg {__version__}")
        raise typer.Exit


@application.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of every command."""


tree.register(application)
