"""The macros that make an event's fields, as the tree's own include/trace defines them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tracecfg.kernel import ctext
from tracecfg.kernel.macros import Macro, parse_define

TRACE_EVENTS_H = "include/trace/trace_events.h"
STAGES = "include/trace/stages"
"""The folder in which newer kernels keep the stages of trace_events.h."""

_NEXT_STAGE = "TRACE_INCLUDE("
_DEPTH = 8
_FORMAT = (
    re.compile(r"\.type\s*=\s*(?P<type>[^,]+?)\s*,\s*\.name\s*=\s*\#\s*(?P<name>\w+)"),
    re.compile(r"trace_define_field\(\s*\w+\s*,\s*(?P<type>[^,]+?)\s*,\s*\#\s*(?P<name>\w+)"),
)
_TYPE_STR = re.compile(r"\btype_str\s*=\s*([^;]+);")
_STRUCT = re.compile(r"(?P<type>\w+)\s+(?P<name>\w+)\s*(?:\[\s*(?P<len>\w+)\s*\]\s*)?;?")
_LOCATED = re.compile(r"u32\s+(?P<how>__data_loc|__rel_loc)_\s*\#\#\s*(?P<name>\w+)\s*;?")
_PIECE = re.compile(r"\"([^\"]*)\"|\#\s*(\w+)|__stringify\(\s*(\w+)\s*\)")
_SPELLED = re.compile(r"\s*([*\[\](),])\s*|\s+")


class FieldMacro(NamedTuple):
    """type: pieces of text, and indices of arguments; name: index of an argument
    calls: instead, for a macro that is another one's short form: that and its arguments
    """

    params: tuple[str, ...]
    type: tuple[str | int, ...] = ()
    name: int | None = None
    calls: tuple[str, tuple[str, ...]] | None = None


def field_macros(texts: Iterable[str]) -> dict[str, FieldMacro]:
    """texts: of TRACE_EVENTS_H and of the files in STAGES"""
    stages = [stage for text in texts for stage in _stages(text)]
    for ways in (_FORMAT, (_STRUCT, _LOCATED)):
        best: dict[str, FieldMacro] = {}
        for stage in stages:
            found = _of_stage(stage, ways)
            if len(found) > len(best):
                best = found
        if best:
            return best
    return {}


def fields_of(
    macros: Mapping[str, FieldMacro], name: str, args: list[str]
) -> tuple[str, str] | None:
    """The type and the name of what a call makes; None when that cannot be told."""
    for _ in range(_DEPTH):
        macro = macros.get(name)
        if macro is None or len(args) < len(macro.params):
            return None
        if macro.calls is None:
            parts = (args[piece] if isinstance(piece, int) else piece for piece in macro.type)
            assert macro.name is not None
            return spelled("".join(parts)), args[macro.name].strip()
        given = dict(zip(macro.params, args, strict=False))
        name, args = macro.calls[0], [given.get(each, each) for each in macro.calls[1]]
    return None


def spelled(type_name: str) -> str:
    """One spelling: blanks only between words."""
    return _SPELLED.sub(lambda found: found[1] or " ", type_name).strip()


def _stages(text: str) -> Iterator[dict[str, Macro]]:
    """What each stage defines, by name."""
    # not blanked: the types are spelled in literals
    found: dict[str, Macro] = {}
    for directive in ctext.directives(text):
        if directive.word == "define":
            macro = parse_define(directive)
            if macro is not None and macro.params:
                found[macro.name] = macro
        elif directive.word == "include" and directive.rest.startswith(_NEXT_STAGE):
            yield found
            found = {}
    yield found


def _of_stage(
    stage: Mapping[str, Macro], ways: tuple[re.Pattern[str], ...]
) -> dict[str, FieldMacro]:
    found = {name: made for name, macro in stage.items() if (made := _made(macro, ways))}
    grown = bool(found)
    while grown:
        grown = False
        for name, macro in stage.items():
            if name not in found and (call := _call(macro.body)) and call[0] in found:
                found[name] = FieldMacro(macro.params or (), calls=call)
                grown = True
    return found


def _made(macro: Macro, ways: tuple[re.Pattern[str], ...]) -> FieldMacro | None:
    params = macro.params or ()
    for way in ways:
        # a struct's member is all of the body, the initializer of a field a part of it
        match = way.search(macro.body) if ways is _FORMAT else way.fullmatch(macro.body)
        if match is None or match["name"] not in params:
            continue
        pieces = _pieces(macro, match, params)
        if pieces is not None:
            return FieldMacro(params, pieces, params.index(match["name"]))
    return None


def _pieces(
    macro: Macro, match: re.Match[str], params: tuple[str, ...]
) -> tuple[str | int, ...] | None:
    said = match.groupdict()
    if "how" in said:
        kind = params.index("type") if "type" in params else ""
        return (f"{said['how']} ", kind, "[]")
    kind = said["type"]
    if "len" in said:
        if kind not in params:
            return None
        tail = ("[", _index(params, said["len"]), "]") if said["len"] else ()
        return (params.index(kind), *tail)
    if kind == "type_str" and (spelling := _TYPE_STR.search(macro.body)):
        kind = spelling[1]
    pieces: list[str | int] = []
    for text, param, length in _PIECE.findall(kind):
        pieces.append(_index(params, param or length) if param or length else text)
    return tuple(pieces) or None


def _index(params: tuple[str, ...], name: str) -> str | int:
    return params.index(name) if name in params else name


def _call(body: str) -> tuple[str, tuple[str, ...]] | None:
    head = re.match(r"(\w+)\s*\(", body)
    call = ctext.arguments(body, head.end() - 1) if head else None
    if head is None or call is None or body[call[1] :].strip(" \t;"):
        return None
    return head[1], tuple(arg.strip() for arg in call[0])
