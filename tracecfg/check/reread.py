"""Which file <trace/define_trace.h> reads again for a trace header: rule TC204. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from tracecfg.check.facts import Facts, Hit
from tracecfg.kernel.ctext import Directive
from tracecfg.kernel.source import Source
from tracecfg.model import Plan

PATH, FILE, SYSTEM = "TRACE_INCLUDE_PATH", "TRACE_INCLUDE_FILE", "TRACE_SYSTEM"

_STRING = re.compile(r'"[^"\n]*"')

_HERE = "include/trace"
"""The folder of define_trace.h, which comes before all -I flags for a name in quotes."""
_ALWAYS = ("include", "include/uapi")
"""What the top Makefile names with -I, besides the architecture's include folder."""


def hits(facts: Facts, header: Source, creators: Sequence[str]) -> Iterator[Hit]:
    """creators: the .c files that create the header"""
    system = header.definition(SYSTEM)
    named = _values(facts, header, creators, FILE) or _own(header, SYSTEM)
    paths = _values(facts, header, creators, PATH)
    if system is None or any(_is_macro(header, value) for value, _ in [*named, *paths]):
        return
    for path, _ in paths or [("", None)]:
        for name, _ in named:
            if _leads_to(header.path, path, name, _folders(facts, header.path, creators)):
                return
    path, at_path = paths[-1] if paths else ("", None)
    name, at_name = named[-1]
    at = at_path or at_name or system[1]
    asked = f'"{path}/{name}.h"' if paths else f"<trace/events/{name}.h>"
    where = "which is not this header"
    if facts.flags and paths and not path.startswith("../.."):
        where = "which no -I flag leads to"
    yield Hit(
        "TC204",
        header.place(at.start),
        f"{system[0]}: <trace/define_trace.h> includes {asked} for it, {where}",
        _hint(header.path, name, creators),
        1,
    )


def folders_asked_for(plan: Plan, files: Mapping[str, Source]) -> list[str]:
    """The folders whose Makefiles decide for some header: hits() finds their flags in the facts."""
    wanted: set[str] = set()
    for decision in plan.decisions:
        for path in decision.system.headers:
            header = files[path]
            creators = {each.place.file for each in decision.system.creators if each.header == path}
            named, paths = _own(header, FILE) or _own(header, SYSTEM), _own(header, PATH)
            name, include = (found[-1][0] if found else "" for found in (named, paths))
            if not _leads_to(path, include, name, _static(path)):
                wanted.update(_homes(path, creators))
    return sorted(wanted)


def _values(
    facts: Facts, header: Source, creators: Iterable[str], name: str
) -> list[tuple[str, Directive | None]]:
    """What a macro may be when define_trace.h asks for it."""
    found: list[tuple[str, Directive | None]] = list(_own(header, name))
    if found:
        return found
    for path in creators:
        if path in facts.files:
            found += [(value, None) for value, _ in _own(facts.files[path], name)]
    for folder in _homes(header.path, creators):
        if folder in facts.flags:
            found += [
                (value, None)
                for macro, value in sorted(facts.flags[folder].defines)
                if macro == name
            ]
    return found


def _homes(header: str, creators: Iterable[str]) -> list[str]:
    """The folders whose Makefiles decide: the header's own, and then its creators'."""
    return list(dict.fromkeys(map(posixpath.dirname, (header, *creators))))


def _own(source: Source, name: str) -> list[tuple[str, Directive]]:
    found = []
    for directive in source.directives:
        if directive.word == "define" and directive.rest.startswith(name):
            head, *value = directive.rest.split(None, 1)
            if head == name:
                # a string is blanked in what a directive says
                quoted = _STRING.search(source.text, directive.start, directive.end)
                said = "".join(value)
                found.append((quoted[0] if quoted and '"' in said else said, directive))
    return found


def _is_macro(header: Source, value: str) -> bool:
    words = set(value.replace(".", "/").split("/"))
    return any(macro.name in words and macro.params is None for macro in header.defines.values())


def _static(path: str) -> list[str]:
    """The folders that the compiler always looks into, for a header of an architecture or, when
    it is nobody's, on x86: no trace header may be found through one architecture alone, and x86
    is the one that everybody builds."""
    arch = path.split("/")[1] if path.startswith("arch/") else "x86"
    return [_HERE, *_ALWAYS, f"arch/{arch}/include"]


def _folders(facts: Facts, path: str, creators: Iterable[str]) -> list[str]:
    found = _static(path)
    for folder in _homes(path, creators):
        if folder in facts.flags:
            found += sorted(facts.flags[folder].folders)
    return found


def _leads_to(header: str, path: str, name: str, folders: Iterable[str]) -> bool:
    """path: "" for the default, include/trace/events"""
    if not path:
        return posixpath.normpath(f"{_HERE}/events/{name}.h") == header or any(
            posixpath.normpath(f"{folder}/trace/events/{name}.h") == header for folder in folders
        )
    asked = f"{path}/{name}.h"
    for folder in folders:
        if "*" in folder:
            tail = posixpath.normpath(f"/{asked}") if ".." in asked else f"/{asked}"
            if fnmatchcase("/" + header, f"*{folder}{posixpath.normpath(tail)}"):
                return True
        elif posixpath.normpath(f"{folder}/{asked}") == header:
            return True
    return False


def _hint(path: str, name: str, creators: Sequence[str]) -> str:
    folder, base = posixpath.split(path)
    stem = base.removesuffix(".h")
    own_name = "" if name == stem else f" and #define {FILE} {stem}"
    if folder == f"{_HERE}/events":
        return f"#define {FILE} {stem}, without {PATH}"
    up = posixpath.relpath(folder, _HERE)
    flag = ""
    if creators:
        target = posixpath.basename(creators[0]).removesuffix(".c")
        flag = (
            f"; or . and CFLAGS_{target}.o := -I$(src) in {posixpath.dirname(creators[0])}/Makefile"
        )
    return f"#define {PATH} {up}{own_name}{flag}"
