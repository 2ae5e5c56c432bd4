"""Mistakes in trace headers and with their creators: TC201 to TC208."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.check.mutations.frame import Clean, Mutation, changed, kind, mutation

_CREATE = r"^[ \t]*#[ \t]*define[ \t]+CREATE_TRACE_POINTS\b.*\r?\n"


_GUARD = re.compile(
    r"^#\s*if\s+!\s*defined\s*\(?\s*(\w+)\s*\)?\s*\|\|\s*(?:\\\r?\n\s*)?"
    r"defined\s*\(?\s*TRACE_HEADER_MULTI_READ\b[\s\S]*?^#\s*define\s+\1\s*$",
    re.MULTILINE,
)


def _in_headers(
    name: str, clean: Clean, system: dict[str, Any], pattern: str, new: str, rule: str
) -> Iterator[Mutation]:
    """The one place of each header where the pattern is, where its guard works."""
    for path in system["headers"]:
        text = clean.read(path)
        guard = _GUARD.search(text)
        if guard is None or len(re.findall(rf"^#\s*define\s+{guard[1]}\s*$", text, re.M)) != 1:
            continue
        if new_text := changed(text, pattern, new):
            yield mutation(name, system, {path: new_text}, (rule, path))


@kind
def drop_multi_read(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    also = r"[ \t]*\|\|(?:[ \t]|\\\r?\n)*defined[ \t]*\(?[ \t]*TRACE_HEADER_MULTI_READ\b[ \t]*\)?"
    yield from _in_headers("drop_multi_read", clean, system, also, "", "TC201")


@kind
def misspell_multi_read(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    word = r"\bTRACE_HEADER_MULTI_READ\b"
    yield from _in_headers(
        "misspell_multi_read", clean, system, word, "TRACE_HEADER_MULTIREAD", "TC201"
    )


@kind
def pragma_once(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    first = r"^(?=#undef TRACE_SYSTEM\b)"
    yield from _in_headers("pragma_once", clean, system, first, "#pragma once\n", "TC201")


@kind
def drop_define_trace(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    line = r"^#include <trace/define_trace\.h>.*\r?\n?"
    yield from _in_headers("drop_define_trace", clean, system, line, "", "TC202")


@kind
def define_trace_inside_guard(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    """Where nothing but comments and their own macros is between the guard's #endif and it."""
    last = (
        r"^(#endif\b[^\n]*\n)"
        r"((?:\s|/\*(?:(?!\*/)[\s\S])*\*/|#(?:undef|define) TRACE_INCLUDE_[^\n]*\n)*"
        r"#include <trace/define_trace\.h>[^\n]*\n?)\s*\Z"
    )
    yield from _in_headers("define_trace_inside_guard", clean, system, last, r"\2\n\1", "TC203")


@kind
def include_path(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    line = r"^(#define TRACE_INCLUDE_PATH [./\w-]*\w)(?=\s*$)"
    yield from _in_headers("include_path", clean, system, line, r"\1/gone", "TC204")


@kind
def include_file(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    line = r"^(#define TRACE_INCLUDE_FILE [\w-]+)(?=\s*$)"
    yield from _in_headers("include_file", clean, system, line, r"\1_gone", "TC204")


@kind
def moved(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    """A header of include/trace/events that forgets where it is: it has another name there."""
    for path in system["headers"]:
        text = clean.read(path)
        named = re.search(r"^#define TRACE_SYSTEM (\S+)\s*$", text, re.M)
        new = changed(text, r"^#define TRACE_INCLUDE_FILE .*\n", "")
        if not path.startswith("include/trace/events/") or named is None or new is None:
            continue
        if not (clean.root / path).with_name(f"{named[1]}.h").exists():
            yield mutation("moved", system, {path: new}, ("TC204", path))


@kind
def drop_system_var(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    for path in system["headers"]:
        text = clean.read(path)
        named = re.search(r"^#define TRACE_SYSTEM (\S+)\s*$", text, re.M)
        new = changed(text, r"^(?:#undef TRACE_SYSTEM_VAR\n)?#define TRACE_SYSTEM_VAR .*\n", "")
        if named and new and "-" in named[1]:
            yield mutation("drop_system_var", system, {path: new}, ("TC205", path))


@kind
def guard_never_defined(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    both = r"^(#if !defined\((\w+)\) \|\| defined\(TRACE_HEADER_MULTI_READ\)\n#define \2)(?=\s*$)"
    yield from _in_headers("guard_never_defined", clean, system, both, r"\1_", "TC208")


@kind
def never_created(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    """The last creator of a header, which creates no other one, creates no more."""
    for path in system["headers"]:
        creators = {each["file"] for each in system["creators"] if each["header"] == path}
        if len(creators) != 1 or (*creators,)[0].rpartition(".")[2] != "c":
            continue
        (creator,) = creators
        text = clean.read(creator)
        new = changed(text, _CREATE, "")
        if new and "CREATE_TRACE_POINTS" not in new and _creates(clean, creator) == [path]:
            yield mutation("never_created", system, {creator: new}, ("TC206", path))


@kind
def created_twice(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    """By a neighbour that one line of the Makefile links with the creator."""
    for creator in system["creators"]:
        path = creator["header"]
        if [each["header"] for each in system["creators"]].count(path) != 1:
            continue
        folder, name = posixpath.split(creator["file"])
        for other in _linked_with(clean, folder, name.removesuffix(".c")):
            neighbour = f"{folder}/{other}.c"
            if not (clean.root / neighbour).is_file():
                continue
            text = clean.read(neighbour)
            include = r'^(#include [<"](?:\./)?' + re.escape(_included_as(path)) + r'[>"][^\n]*\n)'
            twice = r"#define CREATE_TRACE_POINTS\n\1#undef CREATE_TRACE_POINTS\n"
            if "CREATE_TRACE_POINTS" not in text and (new := changed(text, include, twice)):
                second = max(creator["file"], neighbour)
                yield mutation("created_twice", system, {neighbour: new}, ("TC207", second))


def _included_as(path: str) -> str:
    return path.removeprefix("include/") if path.startswith("include/") else path.split("/")[-1]


def _linked_with(clean: Clean, folder: str, stem: str) -> list[str]:
    makefile = clean.root / folder / "Makefile"
    if not makefile.is_file():
        return []
    text = clean.read(f"{folder}/Makefile").replace("\\\n", " ")
    if "ifdef" in text or "ifeq" in text or "ifneq" in text:
        return []
    for line in re.findall(r"^[\w-]+-(?:y|objs)[ \t]*[:+]?=(.*)", text, re.M):
        objects = re.findall(r"(\S+)\.o\b", line)
        if stem in objects:
            return [each for each in objects if each != stem]
    return []


@cache
def _creates(clean: Clean, creator: str) -> list[str]:
    return [
        each["header"]
        for system in clean.scan["subsystems"]
        for each in system["creators"]
        if each["file"] == creator
    ]
