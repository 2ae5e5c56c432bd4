"""The macro expander against a complete preprocessor (pcpp) on headers full of macros."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pcpp
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.headers import bare_tree, made, names, reasons, scanned
from tracecfg.kernel.tree import Tree

WORDS = ("read", "write", "done", "a1", "_x")
ROOTS = {"TRACE_EVENT": 0, "DEFINE_EVENT": 1}
"""Event macros, with the index of the name."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return bare_tree(tmp_path_factory.mktemp("tree") / "linux")


class Oracle(pcpp.Preprocessor):  # type: ignore[misc]
    """pcpp that leaves every #include alone."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.line_directive = None
        self.parse(text)
        out = io.StringIO()
        self.write(out)
        self.text = out.getvalue()

    def on_error(self, file: str, line: int, message: str) -> None:
        raise AssertionError(f"{line}: {message}")


def expected(text: str) -> set[str]:
    """The events' names as a C preprocessor sees them."""
    found = set()
    seen = Oracle(text).text
    for match in re.finditer(r"\b(TRACE_EVENT|DEFINE_EVENT)\s*\(", seen):
        found.add(_split(seen[match.end() :])[ROOTS[match[1]]])
    return {name for name in found if re.fullmatch(r"\w+", name)}


def _split(arguments: str) -> list[str]:
    """The arguments before the bracket that closes the call."""
    parts, depth = [""], 0
    for char in arguments:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            break
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.replace(" ", "") for part in parts]


@st.composite
def macro_headers(draw: st.DrawFn) -> str:
    """Macros that call each other down to an event macro, and calls of them."""
    lines = [f"#define ALIAS{i} {draw(st.sampled_from(WORDS))}" for i in range(2)]
    lines += ["#define GLUE(a, b) a##b", "#define GLUE2(a, b) GLUE(a, b)", "#define ID(x) x"]
    arities: dict[str, int] = {"TRACE_EVENT": 1, "DEFINE_EVENT": 2}
    for number in range(draw(st.integers(1, 4))):
        params = [f"p{i}" for i in range(draw(st.integers(1, 3)))]
        body = " ".join(f"{_call(draw, arities, params)};" for _ in range(draw(st.integers(1, 2))))
        name = f"M{number}"
        broken = body.replace("; ", "; \\\n\t") if draw(st.booleans()) else body
        lines.append(f"#define {name}({', '.join(params)}) {broken}")
        arities[name] = len(params)
        if draw(st.booleans()):
            lines.append(f"#define O{number} {name}")
    for _ in range(draw(st.integers(1, 3))):
        lines.append(f"{_call(draw, arities, [])};")
    return "\n".join(lines) + "\n"


def _call(draw: st.DrawFn, arities: dict[str, int], params: list[str]) -> str:
    name = draw(st.sampled_from(sorted(arities)))
    arguments = [_argument(draw, params) for _ in range(arities[name])]
    if name in ROOTS:
        arguments += ["TP_PROTO(int a)", "TP_ARGS(a)"]
    space = draw(st.sampled_from(["", " "]))
    return f"{name}{space}({draw(st.sampled_from([', ', ',', ' , '])).join(arguments)})"


def _argument(draw: st.DrawFn, params: list[str]) -> str:
    word = draw(st.sampled_from([*WORDS, "ALIAS0", "ALIAS1"]))
    if not params:
        return draw(st.sampled_from([word, f"ID({word})", f"GLUE2({word}, _z)"]))
    one, two = draw(st.sampled_from(params)), draw(st.sampled_from(params))
    return draw(
        st.sampled_from(
            [one, word, f"{one}##_{word}", f"x_##{one}", f"{one} ## _ ## {two}",
             f"GLUE({one}, _t)", f"GLUE2({one}, {two})", f"ID({one})"]
        )
    )  # fmt: skip


