"""Known findings in a file."""

from __future__ import annotations

import json
import random

import pytest

from tests.check.sample import HOSTILE, finding, plain
from tracecfg.check import baseline
from tracecfg.errors import UsageError


def test_what_is_written_is_known() -> None:
    found = [*plain(), *HOSTILE]
    random.Random(1).shuffle(found)
    text = baseline.to_text(found)
    split = baseline.split(found, baseline.parse(text, "known.json"))
    assert (split.new, split.gone) == ((), ())
    assert split.known == tuple(found)


def test_a_line_for_each_sorted() -> None:
    found = plain()
    text = baseline.to_text(found)
    assert text == baseline.to_text(reversed(found))
    rows = [line.strip().rstrip(",") for line in text.splitlines() if '"rule"' in line]
    assert len(rows) == len(found)
    assert rows == sorted(rows)
    assert json.loads(text)["schema"] == "tracecfg.baseline/1"
    assert baseline.parse(baseline.to_text([]), "f") == ()


def test_what_moves_in_its_file_stays_known() -> None:
    known = baseline.parse(baseline.to_text([finding("TC301", line=3)]), "f")
    assert baseline.split([finding("TC301", line=300)], known).new == ()
    other = finding("TC301", line=3, message="other_event is never called")
    assert baseline.split([other], known) == ((other,), (), known)


def test_one_more_of_the_same_is_new() -> None:
    twice = [finding("TC301", line=line) for line in (3, 9)]
    known = baseline.parse(baseline.to_text(twice), "f")
    third = finding("TC301", line=12)
    assert baseline.split([*twice, third], known).new == (third,)
    assert len(baseline.split(twice[:1], known).gone) == 1


ENTRY = '{"rule": "TC301", "file": "a.h", "message": "m"}'
HEAD = '{"schema": "tracecfg.baseline/1",\n"findings": ['


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "no JSON"),
        (f"{HEAD}\n{ENTRY},\n<<<<<<< HEAD\n{ENTRY}\n]}}", 4, "no JSON"),
        ("[]", 1, "it has no schema"),
        ('{"schema": "tracecfg.baseline/9"}', 1, "'tracecfg.baseline/9', not tracecfg.baseline/1"),
        ('{"schema": "tracecfg.baseline/1", "findings": {}}', 1, "findings is no list"),
        (f'{HEAD}\n{ENTRY},\n  {{"rule": "TC301"}}\n]}}', 4, "an entry has rule, file and message"),
        (f"{HEAD}{ENTRY},\n\n{ENTRY},\n3]}}", 5, "an entry has rule, file and message"),
        ('{"schema": "tracecfg.baseline/1", "\\u0066indings": [3]}', 1, "an entry has rule"),
        ("[" * 100_000, 1, "nested too deep"),
        ("1" * 10_000, 1, "no JSON"),
    ],
)
def test_a_broken_file_is_named_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        baseline.parse(text, "known.json")
    assert caught.value.message.startswith(f"known.json:{line}: ")
    assert says in caught.value.message
    # only what it may be replaced by
    assert ("--update-baseline" in caught.value.hint) == baseline.is_one(text)


def test_only_what_was_one_may_be_replaced() -> None:
    assert baseline.is_one(baseline.to_text(plain()))
    assert baseline.is_one("<<<<<<< HEAD\n" + baseline.to_text(plain()))
    assert baseline.is_one("")
    assert not baseline.is_one("VERSION = 6\n")
