"""What one trace system's patch changes in C sources: text in, text out.

Places are found by their shape in the text, never by a file's name or a line number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tracecfg.kernel import ctext
from tracecfg.kernel.ctext import Directive
from tracecfg.kernel.source import Source

_EXPORT_LINE = re.compile(
    r"^[ \t]*(?:EXPORT_TRACEPOINT_SYMBOL(?:_GPL)?\s*\(\s*(\w+)\s*\)"
    r"|EXPORT_SYMBOL\w*\s*\(\s*__tracepoint_(\w+)\s*\))\s*;[^\n]*\n",
    re.MULTILINE,
)
_ENABLED = re.compile(r"(?<![\w.>])tracepoint_enabled\s*\(\s*(\w+)\s*\)")
_DECLARED = re.compile(r"\bDECLARE_TRACEPOINT\s*\(\s*(\w+)\s*\)")
_TRACEPOINTS = re.compile(
    r"^(?:defined\s*\(?\s*)?(?P<symbol>CONFIG_TRACEPOINTS|TRACEPOINTS_ENABLED)\s*\)?$"
)
_WORD = re.compile(r"[A-Za-z_]\w+")
_STATIC_FUNCTION = re.compile(
    # the first of its line; text comes first in the pattern because it is found so much faster
    r"static(?<![^\n]static)[ \t]+(?!.*\binline\b)(?!.*__maybe_unused)"
    r"(?:(?:const[ \t]+|struct[ \t]+)*\w+(?:[ \t]*\*+[ \t]*|\s+))(?P<name>\w+)[ \t]*"
    r"\((?=[^;{]{0,2000}\)\s{0,99}\{)"
)


_LINE = 90
"""Characters: where a line is broken, a little before checkpatch complains."""


@dataclass(frozen=True, kw_only=True)
class Switch:
    """The option of one system, as C sees it.

    system: its name; token: the identifier it is pasted as (TRACE_SYSTEM_VAR or the name)
    symbol: CONFIG_TRACING_...
    """

    system: str
    token: str
    symbol: str

    @property
    def line(self) -> str:
        return f"#define TRACE_OPTION_{self.token} IS_ENABLED({self.symbol})\n"


def add_option(text: str, switch: Switch, clobbering: Collection[str]) -> str:
    """The trace header with its option, right behind the definition of its name.

    clobbering: see set_again, which has a part in finding that definition
    """
    if f"#define TRACE_OPTION_{switch.token} " in text:
        return text
    found = ctext.directives(ctext.blank(text))
    last = _last_include(found, clobbering)
    named = ["TRACE_SYSTEM"]
    if switch.token != switch.system:
        named = ["TRACE_SYSTEM_VAR", switch.token]
    anchors = [
        directive
        for directive in found
        if directive.word == "define"
        and directive.rest.split()[: len(named)] == named
        and (last is None or directive.start < last.start)
    ]
    return insert(text, [(_next_line(text, anchor.end), switch.line) for anchor in anchors])


def set_again(text: str, system: str, token: str, clobbering: Collection[str]) -> str:
    """The trace header with its name set once more behind the #include lines that bring in
    another trace header: the events that follow would be taken for the other system's.

    clobbering: the arguments of those lines
    """
    found = ctext.directives(ctext.blank(text))
    last = _last_include(found, clobbering)
    if last is None or any(
        each.word == "define" and each.rest.split()[:1] == ["TRACE_SYSTEM"]
        for each in found
        if each.start > last.start
    ):
        return text
    again = f"#undef TRACE_SYSTEM\n#define TRACE_SYSTEM {system}\n"
    if token != system:
        again += f"#undef TRACE_SYSTEM_VAR\n#define TRACE_SYSTEM_VAR {token}\n"
    comment = "/* Set again: a header above has events of another system */\n"
    return insert(text, [(_next_line(text, last.end), f"\n{comment}{again}")])


def _last_include(found: list[Directive], clobbering: Collection[str]) -> Directive | None:
    """The last of the #include lines behind the definition of TRACE_SYSTEM."""
    seen = False
    last = None
    for directive in found:
        if directive.word == "define" and directive.rest.split()[:1] == ["TRACE_SYSTEM"]:
            seen = True
        elif seen and directive.word == "include" and directive.rest in clobbering:
            last = directive
    return last