@settings(max_examples=100, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@example("#define M(a) TRACE_EVENT(x_##a, TP_PROTO(int a), TP_ARGS(a))\nM(read);\n")
@given(macro_headers())
def test_the_events_are_those_that_a_preprocessor_sees(tree: Tree, text: str) -> None:
    found = scanned(tree, text)
    assert set(names(found)) == expected(text), Oracle(text).text


FAMILIES = {
    "pasted": ("#define F(n) DEFINE_EVENT(c, f_##n, TP_PROTO(int a), TP_ARGS(a))\nF(a);F(b);",
               ["f_a", "f_b"]),
    "nested": ("#define F(n) DEFINE_EVENT(c, n, P, A)\n#define G(n) F(n##_in); F(n##_out)\nG(x);",
               ["x_in", "x_out"]),
    "nested outside in": ("#define G(n) F(n##_in)\n#define F(n) DEFINE_EVENT(c, n, P, A)\nG(x);",
                          ["x_in"]),
    "by another name": ("#define F DEFINE_EVENT\nF(c, x, P, A);", ["x"]),
    "variadic": ("#define F(n, ...) TRACE_EVENT(n, __VA_ARGS__)\nF(x, P, A, S, T, R);", ["x"]),
    "named variadic": ("#define F(n, rest...) TRACE_EVENT(n, rest)\nF(x, P, A, S, T, R);", ["x"]),
    "class by macro": ("#define F(t, n) DEFINE_EVENT(t##_c, n, P, A)\nF(k, x);", ["x"]),
    "redefined": ("#define F(n) DEFINE_EVENT(c, n##_1, P, A)\nF(x);\n#undef F\n"
                  "#define F(n) DEFINE_EVENT(c, n##_2, P, A)\nF(x);", ["x_1", "x_2"]),
    "two arms": ("#ifdef CONFIG_A\n#define F(n) DEFINE_EVENT(c, n##_y, P, A)\n#else\n"
                 "#define F(n) DEFINE_EVENT(c, n##_n, P, A)\n#endif\nF(x);", ["x_y", "x_n"]),
    "over lines": ("#define F(n) \\\n\tDEFINE_EVENT(c, \\\n\t\tn, P, A)\nF(\n\tx\n);", ["x"]),
    "calls itself": ("#define F(n) F(n) DEFINE_EVENT(c, n, P, A)\nF(x);", ["x"]),
    "undefined": ("#define F(n) DEFINE_EVENT(c, n, P, A)\n#undef F\nF(x);", []),
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_families(tree: Tree, family: str) -> None:
    text, wanted = FAMILIES[family]
    found = scanned(tree, text)
    assert names(found) == wanted
    assert reasons(found) == []


def test_the_class_is_expanded_as_the_name_is(tree: Tree) -> None:
    (event,) = made(scanned(tree, FAMILIES["class by macro"][0])).events
    assert (event.name, event.event_class) == ("x", "k_c")


def test_macros_that_grow_without_end_are_a_problem_not_a_hang(tree: Tree) -> None:
    lines = ["#define M0(n) DEFINE_EVENT(c, n, P, A)"]
    lines += [f"#define M{i}(n) M{i - 1}(n##a) M{i - 1}(n##b) M{i - 1}(n##c)" for i in range(1, 40)]
    found = scanned(tree, "\n".join([*lines, "M39(x);"]))
    assert "its macros expand without end" in reasons(found)


def test_a_chain_of_macros_deeper_than_the_stack_is_a_problem(tree: Tree) -> None:
    lines = ["#define M0(n) DEFINE_EVENT(c, n, P, A)"]
    lines += [f"#define M{i}(n) M{i - 1}(n)" for i in range(1, 3000)]
    found = scanned(tree, "\n".join([*lines, "M2999(x);"]))
    assert names(found) == ["x"] or reasons(found)


@pytest.mark.parametrize(
    "text", ["#define", "#define (", "#define F(", "#define F(a", "#define 1x y", "#define F()#\nF()",
             "#define F(a) ##a##\nF(TRACE_EVENT)(x)", "#define F(a) DEFINE_EVENT(a\nF(x"],
)  # fmt: skip
def test_macros_that_are_no_c(tree: Tree, text: str, tmp_path: Path) -> None:
    assert names(scanned(tree, text)) == []
