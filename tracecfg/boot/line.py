"""Kernel parameters: trace_event=, trace_instance=, trace_trigger= and what goes with them.

Documentation/admin-guide/kernel-parameters.txt; how they are taken apart is in
kernel/trace/trace_events.c and kernel/trace/trace.c.
"""

from __future__ import annotations

import re

from tracecfg.boot.request import Request
from tracecfg.errors import UsageError

COMMAND_LINE_SIZE = {
    **dict.fromkeys(("x86_64", "i386", "i586", "i686"), 2048),
    "aarch64": 2048,
    **dict.fromkeys(("ppc", "ppc64", "ppc64le", "sparc64"), 2048),
    **dict.fromkeys(("mips", "mips64", "s390x"), 4096),
    **dict.fromkeys(("armv6l", "armv7l", "armv8l", "riscv32", "riscv64", "parisc64"), 1024),
}
"""Bytes, by uname -m, with the end's zero; bootup_event_buf and its like are as large."""
OTHER_COMMAND_LINE_SIZE = 256
"""The smallest of all: alpha, arc, m68k, microblaze, xtensa."""
MAX_BOOT_TRIGGERS = 32

_INSTANCE = re.compile(r"[\w.+-]+", re.ASCII)
"""Among what this leaves out, ^ and @ begin flags and an address of memory."""
_QUOTED = frozenset(" \t")


def command_line(request: Request, *, machine: str) -> str:
    """The parameters, separated by spaces.

    machine: as uname -m names it
    Raises UsageError for what only bootconfig can say, and for what is too long.
    """
    _refuse(request.filters, "filters", request)
    if request.instance is not None:
        _refuse(request.triggers, "triggers of an instance", request)
        _refuse(request.clock, "the clock of an instance", request)
        _refuse(request.buffer_size_kb, "the buffer size of an instance", request)
        if not _INSTANCE.fullmatch(request.instance):
            raise UsageError(
                f"instance {request.instance!r}: trace_instance= cannot name it",
                "letters, digits, - and _ always work",
            )
        parameters = [f"trace_instance={','.join([request.instance, *request.events])}"]
    else:
        parameters = [f"trace_event={','.join(request.events)}"]
        if request.clock is not None:
            parameters.append(f"trace_clock={request.clock}")
        if request.buffer_size_kb is not None:
            parameters.append(f"trace_buf_size={request.buffer_size_kb}K")
        if request.triggers:
            parameters.append(_triggers(request))
    line = " ".join(parameters)
    limit = limit_of(machine)
    if len(line.encode()) >= limit:
        raise UsageError(
            f"{len(line.encode())} bytes of parameters: a kernel for {machine} takes "
            f"{limit - 1} in all",
            "whole subsystems are shorter than their events; --bootconfig holds 32 KB",
        )
    return line


def limit_of(machine: str) -> int:
    return COMMAND_LINE_SIZE.get(machine, OTHER_COMMAND_LINE_SIZE)


def _refuse(given: object, what: str, request: Request) -> None:
    if given:
        place = f"{request.place}: " if request.place else ""
        raise UsageError(
            f"{place}the kernel command line has no parameter for {what}", "--bootconfig has"
        )


def _triggers(request: Request) -> str:
    pairs: list[str] = []
    for name, commands in request.triggers.items():
        event = name.partition(":")[2]
        pairs += [f"{event}.{command}" for command in commands]
    for pair in pairs:
        if "," in pair or '"' in pair:
            raise UsageError(
                f"trigger {pair}: trace_trigger= cannot hold a comma or a quote", "--bootconfig can"
            )
    if len(pairs) > MAX_BOOT_TRIGGERS:
        raise UsageError(
            f"{len(pairs)} triggers: trace_trigger= takes {MAX_BOOT_TRIGGERS}",
            "--bootconfig takes more",
        )
    text = ",".join(pairs)
    return f'trace_trigger="{text}"' if _QUOTED & set(text) else f"trace_trigger={text}"
