"""TC301, TC302, TC303: events that nothing calls, classes that no event uses."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

import pytest

from tests.headers import HEAD, PATH, TAIL, bare_tree, event
from tests.kernel.lab.cache import missing
from tests.small import committed
from tracecfg.check import run, waste
from tracecfg.check.facts import Hit
from tracecfg.kernel import callers
from tracecfg.kernel.search import Searcher, best_searcher, search
from tracecfg.kernel.tree import Tree, open_tree

Made = Callable[[str, Mapping[str, str]], list[Hit]]
CLASS = "DECLARE_EVENT_CLASS(c, TP_PROTO(int a), TP_ARGS(a), S, F, R);\n"
FIRST = HEAD.count("\n") + 1
C = "kernel/made.c"
H = "kernel/made.h"


def tree_of(root: Path, header: str, files: Mapping[str, str]) -> Tree:
    tree = bare_tree(root)
    for path, text in {PATH: HEAD + header + TAIL, **files}.items():
        (tree.root / path).parent.mkdir(parents=True, exist_ok=True)
        (tree.root / path).write_text(text)
    return open_tree(tree.root)


def hits(tree: Tree) -> list[Hit]:
    found = search(tree, best_searcher(tree))
    return list(waste.hits(run.read(tree, found, rules_file=None, prefix="TRACING_")))


@pytest.fixture
def found(tmp_path: Path) -> Made:
    """What is found in a tree with this text in its one trace header, and these files."""
    trees = (tmp_path / f"linux{number}" for number in count())
    return lambda header, files: hits(tree_of(next(trees), header, files))


CALLS = {
    "a call": "void f(void) { trace_x(1); }",
    "behind a condition": "\tif (a)\n\t\ttrace_x(1);\n\telse trace_x(2);",
    "on the line below a comment": "/* trace_x() is\n * called */\n\ttrace_x(1);",
    "behind a comment": "\tint t; /* void */ trace_x(1);",
    "below a line comment that ends with a point": "{ // it's so.\n\ttrace_x(1); }",
    "below a directive": "#ifdef __KERNEL__\n\ttrace_x(1);\n#endif",
    "when idle": "\ttrace_x_rcuidle(1);",
    "without a key": "\ttrace_call__x(1);",
    "the inner function": "\t__do_trace_x(1);",
    "its address": "static void (*f)(int) = trace_x;",
    "its address in a structure": "struct s s = { .trace_y = trace_x };",
    "an argument": "\trun(trace_x, 1);",
    "a macro's body": "#define T(a) \\\n\ttrace_x(a)",
    "a macro without arguments": "#define T trace_x",
    "under a configuration": "#ifdef CONFIG_NOT_OFTEN\n\ttrace_x(1);\n#endif",
    "the other arm of dead code": "#if 0\n#else\n\ttrace_x(1);\n#endif",
    "another arm of dead code": "#if 0\n#elifdef CONFIG_NOT_OFTEN\n\ttrace_x(1);\n#endif",
    "behind a string with a comment's beginning": 's = "/*";\n\ttrace_x(1);',
    "the event's structure": "\tcall = &event_x;",
    "pasted": "#define T(n) trace_##n(1)\n\tT(x);",
    "pasted with blanks": "#define T(n) \\\n\ttrace_ ## n(1)\n\tT(x);",
    "pasted in two steps": "#define U(n) trace_##n\n#define T(n, a) U(n)(a)\n\tT(x, 1);",
    "pasted from a piece": "#define U(n) trace_##n(1)\n#define T() U(x)\n\tT();",
    "pasted by another name": "#define D x\n#define T(n) trace_##n(1)\n\tT(D);",
    "pasted by another name in steps": "#define E x\n#define D E\n#define _T(n,...) "
    "trace_##n(__VA_ARGS__)\n#define T(n,...) _T(n, __VA_ARGS__)\n\tT(D, 1);",
    "pasted by a macro of the kernel": "#define N x\n\tCONCATENATE(trace_, N)(1);",
}
NO_CALLS = {
    "nothing": "",
    "a comment": "/* trace_x(1); */ // trace_x(2);\n/*\n\ttrace_x(3);\n*/",
    "a string": 's = "trace_x(1)"; t = "\\"trace_x(1)";',
    "dead code": "#if 0\n\ttrace_x(1);\n#endif",
    "dead code in brackets": "#if (0)\n\ttrace_x(1);\n#endif",
    "dead code in dead code": "#if 0\n#if X\n#endif\n\ttrace_x(1);\n#endif",
    "is it on": "\tif (trace_x_enabled()) a++;",
    "a declaration": "void trace_x(int a);\nextern int trace_x(int a);",
    "a stub": "static inline void\ntrace_x(int a)\n{\n}",
    "a stub macro": "#define trace_x(a) do { } while (0)",
    "a member": "\tops->trace_x(1); s.trace_x(2);",
    "a structure": "struct trace_x *a;",
    "a longer name": "\ttrace_x_y(1); my_trace_x(1); trace_xx(1);",
    "a probe": "\tregister_trace_x(probe, NULL); unregister_trace_x(probe, NULL);",
    "a condition": "#ifdef trace_x\n#undef trace_x\n#endif",
    "an include": '#include "trace_x.h"',
    "a pasted stub": "#define S(n) static inline void trace_##n(int a) { }\nS(x)",
    "a macro that pastes another name": "#define T(n) trace_##n(1)\n\tT(y);",
    "a pasted comment": "#define T(n) trace_##n(1)\n\t/* T(x); */",
    "another name that is not pasted": "#define D x\n#define T(n) trace_##n(1)\n\tT(y);",
    "a longer pasted name": "#define T(n) trace_y_##n(1)\n\tT(x);",
}


@pytest.fixture(scope="session")
def kernel_functions() -> str:
    """What newer and older kernels have besides trace_x()."""
    names = ("trace_##name##_rcuidle", "__do_trace_##name", "trace_call__##name")
    return "".join(f"\tstatic inline void {name}(proto)\t\\\n\t{{ }}\t\\\n" for name in names)


@pytest.mark.parametrize("code", CALLS.values(), ids=CALLS)
def test_what_calls_an_event(tmp_path: Path, kernel_functions: str, code: str) -> None:
    tree = tree_of(tmp_path / "linux", event("x"), {C: code + "\n"})
    tracepoint_h = tree.root / "include/linux/tracepoint.h"
    tracepoint_h.write_text(
        tracepoint_h.read_text() + f"\n#define __MORE(name, proto)\t\\\n{kernel_functions}\n"
    )
    assert hits(tree) == []


@pytest.mark.parametrize("code", NO_CALLS.values(), ids=NO_CALLS)
def test_what_calls_no_event(found: Made, code: str) -> None:
    (hit,) = found(event("x"), {C: code + "\n"})
    assert hit.rule == "TC301"
    assert hit.place == (PATH, FIRST)
    assert hit.message.startswith("event made:x")
    assert "is never called" in hit.message


def test_each_event_of_a_subsystem_has_a_finding_of_its_own(found: Made) -> None:
    header = CLASS + "".join(
        f"DEFINE_EVENT(c, x{n}, TP_PROTO(int a), TP_ARGS(a));\n" for n in "123"
    )
    assert [(hit.rule, hit.place.line) for hit in found(header, {})] == [
        ("TC301", FIRST + line) for line in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    "path",
    ["arch/odd/kernel/x.c", "samples/x/x.c", "drivers/staging/x.h", "arch/odd/entry.S", "lib/x.c"]
    + [f"lib/x.{suffix}" for suffix in ("inc", "inl", "def", "tbl", "cc", "c.h", "c.inc", "hx")],
)
def test_a_call_counts_wherever_it_is(found: Made, path: str) -> None:
    assert found(event("x"), {path: "\ttrace_x(1);\n"}) == []


@pytest.mark.parametrize("path", ["tools/x.c", "Documentation/x.c", "scripts/x.c", "lib/x.txt"])
def test_what_is_no_kernel_code_calls_nothing(found: Made, path: str) -> None:
    assert [hit.rule for hit in found(event("x"), {path: "\ttrace_x(1);\n"})] == ["TC301"]


@pytest.mark.parametrize(
    "files",
    [
        {H: "#define T(n) trace_##n(1)\n", C: '#include "made.h"\n\tT(x);\n'},
        {"include/linux/t.h": "#define T(n) trace_##n(1)\n", "drivers/a/b/c.c": "\tT(x);\n"},
        {H: "#define T(n) trace_##n(1)\n", "kernel/u.h": "#define U T\n", C: "\tU(x);\n"},
        {
            "include/m/m.h": "\tCONCATENATE(trace_, NAME)(1);\n",
            "include/m/n.h": "#include <m/m.h>\n",
            "kernel/a/x.c": "#define NAME x\n#include <m/n.h>\n",
        },
        {"drivers/a/b/t.h": "#define T(n) trace_##n(1)\n", "drivers/a/c/d/e.c": "\tT(x);\n"},
        {
            "kernel/n.h": "#define D x\n",
            H: "#define U(n) trace_##n(1)\n#define T(n) U(n)\n",
            C: '#include "n.h"\n#include "made.h"\n\tT(D);\n',
        },
        {
            "include/m/m.h": "#define T(n) trace_y_##n(1)\n",
            "drivers/a/t.h": "#define T(n) trace_##n(1)\n",
            "drivers/a/c.c": "\tT(x);\n",
        },
        {"fs/a/t.h": "#define T(n) trace_##n(1)\n", "fs/b/e.c": "#define L(O) O(x)\nL(T)\n"},
    ],
)
def test_a_name_is_pasted_by_another_file(found: Made, files: Mapping[str, str]) -> None:
    assert found(event("x"), files) == []


def test_a_name_is_pasted_from_pieces(found: Made) -> None:
    text = "#define A(n) trace_##n##_done(1)\n#define B(s) A(my_##s)\n"
    header = event("my_x_done") + event("my_y_done")
    (hit,) = found(header, {H: text, C: "\tB(x);\n"})
    assert hit.message == "event made:my_y_done is never called"


@pytest.mark.parametrize("pieces", range(1, 9))
def test_a_name_is_pasted_from_many_pieces(found: Made, pieces: int) -> None:
    given = ("on", "o", "o_o", "x", "n_o", "o", "y", "z")[:pieces]
    params = [f"p{number}" for number in range(pieces)]
    paste = f"#define T({', '.join(params)}) trace_{'_'.join(f'##{each}##' for each in params)}(1)"
    code = f"{paste.replace('##(', '(')}\n\tT({', '.join(given)});\n"
    assert found(event("_".join(given)), {C: code}) == []
    (hit,) = found(event("_".join(given)), {C: code.replace("\tT", "\tS")})
    assert hit.rule == "TC301"


def test_events_that_a_wrapper_makes(found: Made) -> None:
    wrapper = "#define DEFINE_MY_EVENT(n) DEFINE_EVENT(c, my_##n, TP_PROTO(int a), TP_ARGS(a))\n"
    header = CLASS + wrapper + "DEFINE_MY_EVENT(one);\nDEFINE_MY_EVENT(two);\n"
    (hit,) = found(header, {C: "\ttrace_my_one(1);\n"})
    assert hit.message == "event made:my_two is never called"


def test_a_bare_tracepoint_has_the_kernels_suffix(tmp_path: Path) -> None:
    header = "DECLARE_TRACE(x, TP_PROTO(int a), TP_ARGS(a));\n" * 1
    tree = tree_of(tmp_path / "linux", header, {C: "\ttrace_x(1);\n"})
    assert hits(tree) == []
    path = tree.root / "include/linux/tracepoint.h"
    changed = path.read_text().replace(
        "__DECLARE_TRACE(name, PARAMS", "__DECLARE_TRACE(name##_tp, PARAMS"
    )
    path.write_text(changed)
    (hit,) = hits(tree)
    assert hit.message == "tracepoint made:x_tp is never called"
    (tree.root / C).write_text("\ttrace_x_tp(1);\n")
    assert hits(tree) == []


def test_an_exported_event_is_a_note_of_its_own(found: Made) -> None:
    (hit,) = found(
        event("x"), {C: "#include <trace/events/made.h>\nEXPORT_TRACEPOINT_SYMBOL_GPL(x);\n"}
    )
    assert hit.rule == "TC303"
    assert hit.message == f"event made:x is exported ({C}:2), and nothing calls it"


def test_who_waits_for_an_event_and_who_asks_is_told(found: Made) -> None:
    files = {C: "\tregister_trace_x(probe, NULL);\n\tif (trace_y_enabled()) f();\n"}
    waits, asks = found(event("x") + event("y"), files)
    assert waits.message == f"event made:x, for which {C}:1 waits, is never called"
    assert asks.message == "event made:y is never called; only trace_y_enabled() asks for it"


def test_an_event_that_others_have_for_their_class(found: Made) -> None:
    text = event("x") + "DEFINE_EVENT(x, y, TP_PROTO(int a), TP_ARGS(a));\n"
    (hit,) = found(text, {C: "\ttrace_y(1);\n"})
    assert hit.message == "event made:x is never called"
    assert "DECLARE_EVENT_CLASS" in hit.hint


def test_rust_calls_what_it_declares(found: Made) -> None:
    rust = "declare_trace! {\n    /// It's x.\n    unsafe fn x(a: c_int);\n}\n"
    assert found(event("x"), {"drivers/a/x.rs": rust}) == []


def test_a_class_without_an_event(found: Made) -> None:
    (hit,) = found(CLASS, {})
    assert (hit.rule, hit.place) == ("TC302", (PATH, FIRST))


@pytest.mark.parametrize(
    "user",
    [
        "DEFINE_EVENT(c, x, TP_PROTO(int a), TP_ARGS(a));\n",
        "DEFINE_EVENT_PRINT(c, x, TP_PROTO(int a), TP_ARGS(a), R);\n",
        "DEFINE_EVENT_CONDITION(c, x, TP_PROTO(int a), TP_ARGS(a), TP_CONDITION(a));\n",
        "#define E(n) DEFINE_EVENT(c, n, TP_PROTO(int a), TP_ARGS(a))\nE(x);\n",
        "#define E(n) DEFINE_EVENT(c, n, TP_PROTO(int a), TP_ARGS(a))\n",
        '#include "snippet.h"\n',
    ],
)
def test_what_uses_a_class(found: Made, user: str) -> None:
    snippet = "DEFINE_EVENT(c, x, TP_PROTO(int a), TP_ARGS(a));\n"
    files = {C: "\ttrace_x(1);\n", "include/trace/events/snippet.h": snippet}
    assert found(CLASS + user, files) == []


@pytest.mark.parametrize(
    "text", ["/* DEFINE_EVENT(c, x) */\n", "#if 0\nDEFINE_EVENT(c, x, P, A);\n#endif\n"]
)
def test_dead_events_use_no_class(found: Made, text: str) -> None:
    assert [hit.rule for hit in found(CLASS + text, {})] == ["TC302"]


def test_a_class_of_another_headers_name_is_not_used_by_its_events(tmp_path: Path) -> None:
    used = CLASS + "DEFINE_EVENT(c, x, TP_PROTO(int a), TP_ARGS(a));\n"
    other = (HEAD + CLASS + TAIL).replace("TRACE_SYSTEM made", "TRACE_SYSTEM other")
    files = {C: "\ttrace_x(1);\n", "include/trace/events/other.h": other}
    (hit,) = hits(tree_of(tmp_path / "linux", used, files))
    assert (hit.rule, hit.place.file) == ("TC302", "include/trace/events/other.h")


@pytest.mark.parametrize("searcher", Searcher)
def test_every_searcher_finds_the_same_calls(tmp_path: Path, searcher: Searcher) -> None:
    if searcher is not Searcher.OWN and shutil.which(searcher.value) is None:
        missing(f"{searcher.value}: it is not installed")
    files = {
        "include/m/m.h": "#define T(n) trace_##n(1)\n",
        C: "\ttrace_x(1); T(y); /* trace_z(1); */\n",
        "drivers/a b/\xe9.c": "\ttrace_odd(1);\n",
        "drivers/a/t.h": "#define U(n) trace_u_##n(1)\n",
        "drivers/b/t.h": "#define W(n) trace_tab\t##_##n(1)\n",
        "drivers/b/c.c": "\tW(v);\n",
        "drivers/a/b.rs": "declare_trace! { unsafe fn r(a: c_int); }\n",
        "tools/t.c": "\ttrace_tool(1);\n",
        ".hidden/h.c": "\ttrace_hidden(1);\n",
    }
    tree = tree_of(tmp_path / "linux", "", files)
    committed(tree.root)
    (tree.root / "drivers/a/new.c").write_text("\tU(v);\n")
    called = callers.called(tree, searcher)
    events = ("x", "y", "z", "odd", "u_v", "u_w", "tab_v", "r", "tool", "hidden")
    assert [name for name in events if called.calls(name)] == [
        "x",
        "y",
        "odd",
        "u_v",
        "tab_v",
        "r",
        "hidden",
    ]


HOSTILE = {
    "endless": "#define A(n) B(n)\n#define B(n) A(trace_##n)\n\tA(y);\n",
    "many gaps": f"#define A({','.join('abcdefgh')}) trace_##{'##'.join('abcdefgh')}\n",
    "long name": f"\ttrace_{'a' * 300_000}(1);\n",
    "many names": "\ttrace_y(1);\n" * 50_000,
    "many names of their own": "".join(f"\ttrace_y{n}(1);\n" for n in range(50_000)),
    "many names in a comment": "/*" + "\ttrace_x(1);\n" * 50_000,
    "many pieces of dead code": "#if 0\n\ttrace_x(1);\n#endif\n" * 5_000,
    "many macros": "".join(
        f"#define A{n} A{n + 1}\n#define B{n}(n) trace_##n\n" for n in range(5_000)
    ),
    "many beginnings": "".join(f"\tP(trace_y{n}_, N)(1);\n" for n in range(5_000)),
    "blanks": f"#define A(n) trace_{' ' * 300_000}## n\n",
    "an open call": "#define A(n) trace_##n\n" + "\tA(" * 20_000,
    "an open comment": "/*" * 100_000 + "\ttrace_y(1);\n",
    "bytes": "\0\xff\tTRACE_SYSTEM trace_\0##\xff",
    "a macro of no name": "#define trace_##\n#define trace_\n#define\n",
}


@pytest.mark.parametrize("length", [90, 180])
def test_long_names_that_many_gaps_may_make(found: Made, length: int) -> None:
    header = "".join(event(f"{'a' * length}{number}") for number in range(200))
    paste = "#define T(a, b, c, d) trace_##a##b##c##d##_z(1)\n\tT(a, aa, aaa, aaaa);\n"
    assert len(found(header, {C: paste})) == 200


def test_many_classes_without_an_event(found: Made) -> None:
    header = "".join(f"DECLARE_EVENT_CLASS(c{n}, P, A, S, F, R);\n" for n in range(5_000))
    assert len(found(header, {})) == 5_000


def test_many_classes_that_are_never_closed(found: Made) -> None:
    header = "".join(f"DECLARE_EVENT_CLASS(c{n}, (\n" for n in range(10_000))
    assert len(found(header, {})) == 10_000


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_garbage_makes_no_other_finding(tmp_path: Path, text: str) -> None:
    tree = tree_of(tmp_path / "linux", event("x"), {C: text, "kernel/u.h": text})
    assert [hit.message for hit in hits(tree)] == ["event made:x is never called"]


def test_a_link_out_of_the_tree_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.c").write_text("\ttrace_x(1);\n")
    tree = tree_of(tmp_path / "linux", event("x"), {C: ""})
    (tree.root / "kernel/link.c").symlink_to(tmp_path / "outside.c")
    assert [hit.rule for hit in hits(tree)] == ["TC301"]
