"""C as text: blanking keeps offsets, directives and calls are taken apart as C has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracecfg.kernel import ctext

C_ALPHABET = [
    *"ab_1 \n\t\\\"'#(){}[],;/*",
    *("//", "/*", "*/", "#if", "#endif", "#else", "#define", "\\\n", "\r\n", "\x0c", "é"),
]
c_text = st.lists(st.sampled_from(C_ALPHABET), max_size=200).map("".join)


@given(c_text)
def test_blanking_keeps_every_offset_and_line(text: str) -> None:
    blanked = ctext.blank(text)
    assert len(blanked) == len(text)
    assert [i for i, char in enumerate(blanked) if char == "\n"] == [
        i for i, char in enumerate(text) if char == "\n"
    ]
    assert all(new in (old, " ") for new, old in zip(blanked, text, strict=True))


@given(c_text)
def test_code_is_what_directives_leave(text: str) -> None:
    blanked = ctext.blank(text)
    found = ctext.directives(blanked)
    code = ctext.without(blanked, found)
    assert len(code) == len(text)
    for directive in found:
        assert code[directive.start : directive.end].strip() == ""
    assert len(list(ctext.conditionals(found))) == len(found)


@given(c_text)
def test_directives_found_at_once_are_those_of_the_blanked_text(text: str) -> None:
    found = ctext.directives_at_once(text)
    assert found is None or found == ctext.directives(ctext.blank(text))


@pytest.mark.parametrize(
    "text",
    [
        "/* a\n * b */\n#include <x.h> /* why */\n#define A \\\n  B\n",
        '#include "x.h" // why\n#ifdef A\nint x; /* # */\n#endif /* A */\n',
        'char *s = "/*";\nint y; /* */\n#define B "/*" */\n#undef B\n',
    ],
)
def test_directives_of_plain_text_need_no_blanking(text: str) -> None:
    found = ctext.directives_at_once(text)
    assert found == ctext.directives(ctext.blank(text))
    assert found


@given(c_text)
def test_what_begins_a_line_of_code_is_code(text: str) -> None:
    code = ctext.without(blanked := ctext.blank(text), ctext.directives(blanked))
    for offset, char in enumerate(text):
        if char in "ab" and ctext.begin_lines(text, [offset]):
            assert code[offset] == char


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("a /* b */ c", "a         c"),
        ("a // b\nc", "a     \nc"),
        ("/* never closed", "               "),
        ('f("/* no comment */")', 'f("                ")'),
        ('f("a\\"b")', 'f("    ")'),
        ("'\"' /* x */", "' '        "),
        ("a / b * c", "a / b * c"),
        ('#include "x.h"', '#include "x.h"'),
        ("#include <a//b.h>", "#include <a      "),
    ],
)
def test_blank(text: str, blanked: str) -> None:
    assert ctext.blank(text) == blanked


def test_a_directive_goes_on_behind_a_backslash() -> None:
    text = "#define A(x) \\\n\tB(x) \\\r\n\tC\nD\n  #  ifdef E\n"
    define, ifdef = ctext.directives(text)
    assert (define.word, define.rest.split()) == ("define", ["A(x)", "B(x)", "C"])
    assert text[define.end :].startswith("\nD")
    assert (ifdef.word, ifdef.rest) == ("ifdef", "E")


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        ("(a, b)", ["a", "b"]),
        ("()", [""]),
        ("(f(a, b), {c, d}, e[1, 2])", ["f(a, b)", "{c, d}", "e[1, 2]"]),
        ("(a,\n b)", ["a", "b"]),
    ],
)
def test_arguments(call: str, parts: list[str]) -> None:
    assert ctext.arguments(f"{call} tail", 0) == (parts, len(call))


@pytest.mark.parametrize("call", ["(a, b", "(", "(a, (b)"])
def test_arguments_of_a_bracket_that_is_never_closed(call: str) -> None:
    assert ctext.arguments(call, 0) is None


def arms(text: str) -> tuple[ctext.Branch, ...]:
    """The arms around the line HERE."""
    found = ctext.directives(text.replace("HERE", "#pragma HERE"))
    return next(stack for directive, stack in ctext.conditionals(found)
                if directive.rest == "HERE")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "needs", "refuses"),
    [
        ("#ifdef CONFIG_A\nHERE\n#endif", ("A",), ()),
        ("#ifdef CONFIG_A_MODULE\nHERE\n#endif", ("A_MODULE",), ()),
        ("#ifndef CONFIG_A\nHERE\n#endif", (), ("A",)),
        ("#ifndef CONFIG_A\n#else\nHERE\n#endif", ("A",), ()),
        ("#ifdef CONFIG_A\n#else\nHERE\n#endif", (), ("A",)),
        ("#if IS_ENABLED(CONFIG_A) && defined(CONFIG_B)\nHERE\n#endif", ("A", "B"), ()),
        ("#if defined(CONFIG_A) || defined(CONFIG_B)\nHERE\n#endif", (), ()),
        ("#if !IS_ENABLED(CONFIG_A)\nHERE\n#endif", (), ("A",)),
        ("#ifdef OTHER\nHERE\n#endif", (), ()),
        ("#ifdef CONFIG_A\n#elif defined(CONFIG_B)\nHERE\n#endif", ("B",), ()),
        ("#ifdef CONFIG_A\n#endif\nHERE", (), ()),
        ("#ifdef CONFIG_A\n#ifdef CONFIG_B\nHERE\n#endif\n#endif", ("A", "B"), ()),
    ],
)
def test_conditionals(text: str, needs: tuple[str, ...], refuses: tuple[str, ...]) -> None:
    stack = arms(text)
    assert tuple(name for arm in stack for name in arm.needs) == needs
    assert tuple(name for arm in stack for name in arm.refuses) == refuses


def test_if_0_is_dead_and_its_else_is_not() -> None:
    assert [arm.dead for arm in arms("#if 0\nHERE\n#endif")] == [True]
    assert [arm.dead for arm in arms("#if 0\n#else\nHERE\n#endif")] == [False]
