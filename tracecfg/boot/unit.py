"""A systemd unit that applies a selection at boot and puts back what was there when it stops."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tracecfg.errors import UsageError

_PLAIN = re.compile(r"[\w@+=:,.*/-]+", re.ASCII)


def unit(what: str, *, start: Sequence[str], stop: Sequence[str]) -> str:
    """The text of a .service file.

    what: for its description; start, stop: the commands, with an absolute path first
    Raises UsageError for a word that no unit file can hold: one with a line end, say.
    """
    for word in (what, *start, *stop):
        if not word.isprintable():
            raise UsageError(f"{word!r}: a unit file cannot hold it", "name it in plain text")
    return f"""\
# systemctl enable --now on this file, as /etc/systemd/system/tracecfg-NAME.service
[Unit]
Description=Trace events: {what.replace("%", "%%")}
Wants=sys-kernel-tracing.mount
After=sys-kernel-tracing.mount systemd-modules-load.service

[Service]
Type=oneshot
RemainAfterExit=yes
StateDirectory=tracecfg
ExecStart={_command(start)}
ExecStop={_command(stop)}

[Install]
WantedBy=multi-user.target
"""


def _command(argv: Sequence[str]) -> str:
    return " ".join(map(_quoted, argv))


def _quoted(word: str) -> str:
    # systemd.service(5), COMMAND LINES: specifiers and variables are expanded within quotes too
    word = word.replace("%", "%%").replace("$", "$$")
    if _PLAIN.fullmatch(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