def name_always(text: str) -> str:
    """TRACE_SYSTEM set for every reader, not only under CREATE_TRACE_POINTS (module.h)."""
    found = ctext.directives(ctext.blank(text))
    for index, directive in enumerate(found[:-1]):
        if (directive.word, directive.rest) != ("ifdef", "CREATE_TRACE_POINTS"):
            continue
        inside: list[Directive] = []
        for later in found[index + 1 :]:
            if later.word == "endif":
                if any(each.rest.startswith("TRACE_SYSTEM ") for each in inside):
                    kept = text[_next_line(text, directive.end) : later.start]
                    before = text[: directive.start]
                    return _without_comment(before) + kept + text[_next_line(text, later.end) :]
                break
            if later.word not in ("undef", "define"):
                break
            inside.append(later)
    return text


def _without_comment(before: str) -> str:
    """The text without the comment it ends in: it explained the #ifdef that goes."""
    stripped = before.rstrip()
    if stripped.endswith("*/"):
        start = stripped.rfind("/*")
        if "SPDX" not in stripped[start:]:
            return stripped[:start]
    return before


def guard_exports(text: str, switch: Switch, events: Collection[str]) -> str:
    """#ifdef around each run of EXPORT_TRACEPOINT_SYMBOL lines of the system's events."""
    source = Source("", text)
    blanked = source.blanked
    runs: list[list[int]] = []
    for match in _EXPORT_LINE.finditer(blanked):
        if (match[1] or match[2]) not in events or _within(source, match.start(), switch.symbol):
            continue
        start = _line_start(blanked, match.start())
        if runs and text[runs[-1][1] : start].strip() == "":
            runs[-1][1] = match.end()
        else:
            runs.append([start, match.end()])
    inserts = []
    for start, end in runs:
        inserts += [(start, f"#ifdef {switch.symbol}\n"), (end, "#endif\n")]
    return insert(text, inserts)


def guard_enabled(text: str, switch: Switch, events: Collection[str]) -> str:
    """tracepoint_enabled(x) asks the option first: x has no static key when the system is off.

    A macro's parameter counts as the system's when every tracepoint that the file declares is.
    Without DECLARE_TRACEPOINT the file has the trace header itself, and trace_x_enabled() serves.
    """
    blanked = ctext.blank(text)
    declared = set(_DECLARED.findall(blanked))
    own_file = bool(declared) and declared <= set(events)
    edits: list[tuple[int, int, str]] = []
    for match in _ENABLED.finditer(blanked):
        name = match[1]
        if name not in events and not (own_file and _is_parameter(blanked, match.start(), name)):
            continue
        before = blanked[: match.start()].rstrip(" \t\r\n\\")
        if before.endswith((f"IS_ENABLED({switch.symbol}) &&", "define")):
            continue
        if name in events and name not in declared:
            edits.append((match.start(), match.end(), f"trace_{name}_enabled()"))
            continue
        guarded = f"IS_ENABLED({switch.symbol}) && {match.group()}"
        alone = before.endswith("(") and blanked[match.end() :].lstrip().startswith(")")
        start = _line_start(blanked, match.start())
        if match.start() - start + len(guarded) > _LINE:
            defined = blanked[start:].startswith("#define")
            guarded = guarded.replace(" && ", " && \\\n\t" if defined else " &&\n\t    ")
        edits.append((match.start(), match.end(), guarded if alone else f"({guarded})"))
    return replace(text, edits)


def _is_parameter(blanked: str, offset: int, name: str) -> bool:
    """Does the name at an offset stand in a #define that has it as a parameter?"""
    for directive in ctext.directives(blanked):
        if directive.start <= offset < directive.end:
            head = directive.rest.partition(")")[0]
            return directive.word == "define" and re.search(rf"\(.*\b{name}\b", head) is not None
    return False


