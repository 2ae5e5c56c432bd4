from __future__ import annotations

import pytest

from tracecfg.check.fingerprint import fingerprint, numbered
from tracecfg.model import Finding, Severity


def finding(message: str, *, rule: str = "TC110", file: str = "a.h", line: int = 1) -> Finding:
    return Finding(rule, Severity.ERROR, file, line, message, "")


@pytest.mark.parametrize(
    ("message", "moved"),
    [
        ("also at b.h:12", "also at b.h:340"),
        ("also at b.h:12:3, there", "also at b.h:9:14, there"),
        ("see line 12", "see line 7"),
        ("of lines 12", "of lines 13"),
    ],
)
def test_lines_are_no_part_of_it(message: str, moved: str) -> None:
    assert fingerprint(finding(message)) == fingerprint(finding(moved, line=99))


@pytest.mark.parametrize(
    "other",
    [
        finding("char name[17]"),
        finding("char name[16]", file="b.h"),
        finding("char name[16]", rule="TC111"),
    ],
)
def test_all_else_is(other: Finding) -> None:
    assert fingerprint(finding("char name[16]")) != fingerprint(other)


def test_it_is_the_same_for_ever() -> None:
    # baselines that people have committed rely on it
    assert fingerprint(finding("x at b.h:12")) == "0ce0c7a690088c2a3f17a7488e8e745e"


def test_any_path_has_one() -> None:
    assert fingerprint(finding("x", file="a\udcff.h")) != fingerprint(finding("x", file="a.h"))


def test_equal_ones_are_counted() -> None:
    same, other = finding("x"), finding("y")
    marks = [mark for _, mark in numbered([same, other, same._replace(line=5)])]
    assert [mark.partition(":")[2] for mark in marks] == ["1", "1", "2"]
    assert len(set(marks)) == 3
