"""An `ftrace.` block of bootconfig: Documentation/trace/boottime-trace.rst.

The limits are those of include/linux/bootconfig.h, lib/bootconfig.c and kernel/trace/trace_boot.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tracecfg.boot.request import Request
from tracecfg.errors import UsageError

XBC_DATA_MAX = 32 * 1024 - 1
XBC_NODE_MAX = 8192
XBC_KEYLEN_MAX = 256
XBC_DEPTH_MAX = 16
MAX_BUF_LEN = 256
"""Bytes of an event, filter or action in trace_boot.c, with the end's zero."""

_WORD = re.compile(r"[A-Za-z0-9_-]+")

Tree = Mapping[str, "Tree | Sequence[str]"]
"""Key words to what stands below them, or to the values of an array."""


def bootconfig(request: Request) -> str:
    """The block. Raises UsageError for what bootconfig cannot say or the kernel cannot take."""
    inner = _instance(request)
    tree: Tree = {"ftrace": inner}
    if request.instance is not None:
        _check_word(request.instance, "instance")
        tree = {"ftrace": {"instance": {request.instance: inner}}}
    text = "\n".join(_lines(tree, "")) + "\n"
    _check_limits(tree, text)
    return text


def _instance(request: Request) -> Tree:
    found: dict[str, Tree | Sequence[str]] = {}
    if request.clock is not None:
        found["trace_clock"] = [request.clock]
    if request.buffer_size_kb is not None:
        found["buffer_size"] = [f"{request.buffer_size_kb}K"]
    events: dict[str, dict[str, dict[str, Sequence[str]]]] = {}
    for key, values in (
        *(("filter", (name, [value])) for name, value in request.filters.items()),
        *(("actions", item) for item in request.triggers.items()),
    ):
        system, _, event = values[0].partition(":")
        for word in (system, event):
            _check_word(word, "event")
        if event == "enable":
            raise UsageError(f"{values[0]}: in bootconfig that turns on the whole subsystem")
        for value in values[1]:
            _check_length(value, f"{key} of {values[0]}")
        events.setdefault(system, {}).setdefault(event, {})[key] = values[1]
    if events:
        found["event"] = events
    for event in request.events:
        _check_length(event, "event")
    # trace_boot.c turns these on last: filters and actions are in place by then
    found["events"] = request.events
    return found


def _lines(tree: Tree, indent: str) -> Iterator[str]:
    for key, below in tree.items():
        # a chain of single keys is written as one, with dots
        path = [key]
        while isinstance(below, Mapping) and len(below) == 1:
            (inner,) = below
            path.append(inner)
            below = below[inner]
        if isinstance(below, Mapping):
            yield f"{indent}{'.'.join(path)} {{"
            yield from _lines(below, indent + "\t")
            yield f"{indent}}}"
        else:
            yield f"{indent}{'.'.join(path)} = {', '.join(map(_value, below))}"


def _value(value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise UsageError(f"{value!r}: bootconfig takes printable ASCII characters only")
    for quote in "\"'":
        if quote not in value:
            return f"{quote}{value}{quote}"
    raise UsageError(f"{value}: bootconfig has no way to write both kinds of quotes")


def _check_word(word: str, what: str) -> None:
    if not _WORD.fullmatch(word):
        raise UsageError(
            f"{what} {word!r}: bootconfig takes letters, digits, - and _ in a key",
        )


def _check_length(value: str, what: str) -> None:
    if len(value.encode()) >= MAX_BUF_LEN:
        raise UsageError(
            f"{what}: {len(value.encode())} bytes; the kernel takes {MAX_BUF_LEN - 1} at boot",
            "--systemd applies it once the system runs",
        )


def _check_limits(tree: Tree, text: str) -> None:
    nodes = sum(1 for _ in _nodes(tree))
    longest = max(_keys(tree), key=len)
    for have, limit, what in (
        (len(text), XBC_DATA_MAX - 1, "bytes of bootconfig"),
        (nodes, XBC_NODE_MAX, "keys and values of bootconfig"),
        (len(longest) + 1, XBC_KEYLEN_MAX, f"bytes in the key {longest}"),
        (longest.count(".") + 1, XBC_DEPTH_MAX, f"words in the key {longest}"),
    ):
        if have > limit:
            raise UsageError(
                f"{have} {what}: the kernel takes {limit}", "select fewer events, or shorter names"
            )


def _nodes(tree: Tree) -> Iterator[str]:
    for key, below in tree.items():
        yield key
        yield from _nodes(below) if isinstance(below, Mapping) else below


def _keys(tree: Tree, above: str = "") -> Iterator[str]:
    for key, below in tree.items():
        path = f"{above}.{key}" if above else key
        if isinstance(below, Mapping):
            yield from _keys(below, path)
        else:
            yield path
