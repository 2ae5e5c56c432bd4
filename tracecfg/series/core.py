"""The core change: the kernel's tracepoint headers learn a switch for each trace system.

NOTRACE cannot be that switch: it is tested once in a translation unit and then holds for every
system. Every trace header sets TRACE_SYSTEM for itself, so the switch is keyed on that, at the
moment a macro that makes a tracepoint is expanded: TRACE_OPTION_<system>, where it is 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from tracecfg.errors import UnsupportedTreeError
from tracecfg.kernel import ctext
from tracecfg.kernel.ctext import Directive
from tracecfg.kernel.macros import Macro, parse_define

TRACEPOINT_H = "include/linux/tracepoint.h"
DEFINE_TRACE_H = "include/trace/define_trace.h"
TRACE_KCONFIG = "kernel/trace/Kconfig"
MENU_KCONFIG = "kernel/trace/Kconfig.systems"

FILES = 4
"""How many files the core change itself touches."""

MARK = "TRACE_SYSTEM_ENABLED"
"""A tree whose tracepoint.h has this has the core change already."""

Render = Callable[..., str]
"""render(template, **values): a Jinja template's text"""

SOURCES_TRACE = re.compile(r'^[ \t]*source[ \t]+"?kernel/trace/Kconfig"?[ \t]*$', re.MULTILINE)

_BACKSLASH = 72
"""Column, from 0."""

_MAKER = re.compile(r"__DECLARE_TRACE(?!_COMMON)\w*$")
_CALL = re.compile(r"static inline void\s+(\w+?)_?##name((?:##\w+)?)\(proto\)")
_MAKER_CALL = re.compile(r"\\\n\t(__DECLARE_TRACE\w*)\(")


class _ShapeError(Exception):
    """What was expected and not found."""


def core_texts(
    read: Callable[[str], str],
    sourcing: str | None,
    version: str,
    render: Render,
) -> dict[str, str]:
    """The new texts of the core's files, by path; empty for a tree that has the change.

    sourcing: the Kconfig file that sources kernel/trace/Kconfig.
    Raises UnsupportedTreeError, naming file, expected shape and kernel version.
    """
    converted, menu = MARK in read(TRACEPOINT_H), bool(read(MENU_KCONFIG))
    if converted != menu:
        found = (
            f"{TRACEPOINT_H}: converted, but no {MENU_KCONFIG}"
            if converted
            else f"{MENU_KCONFIG}: there, but {TRACEPOINT_H} is not converted"
        )
        raise UnsupportedTreeError(
            f"{found}: half of an earlier series",
            "put the tree back as it was; git status --ignored shows what git does not",
        )
    if converted:
        return {}
    texts = {}
    edits: list[tuple[str, Callable[[str, Render], str]]] = [
        (TRACEPOINT_H, _tracepoint_h),
        (DEFINE_TRACE_H, _define_trace_h),
        (sourcing or TRACE_KCONFIG, _sourcing_kconfig),
    ]
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
    """DECLARE_TRACE and its kin call __DECLARE_TRACE, or what is empty, as the system's option
    says. The kernel's own macros keep their names and text."""
    found = ctext.directives(ctext.blank(text))
    guard = _guard_of(found, "TRACEPOINTS_ENABLED")
    opening, middle, closing = _arms(found, "TRACEPOINTS_ENABLED")
    enabled, stubs = _defines(found, opening, middle), _defines(found, middle, closing)
    makers = [name for name in enabled if name in stubs and _MAKER.match(name)]
    if "__DECLARE_TRACE" not in makers or not {"name", "proto", "data_proto"} <= set(
        enabled["__DECLARE_TRACE"].params or ()
    ):
        raise _ShapeError(
            "__DECLARE_TRACE(name, proto, ..., data_proto) in both arms of #ifdef "
            "TRACEPOINTS_ENABLED"
        )
    called: list[str] = []
    edits: list[tuple[int, int, str]] = []
    for directive in found:
        macro = parse_define(directive) if directive.word == "define" else None
        if macro is None or directive.start < closing.end:
            continue
        for match in _MAKER_CALL.finditer(text, directive.start, directive.end):
            if match[1] in makers:
                called.append(match[1])
                end = text.find("\n", match.end())
                line = f"\t__trace_choose({match[1]}_){text[match.end(1) : end]}"
                edits.append((match.start(1) - 1, end, _aligned(line)))
    if not called:
        raise _ShapeError("DECLARE_TRACE to call __DECLARE_TRACE")
    macros = [
        {
            "name": name,
            "params": enabled[name].params,
            "unused": [param for param in enabled[name].params or ()
                       if param not in ("name", "proto", "data_proto")],
        }
        for name in dict.fromkeys(called)
    ]  # fmt: skip
    select = render("tracepoint_select.h", macros=macros, more_calls=_more_calls(stubs))
    edits.append((guard.end + 1, guard.end + 1, _aligned(select)))
    return _apply(text, edits)


