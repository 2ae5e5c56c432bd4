"""What a mutation is, how some are chosen and made."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MENU = "kernel/trace/Kconfig.systems"

Expected = Counter[tuple[str, str]]
"""Rule and file of each finding."""


@dataclass(frozen=True)
class Mutation:
    """texts: the new text of each file that is touched, by path"""

    kind: str
    system: str
    texts: dict[str, str]
    expected: Expected


@dataclass(frozen=True)
class Clean:
    """A converted tree. scan: the object of `scan --json`"""

    root: Path
    scan: dict[str, Any]

    def __hash__(self) -> int:
        return hash(self.root)

    def read(self, path: str) -> str:
        # newlines as they are: some files of the kernel have carriage returns
        with (self.root / path).open(newline="", errors="surrogateescape") as stream:
            return stream.read()

    @property
    def systems(self) -> list[dict[str, Any]]:
        return [each for each in self.scan["subsystems"] if each["converted"]]


Kind = Callable[[Clean, dict[str, Any]], Iterator[Mutation]]
KINDS: dict[str, Kind] = {}


def kind(make: Kind) -> Kind:
    KINDS[make.__name__] = make
    return make


def choose(clean: Clean, count: int, seed: int, avoid: Collection[str] = ()) -> list[Mutation]:
    """So many mutations, each kind as often as the others as long as it has any, none with a
    file or a subsystem of another one: what each brings can be told when all are made at once.

    avoid: files that have findings as it is, which a mutation might take away
    """
    rng = random.Random(seed)
    left = {name: _all(name, clean, rng) for name in KINDS}
    chosen: list[Mutation] = []
    taken = set(avoid)
    while len(chosen) < count and left:
        for name, mutations in list(left.items()):
            for each in mutations:
                marks = {f"system {each.system}", *each.texts}
                if not (marks - {MENU}) & taken:
                    chosen.append(each)
                    taken |= marks
                    break
            else:
                del left[name]
    return chosen[:count]


def _all(name: str, clean: Clean, rng: random.Random) -> Iterator[Mutation]:
    for system in rng.sample(clean.systems, len(clean.systems)):
        yield from KINDS[name](clean, system)


def apply(tree: Path, clean: Clean, mutations: Sequence[Mutation]) -> None:
    """tree: a copy of the clean one whose files may be hard links"""
    texts: dict[str, str] = {}
    for each in mutations:
        for path, text in each.texts.items():
            if path in texts:
                text = _both(clean.read(path), texts[path], text)
            texts[path] = text
    for path, text in texts.items():
        file = tree / path
        file.unlink(missing_ok=True)
        with file.open("w", newline="", errors="surrogateescape") as stream:
            stream.write(text)


def _both(old: str, one: str, other: str) -> str:
    """Two changes of one file, which touch different entries."""
    parts = [re.split(r"(?m)^(?=config )", text) for text in (old, one, other)]
    entries = [{part.split("\n")[0]: part for part in each} for each in parts]
    names = list(dict.fromkeys(name for each in entries for name in each))
    before, first, second = entries
    merged = [
        second.get(name) if second.get(name) != before.get(name) else first.get(name)
        for name in names
    ]
    return "".join(filter(None, merged))


def mutation(
    name: str, system: dict[str, Any], texts: dict[str, str], *expected: tuple[str, str]
) -> Mutation:
    return Mutation(name, system["name"], texts, Counter(expected))


def changed(text: str, pattern: str, new: str) -> str | None:
    """The text with its one match replaced; None unless there is exactly one."""
    found, times = re.subn(pattern, new, text, count=2, flags=re.MULTILINE)
    return found if times == 1 else None
