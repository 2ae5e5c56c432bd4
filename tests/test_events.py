"""Which events a trace header has: kinds, places, conditionals, comments, and text that is no C."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.headers import HEAD, PATH, bare_tree, event, made, names, reasons, scanned, scanned_raw
from tests.small import FIXTURES
from tracecfg.errors import TracecfgError
from tracecfg.kernel.forms import Forms
from tracecfg.kernel.macros import Expander
from tracecfg.kernel.tree import Tree
from tracecfg.model import EventKind

FIRST = HEAD.count("\n") + 1
"""The line at which a made header's own text begins."""

PROPERTY = settings(deadline=5000, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return bare_tree(tmp_path_factory.mktemp("tree") / "linux")


KINDS = {
    "TRACE_EVENT(x, P, A, S, F, R);": ("x", EventKind.EVENT, "x"),
    "TRACE_EVENT_CONDITION(x, P, A, C, S, F, R);": ("x", EventKind.EVENT, "x"),
    "TRACE_EVENT_FN(x, P, A, S, F, R, reg, unreg);": ("x", EventKind.EVENT, "x"),
    "DEFINE_EVENT(c, x, P, A);": ("x", EventKind.EVENT, "c"),
    "DEFINE_EVENT_PRINT(c, x, P, A, R);": ("x", EventKind.EVENT, "c"),
    "DEFINE_EVENT_CONDITION(c, x, P, A, C);": ("x", EventKind.EVENT, "c"),
    "DECLARE_TRACE(x, P, A);": ("x", EventKind.TRACEPOINT, None),
}


@pytest.mark.parametrize("call", KINDS)
def test_kinds(tree: Tree, call: str) -> None:
    (found,) = made(scanned(tree, f"\n\n{call}\n")).events
    assert (found.name, found.kind, found.event_class) == KINDS[call]
    assert (found.place.file, found.place.line) == (PATH, FIRST + 2)


def test_event_macros_are_those_of_the_tree(tree: Tree, tmp_path: Path) -> None:
    """A kernel's own kinds of events count, those of other kernels do not."""
    own = bare_tree(tmp_path / "linux")
    core = own.root / "include/linux/tracepoint.h"
    with core.open("a") as stream:
        stream.write("#define TRACE_EVENT_SYSCALL(name, proto, args) __T(name)\n")
        stream.write("#define DECLARE_TRACE_ODD(name, proto) __DECLARE_TRACE(name##_tp, proto)\n")
        stream.write("#define TRACE_EVENT_NOP(name)\n")
    text = "TRACE_EVENT_SYSCALL(x, P, A);\nDECLARE_TRACE_ODD(y, P);\nTRACE_EVENT_NOP(z);\n"
    found = [(each.name, each.kind) for each in made(scanned(own, text)).events]
    assert found == [("x", EventKind.SYSCALL), ("y_tp", EventKind.TRACEPOINT)]
    assert names(scanned(tree, text)) == []


def test_a_tree_without_event_macros_is_refused(tmp_path: Path) -> None:
    tree = bare_tree(tmp_path / "linux")
    (tree.root / "include/linux/tracepoint.h").write_text("/* nothing */\n")
    with pytest.raises(TracecfgError, match=r"defines no TRACE_EVENT: kernel 6\.12\.0-fixture"):
        scanned(tree, event("x"))


CONDITIONALS = {
    "#ifdef": ("#ifdef CONFIG_A\nE(a)\n#else\nE(b)\n#endif\nE(c)", ["a", "b", "c"]),
    "#if 0": ("#if 0\nE(a)\n#endif\nE(b)", ["b"]),
    "#if 0 #else": ("#if 0\nE(a)\n#else\nE(b)\n#endif", ["b"]),
    "#if (0)": ("#if (0)\nE(a)\n#endif\nE(b)", ["b"]),
    "within #if 0": ("#if 0\n#ifdef A\nE(a)\n#else\nE(b)\n#endif\nE(c)\n#endif\nE(d)", ["d"]),
    "#elif of #if 0": ("#if 0\nE(a)\n#elif B\nE(b)\n#endif\nE(c)", ["b", "c"]),
    "a macro in #if 0": ("#if 0\n#define F(n) E(n)\n#endif\nF(a)", []),
    "no #endif": ("#ifdef A\nE(a)\n", ["a"]),
    "an #endif too many": ("#endif\nE(a)\n#endif\nE(b)", ["a", "b"]),
}


@pytest.mark.parametrize("case", CONDITIONALS)
def test_conditionals(tree: Tree, case: str) -> None:
    text, wanted = CONDITIONALS[case]
    calls = text
    for name in "abcd":
        calls = calls.replace(f"E({name})", event(name).strip())
    calls = calls.replace("E(n)", "DEFINE_EVENT(k, n, P, A)")
    assert names(scanned(tree, calls)) == wanted


def test_a_conditional_within_an_event(tree: Tree) -> None:
    text = event("x").replace("__field(int, a)", "\n#ifdef CONFIG_A\n__field(int, b)\n#endif\n")
    assert names(scanned(tree, text + event("y"))) == ["x", "y"]


NOT_EVENTS = {
    "block comment": f"/*\n * {event('no')} */\n",
    "line comment": "// TRACE_EVENT(no, P, A, S, F, R);\n",
    "string": '#define TEXT "TRACE_EVENT(no, P, A, S, F, R)"\n',
    "quote in a comment": "/* it's here */\n/* TRACE_EVENT(no, P, A, S, F, R); isn't */\n",
    "macro that nobody calls": "#define NO(n) TRACE_EVENT(no, P, A, S, F, R)\n",
    "word without brackets": "#undef TRACE_EVENT\n",
    "longer word": "MY_TRACE_EVENT(no, P, A, S, F, R);\n",
}


@pytest.mark.parametrize("case", NOT_EVENTS)
def test_what_only_looks_like_an_event(tree: Tree, case: str) -> None:
    found = scanned(tree, NOT_EVENTS[case] + event("yes"))
    assert names(found) == ["yes"]
    assert reasons(found) == []


def test_a_bracket_that_is_never_closed_is_a_problem_with_its_line(tree: Tree) -> None:
    found = scanned(tree, event("x") + "TRACE_EVENT(y,\n\tTP_PROTO(int a\n")
    assert names(found) == ["x"]
    ((place, reason),) = found.problems
    assert place.line == FIRST + event("x").count("\n")
    assert reason == "TRACE_EVENT: its bracket is never closed"


def test_a_name_that_cannot_be_told_is_a_problem(tree: Tree) -> None:
    found = scanned(tree, "TRACE_EVENT(a + b, P, A, S, F, R);\nTRACE_EVENT();\n" + event("x"))
    assert names(found) == ["x"]
    assert len(found.problems) == 2


def test_carriage_returns_and_strange_bytes_change_nothing(tree: Tree) -> None:
    text = f"/* caf\udce9 \x0c */\n#define F(n) \\\n\tDEFINE_EVENT(c, n, P, A)\n{event('x')}F(y);\n"
    plain = (HEAD + text + "#include <trace/define_trace.h>\n").encode("utf-8", "surrogateescape")
    for data in (plain, plain.replace(b"\n", b"\r\n")):
        found = made(scanned_raw(tree, data))
        assert [each.name for each in found.events] == ["x", "y"]
        assert found.name == "made"


def test_events_of_an_included_snippet_belong_to_the_includer(tmp_path: Path) -> None:
    """A header without TRACE_SYSTEM and define_trace.h is a part of the one that includes it."""
    tree = bare_tree(tmp_path / "linux")
    part = "include/trace/events/part.h"
    found = scanned(tree, f'#include "part.h"\n{event("x")}', {part: event("y")})
    assert sorted(names(found)) == ["x", "y"]
    assert {each.name: each.place.file for each in made(found).events}["y"] == part


def test_headers_that_include_each_other_come_to_an_end(tmp_path: Path) -> None:
    tree = bare_tree(tmp_path / "linux")
    parts = {
        "include/trace/events/one.h": f'#include "two.h"\n{event("x")}',
        "include/trace/events/two.h": f'#include "one.h"\n{event("y")}',
    }
    assert set(names(scanned(tree, '#include "one.h"\n', parts))) == {"x", "y"}


PIECES = ["TRACE_EVENT", "DEFINE_EVENT", "DECLARE_TRACE", "(", ")", "(", ")", ",", ",", "{", "}",
          "#if 0\n", "#ifdef A\n", "#else\n", "#elif B\n", "#endif\n", "#define ", "#undef ", "F",
          "G", "F(a)", "F(a, b...) ", "##", "#", "a", "b", " ", "\n", "\\\n", "\r\n", "/*", "*/",
          "//", '"', "'", "\\", "\0", "\udcff", "é", "\x0c", "#include \"made.h\"\n",
          "#include <linux/tracepoint.h>\n", "TRACE_SYSTEM", "__VA_ARGS__", "<<<<<<< a\n"]  # fmt: skip


@PROPERTY
@example("#define F(a, b...) DEFINE_EVENT(b, a)\nF(F(F(")
@example("#define F F(F)\nF(TRACE_EVENT)")
@example("#define F(" + "a, " * 500)
@given(st.lists(st.sampled_from(PIECES), max_size=120).map("".join))
def test_any_text_gives_an_inventory(tree: Tree, text: str) -> None:
    for place, reason in scanned(tree, text).problems:
        assert place.file == PATH
        assert place.line >= 1
        assert reason


@PROPERTY
@given(st.binary(max_size=400))
def test_any_bytes_give_an_inventory(tree: Tree, data: bytes) -> None:
    scanned_raw(tree, HEAD.encode() + data + b"\n#include <trace/define_trace.h>\n")
    scanned_raw(tree, data + b"trace/define_trace.h")


REAL = [path for path in sorted((FIXTURES / "tree").rglob("*.h"))
        if "trace/define_trace.h" in path.read_text()]  # fmt: skip


@PROPERTY
@given(st.sampled_from(REAL), st.data())
def test_a_truncated_header_gives_an_inventory(tree: Tree, path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    begin = data.draw(st.integers(0, cut))
    for part in (whole[:cut], whole[begin:]):
        scanned_raw(tree, part + b"\n#include <trace/define_trace.h>\n")


def test_long_lists_of_open_brackets_come_to_an_end(tree: Tree) -> None:
    """Each needs a look at the rest of the text; together they must not need the square of it."""
    found = scanned(tree, "TRACE_EVENT(" * 20_000)
    assert names(found) == []
    assert "TRACE_EVENT: its bracket is never closed" in reasons(found)


LINES = (
    "TRACE_EVENT(a, P, A, S, F, R);",
    "DEFINE_EVENT(c, b, TP_PROTO(int x), A);",
    "xTRACE_EVENT(d, P, A, S, F, R);",
    "TRACE_EVENT_NEW(e);",
    "#define KEEP(x) x",
    "#define DROP(x)",
    "#define MAKE(n) DEFINE_EVENT(c, n, P, A)",
    "#undef MAKE",
    "KEEP(TRACE_EVENT(f, P, A, S, F, R));",
    "DROP(TRACE_EVENT(g, P, A, S, F, R));",
    "KEEP(DROP(DEFINE_EVENT(c, h, P, A)));",
    "MAKE(i)",
    "static inline int k(int x) { return (x); }",
    "DROP(1) KEEP(2)",
    "#define NAMED(a, b) DEFINE_EVENT(a##_class, b, P, A)",
    "#define PASTED(a) TRACE_EVENT(x_##a, TP_PROTO(a), A, S, F, R)",
    "#define CHOSEN(how, n) how##_IT(n)",
    "#define PASS_IT(n) NAMED(it, n)",
    "#define l m",
    "#define x_o x_p",
    "#define BOTH(...) __VA_ARGS__ MAKE(q)",
    "#undef NAMED",
    "NAMED(cl, j) NAMED(cl, l)",
    "PASTED(o) PASTED(n)",
    "CHOSEN(PASS, r) CHOSEN(NO, s)",
    "NAMED(NAMED(t, u), v)",
    "BOTH(TRACE_EVENT(w, P, A, S, F, R);)",
    "BOTH() MAKE() MAKE(,)",
    "MAKE(\N{FEMININE ORDINAL INDICATOR}0\N{FEMININE ORDINAL INDICATOR})",
)


@PROPERTY
@given(st.lists(st.sampled_from(LINES), max_size=10))
@example([*LINES, *LINES])
def test_the_short_ways_lead_to_the_same(tree: Tree, lines: list[str]) -> None:
    """Macros that make no event are passed over where no own macro makes any; those that do are
    expanded once for many calls."""
    text = "\n".join(lines)
    found = scanned(tree, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Expander, "has_eventful", lambda _: True)
        patch.setattr(Forms, "_form", lambda *_: None)
        assert scanned(tree, text) == found
