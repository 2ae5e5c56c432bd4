"""The core change: the kernel's tracepoint headers learn a switch for each trace system.

NOTRACE cannot be that switch: it is tested once in a translation unit and then holds for every
system. Every trace header sets TRACE_SYSTEM for itself, so the switch is keyed on that, at the
moment a macro that makes a tracepoint is expanded: TRACE_OPTION_<system>, where it is 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kernel import ctext
from tracecfg.kernel.ctext import Directive

TRACEPOINT_H = "include/linux/tracepoint.h"
DEFINE_TRACE_H = "include/trace/define_trace.h"
CUSTOM_TRACE_H = "include/trace/define_custom_trace.h"
TRACE_KCONFIG = "kernel/trace/Kconfig"
MENU_KCONFIG = "kernel/trace/Kconfig.systems"

MARK = "TRACE_SYSTEM_ENABLED"
"""A tree whose tracepoint.h has this has the core change already."""

Render = Callable[..., str]
"""render(template, **values): a Jinja template's text"""

_DEFINE = re.compile(r"\s*(\w+)\(")


class _ShapeError(Exception):
    """What was expected and not found."""


def core_texts(
    read: Callable[[str], str], exists: Callable[[str], bool], version: str, render: Render
) -> dict[str, str]:
    """The new texts of the core's files, by path; empty for a tree that has the change.

    Raises UnsupportedTreeError, naming file, expected shape and kernel version.
    """
    if MARK in read(TRACEPOINT_H):
        return {}
    texts = {}
    edits: list[tuple[str, Callable[[str, Render], str]]] = [
        (TRACEPOINT_H, _tracepoint_h),
        (DEFINE_TRACE_H, _define_trace_h),
        (TRACE_KCONFIG, _trace_kconfig),
    ]
    if exists(CUSTOM_TRACE_H):
        edits.append((CUSTOM_TRACE_H, _stages))
    for path, edit in edits:
        try:
            texts[path] = edit(read(path), render)
        except _ShapeError as shape:
            raise UnsupportedTreeError(
                f"{path}: kernel {version} looks different from what tracecfg can convert: "
                f"expected {shape}",
                "scan and show work on this tree; generate does not yet",
            ) from None
    texts[MENU_KCONFIG] = render("menu.kconfig")
    return texts


def _tracepoint_h(text: str, render: Render) -> str:
    """Every macro that both arms of #ifdef TRACEPOINTS_ENABLED define, the exports apart, gets
    the name NAME_1 or NAME_0, and NAME becomes the choice between them."""
    blanked = ctext.blank(text)
    found = ctext.directives(blanked)
    opening, middle, closing = _arms(found, "TRACEPOINTS_ENABLED")
    guard = _guard_of(found, "TRACEPOINTS_ENABLED")
    enabled = _defines(found, opening, middle)
    stubs = _defines(found, middle, closing)
    chosen = [name for name in enabled if name in stubs and not name.startswith("EXPORT_")]
    if not {"__DECLARE_TRACE", "DEFINE_TRACE_FN"} <= set(chosen):
        raise _ShapeError(
            "__DECLARE_TRACE and DEFINE_TRACE_FN in both arms of #ifdef TRACEPOINTS_ENABLED"
        )
    exports = [directive for name, directive in stubs.items() if name not in chosen]
    last_stub = max(stubs[name].start for name in chosen)
    if not exports or min(export.start for export in exports) < last_stub:
        raise _ShapeError("the EXPORT_TRACEPOINT_SYMBOL stubs behind all others")
    edits: list[tuple[int, int, str]] = [
        (guard.end + 1, guard.end + 1, render("tracepoint_select.h"))
    ]
    for arm, suffix in ((enabled, "_1"), (stubs, "_0")):
        for name in chosen:
            at = text.index(name, arm[name].start) + len(name)
            edits.append((at, at, suffix))
    prio = _missing_prio_stub(text, enabled, stubs)
    if prio is not None:
        edits.append((prio, prio, render("tracepoint_prio_stub.h")))
    edits.append((middle.start, middle.end, "#endif /* TRACEPOINTS_ENABLED */\n"))
    first_export = min(export.start for export in exports)
    edits.append((first_export, first_export, "#ifndef TRACEPOINTS_ENABLED\n"))
    edits.append(
        (closing.start, closing.end, render("tracepoint_choice.h", names=chosen).rstrip("\n"))
    )
    return _apply(text, edits)