def _aligned(text: str) -> str:
    """The backslashes at line ends that follow a tab, in the column where the kernel has them."""

    def align(match: re.Match[str]) -> str:
        width = len(match[1].expandtabs(8))
        return match[1] + "\t" * max(1, -(-(_BACKSLASH - width) // 8)) + "\\"

    return re.sub(r"^(.*?)\t+\\$", align, text, flags=re.MULTILINE)


def _more_calls(stubs: dict[str, Macro]) -> list[tuple[str, str]]:
    """What the kernel's stubs define besides trace_x(): trace_x_rcuidle(), trace_call__x()."""
    found = dict.fromkeys(
        match.groups() for macro in stubs.values() for match in _CALL.finditer(macro.body)
    )
    return [(before, behind) for before, behind in found if (before, behind) != ("trace", "")]


def _define_trace_h(text: str, render: Render) -> str:
    """The tracepoints are defined, and the stages included, only where the system is on."""
    found = ctext.directives(ctext.blank(text))
    rereads = [each for each in found if each.word == "include" and "TRACE_INCLUDE(" in each.rest]
    stages = [
        each
        for each, behind in pairwise(found)
        if (each.word, each.rest) == ("ifdef", "TRACEPOINTS_ENABLED") and behind.word == "include"
    ]
    if len(rereads) != 1 or len(stages) != 1 or found[-1].word != "endif":
        raise _ShapeError(
            "one #include TRACE_INCLUDE(...), one #ifdef TRACEPOINTS_ENABLED around the stages, "
            "and an #endif at the end"
        )
    on = f"#if defined(TRACEPOINTS_ENABLED) && {MARK}"
    tail = "\n" if text.endswith("\n") else ""
    return (
        _apply(
            text.rstrip("\n"),
            [
                (rereads[0].start, rereads[0].start, f"{on}\n"),
                (rereads[0].end, rereads[0].end, "\n#endif"),
                (stages[0].start, stages[0].end, on),
                (
                    len(text.rstrip("\n")),
                    len(text.rstrip("\n")),
                    "\n" + render("define_trace_tail.h"),
                ),
            ],
        ).rstrip("\n")
        + tail
    )


def _sourcing_kconfig(text: str, render: Render) -> str:
    """The menu's `source` right behind that of kernel/trace/Kconfig: drivers select TRACING
    without FTRACE, so it cannot stand within `if FTRACE`."""
    match = SOURCES_TRACE.search(text)
    if match is None:
        raise _ShapeError(f'a line `source "{TRACE_KCONFIG}"` in some Kconfig file')
    return f'{text[: match.end()]}\nsource "{MENU_KCONFIG}"{text[match.end() :]}'


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


def _defines(found: list[Directive], start: Directive, stop: Directive) -> dict[str, Macro]:
    """The function-like macros defined between two directives, the first of each name."""
    defines: dict[str, Macro] = {}
    for directive in found:
        macro = parse_define(directive) if directive.word == "define" else None
        if macro and macro.params is not None and start.start < directive.start < stop.start:
            defines.setdefault(macro.name, macro)
    return defines


def _apply(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text
