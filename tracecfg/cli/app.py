"""The typer application; a call builds the one command it needs, help and completion all."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from tracecfg import __doc__, __version__

COMMANDS = {
    "scan": "tree:scan",
    "show": "tree:show",
    "generate": "tree:generate",
    "config": "config:config",
    "cost": "cost:cost",
    "verify": "verify:verify",
    "check": "check:check",
    "list": "live:list_events",
    "status": "live:status",
    "enable": "live:enable",
    "only": "live:only",
    "disable": "live:disable",
    "run": "during:run",
    "stream": "during:stream",
    "save": "saved:save",
    "restore": "saved:restore",
    "reset": "saved:reset",
    "boot": "boot:boot",
    "explain": "explain:explain",
    "hints": "explain:hints",
}
"""Command to module:function in tracecfg.cli, in the order of the help text."""
EXIT_CODES = (
    "Exit codes: 0 done, 1 findings or an unknown name, 2 wrong use, 3 the environment does not "
    "allow it, 4 a change failed and was undone, 130 interrupted; `run` ends with its command's."
)
HIDDEN = {"hints"}
"""For those who work on tracecfg itself."""


def application(wanted: str | None = None) -> typer.Typer:
    """The application with the command `wanted` alone, or with all when there is no such command.

    typer looks into every parameter of every command it is told of, on every call.
    """
    made = typer.Typer(
        name="tracecfg",
        help=__doc__,
        epilog=EXIT_CODES,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(_options)
    for name in [wanted] if wanted in COMMANDS else COMMANDS:
        module, _, function = COMMANDS[name].partition(":")
        made.command(name, hidden=name in HIDDEN)(
            getattr(import_module(f"tracecfg.cli.{module}"), function)
        )
    return made


def _version(wanted: bool) -> None:
    if wanted:
        print(f"tracecfg {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of every command."""
