"""`tracecfg: off` in comments."""

from __future__ import annotations

import pytest

from tests.check.sample import finding
from tracecfg.check.rule import rules
from tracecfg.check.suppress import Marks, apply, read

PATH = "drivers/a.h"


def marks(text: str, path: str = PATH) -> Marks:
    return read([(path, text)])


def silenced(text: str, path: str = PATH) -> dict[str, list[int]]:
    """The lines of which each rule's findings are turned off."""
    offs = marks(text, path).offs
    every = [finding(rule, path, line) for rule in rules() for line in range(1, 20)]
    found: dict[str, list[int]] = {}
    for each in apply(every, offs, ()).off:
        found.setdefault(each.rule, []).append(each.line or 0)
    return found


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("\nEVENT(a); /* tracecfg: off TC301 */\n", {"TC301": [2]}),
        ("\n/* tracecfg: off TC301 */\nEVENT(a);\n", {"TC301": [2, 3]}),
        ("\n\t// tracecfg: off TC301 kept for tools\nEVENT(a);\n", {"TC301": [2, 3]}),
        ("/*\n * kept: tracecfg: off TC301\n */\nEVENT(a);\n", {"TC301": [1, 3, 4]}),
        ("// tracecfg: off TC301, tc302 reason TC201\n", {"TC301": [1, 2], "TC302": [1, 2]}),
        ("// tracecfg: off event-never-called, TC302\n", {"TC301": [1, 2], "TC302": [1, 2]}),
        ("// tracecfg:  off\tTC301\n", {"TC301": [1, 2]}),
        ("\n/* tracecfg: off-file TC301 */\n", {"TC301": list(range(1, 20))}),
        ('char *a = "tracecfg: off TC301";\n', {}),
        ('char *a = "/* tracecfg: off TC301 */";\n', {}),
        ("// nottracecfg: off TC301\n// tracecfg: offer TC301\n", {}),
        ("tracecfg: off TC301\n", {}),
        ("#define A \\\n\t/* tracecfg: off TC301 */ \\\n\tEVENT(a)\n", {"TC301": [2, 3]}),
        ("/* tracecfg: off TC301", {"TC301": [1, 2]}),
    ],
)
def test_a_comment_speaks_of_its_line_and_alone_of_the_next(
    text: str, lines: dict[str, list[int]]
) -> None:
    assert silenced(text) == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# tracecfg: off TC501\nCONFIG_A=y\n", {"TC501": [1, 2]}),
        ("CONFIG_A=y # tracecfg: off TC501\nCONFIG_B=y\n", {"TC501": [1]}),
        ("// tracecfg: off TC501\n", {}),
        ("# tracecfg: off-file TC501\n", {"TC501": list(range(1, 20))}),
    ],
)
def test_other_files_have_comments_that_begin_with_a_hash(
    text: str, lines: dict[str, list[int]]
) -> None:
    assert silenced(text, "kernel/trace/Kconfig") == lines


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("TC999", "turns off TC999, which is no rule"),
        ("TC301 TC999 TC302", "turns off TC999, which is no rule"),
        ("event-never-caled", "turns off event-never-caled, which is no rule"),
        ("", "turns off no rule"),
        ("\x1b[2J", r"turns off \x1b[2J, which is no rule"),
    ],
)
def test_a_comment_that_names_no_rule_is_told(said: str, wrong: str) -> None:
    (hit,) = marks(f"\n/* tracecfg: off {said} */\n").wrong
    assert (hit.rule, str(hit.place), hit.message) == ("TC902", f"{PATH}:2", wrong)


def test_the_others_beside_it_count() -> None:
    assert [each.rule for each in marks("// tracecfg: off TC301 TC999 TC302").offs] == [
        "TC301",
        "TC302",
    ]


def test_other_files_and_rules_are_left_alone() -> None:
    offs = marks("// tracecfg: off-file TC301\n").offs
    there, other = finding("TC301", "b.h", 1), finding("TC302", PATH, 1)
    whole = finding("TC301", PATH, None)
    done = apply([there, other, whole], offs, ())
    assert done.findings == (there, other)
    assert done.off == (whole,)


def test_a_comment_that_turns_off_nothing_is_told() -> None:
    offs = marks("\n// tracecfg: off TC301\n// tracecfg: off TC302\n").offs
    done = apply([finding("TC301", PATH, 3)], offs, {"TC301", "TC302"})
    assert [(hit.rule, hit.place.line) for hit in done.idle] == [("TC903", 3)]
    # a rule that was not asked may have found something
    assert apply([], offs, {"TC201"}).idle == ()


@pytest.mark.parametrize(
    "text",
    [
        "/*" + " tracecfg: off TC301\n" * 20_000 + "*/",
        "/* tracecfg: off TC301 */" * 20_000,
        "/* tracecfg: off " + "TC999 " * 300_000 + "*/",
        "// tracecfg: off " + "x" * 2_000_000,
        "/* tracecfg: off " * 100_000,
    ],
    ids=["long comment", "long line", "many words", "long word", "never closed"],
)
def test_garbage_takes_no_longer_than_it_is_long(text: str) -> None:
    found = marks(text)
    every = [finding("TC301", PATH, line) for line in range(1, 1000)]
    apply(every, found.offs, {"TC301"})
