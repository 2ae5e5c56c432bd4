"""check --since over real history: the series patch by patch, and changes of real events."""

from __future__ import annotations

import json
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.kernel.lab import trees
from tests.kernel.proofs import SEED, Totals, tracecfg

_PLAIN = re.compile(
    r"^TRACE_EVENT\((?P<event>\w+),\n(?:(?!\n\);).)*?"
    r"\tTP_STRUCT__entry\(\n(?:\t\t__field\([ \t\w]+,[ \t]*\w+[ \t]*\)\n){2,}\t\),",
    re.MULTILINE | re.DOTALL,
)
"""An event with nothing but plain fields, a line each."""
_NAMED = re.compile(r"^(?:TRACE_EVENT\w*\(|DEFINE_EVENT\w*\(\s*\w+,)\s*(\w+)", re.MULTILINE)
_FIELD = re.compile(r"\t\t__field\([ \t]*([ \t\w]+?)[ \t]*,[ \t]*(\w+)[ \t]*\)\n")


@contextmanager
def clone(tree: Path) -> Iterator[Path]:
    """A work tree of a repository, to be changed; beside it, for it is large."""
    folder = Path(tempfile.mkdtemp(prefix=f"{tree.name}-since-", dir=tree.parent))
    try:
        trees.git(tree.parent, "clone", "--quiet", "--shared", str(tree), str(folder))
        yield folder
    finally:
        shutil.rmtree(folder)


def new(tree: Path, revision: str, *more: str) -> list[tuple[str, str, str]]:
    """Rule, file and message of what is new."""
    ran = tracecfg("check", str(tree), "--since", revision, "--json", *more, ok=(0, 1))
    found = json.loads(ran.stdout)["findings"]
    return [(each["rule"], each["file"], each["message"]) for each in found]


def prove_since(converted: Path, count: int | None) -> Totals:
    """Each patch of the series, or some of them, says nothing new; but that the core alone leaves
    all trace headers without an option.

    converted: its last commits are the series
    """
    totals = Totals(name="since")
    commits = trees.git(converted, "rev-list", "--reverse", "HEAD").split()[1:]
    chosen = random.Random(SEED).sample(commits[1:], count) if count else commits[1:]
    with clone(converted) as tree:
        for commit in [commits[0], *(each for each in commits[1:] if each in set(chosen))]:
            trees.git(tree, "checkout", "--quiet", "--detach", commit)
            totals.problems += _unexpected(tree, commit == commits[0])
            totals.counts["patches"] = totals.counts.get("patches", 0) + 1
    return totals


def _unexpected(tree: Path, core: bool) -> list[str]:
    found = new(tree, "HEAD~1")
    subject = trees.git(tree, "log", "-1", "--format=%s").strip()
    if core:
        scanned = json.loads(tracecfg("scan", str(tree), "--json").stdout)["subsystems"]
        headers = Counter(
            ("TC101", path) for each in scanned if not each["skipped"] for path in each["headers"]
        )
        if missed := headers - Counter(each[:2] for each in found):
            return [f"{subject}: not said: {missed}"]
        found = [each for each in found if each[0] != "TC101"]
    return [f"{subject}: {each}" for each in found]


class Broken(NamedTuple):
    """A header in which one event is another one, and what this must bring: a finding that says
    how it differs, and where the event has another name that nothing calls it."""

    path: str
    text: str
    rule: str
    says: str

    @property
    def rules(self) -> list[str]:
        return [self.rule, "TC301"] if self.rule == "TC402" else [self.rule]


def broken(tree: Path, count: int, seed: int) -> list[Broken]:
    """Of as many headers one event each, every kind of change in turn."""
    dice = random.Random(seed)
    headers = trees.git(tree, "grep", "-l", "--fixed-strings", "trace/define_trace.h", "--", "*.h")
    paths = [path for path in headers.split() if not path.startswith(("samples/", "tools/"))]
    dice.shuffle(paths)
    texts = {path: (tree / path).read_text(errors="surrogateescape") for path in paths}
    names = Counter(name for text in texts.values() for name in _NAMED.findall(text))
    found: list[Broken] = []
    for path, text in texts.items():
        # one of another architecture has the name as well, and would still be there
        events = [each for each in _PLAIN.finditer(text) if names[each["event"]] == 1]
        if events and len(found) < count:
            event = dice.choice(events)
            changed, rule, says = _CHANGES[len(found) % len(_CHANGES)](event)
            body = text[: event.start()] + changed + text[event.end() :]
            found.append(Broken(path, body, rule, says))
    return found


def _rename(event: re.Match[str]) -> tuple[str, str, str]:
    (type_name, name), *_ = _FIELD.findall(event[0])
    return _first(event, f"{type_name}, made_up"), "TC404", f"field {name} is made_up now"


def _retype(event: re.Match[str]) -> tuple[str, str, str]:
    (_, name), *_ = _FIELD.findall(event[0])
    return _first(event, f"struct made_up, {name}"), "TC405", f"field {name} is struct made_up now"


def _first(event: re.Match[str], field: str) -> str:
    return _FIELD.sub(lambda _: f"\t\t__field({field})\n", event[0], count=1)


def _swap(event: re.Match[str]) -> tuple[str, str, str]:
    one, other, *_ = _FIELD.finditer(event[0])
    text = event[0].replace(one[0] + other[0], other[0] + one[0], 1)
    return text, "TC406", f"{other[2]}, {one[2]} is the order of fields now"


def _drop(event: re.Match[str]) -> tuple[str, str, str]:
    *_, last = _FIELD.finditer(event[0])
    return event[0].replace(last[0], "", 1), "TC403", f"field {last[2]} is gone"


def _insert(event: re.Match[str]) -> tuple[str, str, str]:
    first, *_ = _FIELD.finditer(event[0])
    text = event[0].replace(first[0], f"\t\t__field(u8, made_up)\n{first[0]}", 1)
    return text, "TC406", f"new field made_up is before {first[2]}"


def _rename_event(event: re.Match[str]) -> tuple[str, str, str]:
    name = event["event"]
    text = event[0].replace(f"({name},", f"({name}_made,", 1)
    return text, "TC402", f"event {name} is {name}_made now"


_CHANGES = (_rename, _retype, _swap, _drop, _insert, _rename_event)
