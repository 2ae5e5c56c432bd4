"""Events and classes that lose what uses them: TC301 to TC303."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from tests.check.mutations.frame import Clean, Mutation, changed, kind, mutation

_CALL = re.compile(r"^[ \t]+trace_(\w+)\((?:[^();\"]|\([^();\"]*\))*\);[ \t]*\n", re.MULTILINE)
"""A statement of its own."""


class _Last(NamedTuple):
    """An event of which the tree says two things: that it is, and one call."""

    event: dict[str, Any]
    caller: str
    text: str
    """The caller's, without the call."""


@cache
def _named(clean: Clean) -> dict[str, list[str]]:
    """For each event, the files that name it or its tracepoint, once for each time."""
    names = {event["name"] for system in clean.scan["subsystems"] for event in system["events"]}
    wanted = "".join(f"{each}\ntrace_{each}\n" for each in sorted(names))
    command = ["rg", "--only-matching", "--word-regexp", "--fixed-strings", "--file=-"]
    command += ["--no-heading", "--with-filename", "--no-ignore", "--no-line-number"]
    command += ["--glob=*.{c,h,S,rs,y,inc}", "--glob=!/{tools,samples}", "."]
    done = subprocess.run(
        command, cwd=clean.root, input=wanted.encode(), capture_output=True, check=True
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in done.stdout.decode().splitlines():
        path, _, word = line.rpartition(":")
        for name in {word, word.removeprefix("trace_")}:
            if name in names:
                found[name].append(path.removeprefix("./"))
    return dict(found)


@cache
def _pasting(clean: Clean) -> frozenset[str]:
    """Folders with macros that make names of tracepoints: these may call any event."""
    command = ["rg", "--no-ignore", "--files-with-matches", "--glob=*.{c,h}"]
    command += [r"trace_\w*##|##_*trace", "."]
    done = subprocess.run(command, cwd=clean.root, capture_output=True, check=True)
    return frozenset(path.rpartition("/")[0][2:] for path in done.stdout.decode().split())


def _last_calls(clean: Clean, system: dict[str, Any]) -> Iterator[_Last]:
    for event in system["events"]:
        named = _named(clean).get(event["name"], [])
        callers = [path for path in named if path != event["file"]]
        if len(named) != 2 or len(callers) != 1 or not callers[0].endswith(".c"):
            continue
        (caller,) = callers
        if {path.rpartition("/")[0] for path in named} & _pasting(clean):
            continue
        text = clean.read(caller)
        for match in _CALL.finditer(text):
            if match[1] == event["name"]:
                yield _Last(event, caller, text[: match.start()] + text[match.end() :])


@kind
def delete_last_call(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    for event, caller, text in _last_calls(clean, system):
        yield mutation("delete_last_call", system, {caller: text}, ("TC301", event["file"]))


@kind
def comment_out_last_call(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    for event, caller, _ in _last_calls(clean, system):
        call = rf"^([ \t]+)(trace_{event['name']}\((?:[^();\"]|\([^();\"]*\))*\);)[ \t]*\n"
        if text := changed(clean.read(caller), call, r"\1/* \2 */\n"):
            where = {caller: text}
            yield mutation("comment_out_last_call", system, where, ("TC301", event["file"]))


@kind
def asked_and_never_called(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    for event, caller, text in _last_calls(clean, system):
        more = f"{text}\nbool made_up(void) {{ return trace_{event['name']}_enabled(); }}\n"
        yield mutation("asked_and_never_called", system, {caller: more}, ("TC301", event["file"]))


@kind
def delete_last_of_class(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    """The event goes, its call as well; the class stays."""
    for event, caller, text in _last_calls(clean, system):
        siblings = [each for each in system["events"] if each["class"] == event["class"]]
        # a structure may be called as the class is
        times = len(re.findall(rf"\b{event['class']}\b", clean.read(event["file"])))
        if len(siblings) != 1 or event["class"] == event["name"] or times != 2:
            continue
        pattern = rf"^DEFINE_EVENT\(\s*{event['class']},\s*{event['name']},(?:[^;\"])*?\);[ \t]*\n"
        if header := changed(clean.read(event["file"]), pattern, ""):
            texts = {caller: text, event["file"]: header}
            yield mutation("delete_last_of_class", system, texts, ("TC302", event["file"]))


@kind
def event_that_nobody_calls(clean: Clean, system: dict[str, Any]) -> Iterator[Mutation]:
    """Copied from another one, and forgotten."""
    for event in system["events"]:
        if event["kind"] != "event" or event["class"] == event["name"]:
            continue
        head = rf"^(DEFINE_EVENT\(\s*{event['class']},\s*{event['name']})(,[^;\"]*?\);[ \t]*\n)"
        if text := changed(clean.read(event["file"]), head, r"\1\2\n\1_made_up\2"):
            name = "event_that_nobody_calls"
            yield mutation(name, system, {event["file"]: text}, ("TC301", event["file"]))
