"""boot: what makes a kernel trace from its start."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from tracecfg.cli.live import Config, Json, Profile, complete
from tracecfg.errors import UsageError


def boot(
    events: Annotated[
        list[str] | None,
        typer.Argument(
            help="Subsystems or subsystem:event.", metavar="[EVENT]...", autocompletion=complete
        ),
    ] = None,
    bootconfig: Annotated[
        bool, typer.Option("--bootconfig", help="Print an ftrace block for bootconfig.")
    ] = False,
    systemd: Annotated[
        bool, typer.Option("--systemd", help="Print a unit that applies it and puts it back.")
    ] = False,
    profile: Profile = None,
    config: Config = None,
    instance: Annotated[
        str | None, typer.Option("--instance", help="Into a buffer of its own.", metavar="NAME")
    ] = None,
    as_json: Json = False,
) -> None:
    """Kernel parameters, a bootconfig block or a systemd unit that turn events on at boot.

    Examples:

      tracecfg boot gpio sched:sched_switch

      tracecfg boot --profile gpio-debug --bootconfig > trace.bconf

      tracecfg boot --profile gpio-debug --systemd > tracecfg-gpio.service
    """
    from tracecfg.boot import run

    if bootconfig and systemd:
        raise UsageError("--bootconfig or --systemd: one of them", "each prints its own text")
    form = "bootconfig" if bootconfig else "systemd" if systemd else "command-line"
    result = run.boot(events or (), form=form, profile=profile, config=config, instance=instance)
    for note in result.notes:
        print(f"tracecfg: {note}", file=sys.stderr)
    if as_json:
        shown = {"schema": "tracecfg.boot/1", "form": form, "text": result.text}
        print(json.dumps({**shown, "notes": result.notes}, indent=1))
    else:
        print(result.text, end="")