def guard_blocks(text: str, switch: Switch, needs: Iterable[re.Pattern[str]]) -> str:
    """Code under #ifdef CONFIG_TRACEPOINTS that cannot do without this one system gets the
    system's option as its condition: it uses the event's own struct, or registers a probe in
    code that is always built.

    needs: what such code contains. All blocks of the file with the same condition change, as a
    declaration and its definition stand in two of them.
    """
    if "TRACEPOINTS" not in text:
        return text
    blanked = ctext.blank(text)
    found = ctext.directives(blanked)
    blocks: dict[str, list[tuple[Directive, str]]] = {}
    for directive in found:
        match = _TRACEPOINTS.match(directive.rest) if directive.word in ("if", "ifdef") else None
        if match:
            end = _block_end(found, directive)
            blocks.setdefault(match["symbol"], []).append((directive, blanked[directive.end : end]))
    edits = []
    for symbol, members in blocks.items():
        if any(pattern.search(body) for pattern in needs for _, body in members):
            if symbol == "CONFIG_TRACEPOINTS":
                line = f"#ifdef {switch.symbol}"
            else:
                line = f"#if defined({symbol}) && IS_ENABLED({switch.symbol})"
            edits += [(directive.start, directive.end, line) for directive, _ in members]
    return replace(text, edits)


def _block_end(found: list[Directive], opening: Directive) -> int:
    depth = 0
    for directive in found:
        if directive.start <= opening.start:
            continue
        if directive.word in ("if", "ifdef", "ifndef"):
            depth += 1
        elif directive.word == "endif":
            if depth == 0:
                return directive.start
            depth -= 1
    return opening.end


def mark_unused(text: str, switch: Switch, header_texts: Iterable[str]) -> str:
    """__maybe_unused for the static functions of a creator that only its trace header calls."""
    used = {word for header in header_texts for word in _WORD.findall(ctext.blank(header))}
    source = Source("", text)
    blanked = source.blanked
    inserts = []
    for match in _STATIC_FUNCTION.finditer(blanked):
        name = match["name"]
        if (
            name in used
            and (blanked.count(name) == 1 or len(re.findall(rf"\b{name}\b", blanked)) == 1)
            and not _within(source, match.start(), switch.symbol)
            and not blanked[: match.start()].rstrip().endswith("__maybe_unused")
        ):
            # on a line of its own: whatever checkpatch has against the function's line stays as old
            inserts.append((match.start(), "__maybe_unused\n"))
    return insert(text, inserts)


def refuse_without(text: str, switch: Switch, events: Collection[str]) -> str:
    """A write operation that relies on probes refuses when they cannot be registered.

    The shape: a static void function that registers the system's probes and ignores whether it
    could; whoever calls it from a function that returns ssize_t returns -EOPNOTSUPP first.
    """
    blanked = ctext.blank(text)
    names = "|".join(sorted(events))
    helpers = [
        match["name"]
        for match in re.finditer(
            r"^static void (?P<name>\w+)\([^)]*\)\n\{\n(?P<body>.*?)^\}",
            blanked,
            re.MULTILINE | re.DOTALL,
        )
        if re.search(rf"^\tregister_trace_(?:prio_)?(?:{names})\(", match["body"], re.MULTILINE)
    ]
    edits = []
    check = f"\tif (!IS_ENABLED({switch.symbol}))\n\t\treturn -EOPNOTSUPP;\n\n"
    for match in re.finditer(
        r"^static ssize_t\n?\s?\w+\([^)]*\)\n\{\n(?P<body>.*?)^\}",
        blanked,
        re.MULTILINE | re.DOTALL,
    ):
        body = match["body"]
        if not any(re.search(rf"\b{helper}\(", body) for helper in helpers):
            continue
        gap = body.find("\n\n")
        if gap >= 0 and check.strip() not in text:
            edits.append((match.start("body") + gap + 2, check))
    return insert(text, edits)


def insert(text: str, inserts: Iterable[tuple[int, str]]) -> str:
    """The text with each (offset, new text) put in, line ends as the file has them."""
    return replace(text, [(at, at, new) for at, new in inserts])


def replace(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    crlf = "\r\n" in text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + (new.replace("\n", "\r\n") if crlf else new) + text[end:]
    return text


def _within(source: Source, offset: int, symbol: str) -> bool:
    """Does an offset stand under a condition that names the symbol already?"""
    name = symbol.removeprefix("CONFIG_")
    return any(name in arm.needs for arm in source.arms_at(offset))


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _next_line(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1