def _missing_prio_stub(
    text: str, enabled: dict[str, Directive], stubs: dict[str, Directive]
) -> int | None:
    """Where the stub of register_trace_prio_* belongs: before the one of unregister_trace_*."""
    if not any("register_trace_prio_##name" in directive.rest for directive in enabled.values()):
        return None
    if any("register_trace_prio_##name" in directive.rest for directive in stubs.values()):
        return None
    for directive in stubs.values():
        body = text[directive.start : directive.end]
        match = re.search(r"\tstatic inline int\t*\\\n\tunregister_trace_##name\(", body)
        if match:
            return directive.start + match.start()
    raise _ShapeError("a stub of unregister_trace_##name")


def _define_trace_h(text: str, render: Render) -> str:
    edited = _stages(text, render)
    last = ctext.directives(ctext.blank(edited))[-1]
    if last.word != "endif":
        raise _ShapeError("#endif as the last directive")
    end = edited.index("\n", last.end) + 1 if "\n" in edited[last.end :] else len(edited)
    return edited[:end] + render("define_trace_tail.h") + edited[end:]


def _stages(text: str, render: Render) -> str:
    """The stage includes (trace_events.h, perf.h, ...) only where the system is on."""
    found = ctext.directives(ctext.blank(text))
    for index, directive in enumerate(found[:-1]):
        if (directive.word, directive.rest) == ("ifdef", "TRACEPOINTS_ENABLED"):
            if found[index + 1].word != "include":
                break
            line = f"#if defined(TRACEPOINTS_ENABLED) && {MARK}"
            return _apply(text, [(directive.start, directive.end, line)])
    raise _ShapeError("#ifdef TRACEPOINTS_ENABLED around #include <trace/...>")


def _trace_kconfig(text: str, render: Render) -> str:
    """The menu's `source` behind the end of `if FTRACE`: drivers select TRACING without it."""
    depth = 0
    at = 0
    for line in text.splitlines(keepends=True):
        at += len(line)
        if re.match(r"if\s", line):
            depth += 1
            ftrace = re.match(r"if\s+FTRACE\b", line)
            if ftrace and depth > 1:
                break
        elif re.match(r"endif\b", line):
            depth -= 1
            if depth == 0 and (text[at:].strip() == "" or "FTRACE" in line):
                source = f'\nsource "{MENU_KCONFIG}"\n'
                return text[:at].rstrip("\n") + "\n" + source + text[at:]
    raise _ShapeError("`if FTRACE` with its `endif`")


def _arms(found: list[Directive], symbol: str) -> tuple[Directive, Directive, Directive]:
    """#ifdef symbol, its #else and its #endif: the first such conditional that has an #else."""
    for index, directive in enumerate(found):
        if (directive.word, directive.rest) != ("ifdef", symbol):
            continue
        depth, middle = 0, None
        for later in found[index + 1 :]:
            if later.word in ("if", "ifdef", "ifndef"):
                depth += 1
            elif later.word == "endif":
                if depth == 0:
                    if middle is not None:
                        return directive, middle, later
                    break
                depth -= 1
            elif later.word == "else" and depth == 0:
                middle = later
    raise _ShapeError(f"#ifdef {symbol} with #else and #endif")


def _guard_of(found: list[Directive], symbol: str) -> Directive:
    """The #endif behind `#if defined(CONFIG_TRACEPOINTS) && ... / #define symbol / #endif`."""
    for before, define, after in zip(found, found[1:], found[2:], strict=False):
        if (
            before.word == "if"
            and (define.word, define.rest) == ("define", symbol)
            and after.word == "endif"
        ):
            return after
    raise _ShapeError(f"#if / #define {symbol} / #endif")


def _defines(found: list[Directive], start: Directive, stop: Directive) -> dict[str, Directive]:
    """The function-like macros defined between two directives, the first of each name."""
    defines: dict[str, Directive] = {}
    for directive in found:
        match = _DEFINE.match(directive.rest) if directive.word == "define" else None
        if match and start.start < directive.start < stop.start:
            defines.setdefault(match[1], directive)
    return defines


def _apply(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text
