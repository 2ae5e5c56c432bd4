"""The fields of events, from TP_STRUCT__entry and the macros that headers wrap it in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.headers import HEAD, PATH, TAIL, bare_tree
from tracecfg.kernel.events import event_macros
from tracecfg.kernel.fieldmacros import field_macros, fields_of, spelled
from tracecfg.kernel.fields import FieldReader, Shape
from tracecfg.kernel.resolve import Includes
from tracecfg.kernel.shapes import macros_of_fields, shapes, words_that_matter
from tracecfg.kernel.source import Source
from tracecfg.kernel.tree import Tree

STAGE_4 = r"""
#define __field_ext(_type, _item, _filter_type) {			\
	.type = #_type, .name = #_item,					\
	.size = sizeof(_type), .align = ALIGN_STRUCTFIELD(_type),	\
	.is_signed = is_signed_type(_type), .filter_type = _filter_type },
#define __field(type, item)	__field_ext(type, item, FILTER_OTHER)
#define __array(_type, _item, _len) {					\
	.type = #_type"["__stringify(_len)"]", .name = #_item,		\
	.size = sizeof(_type[_len]), .len = _len },
#define __dynamic_array(_type, _item, _len) {				\
	.type = "__data_loc " #_type "[]", .name = #_item,		\
	.size = 4, .align = 4 },
#define __string(item, src) __dynamic_array(char, item, -1)
#define __bitmask(item, nr_bits) __dynamic_array(unsigned long, item, -1)
#define __cpumask(item) {						\
	.type = "__data_loc cpumask_t", .name = #item, .size = 4 },
#define DECLARE_EVENT_CLASS(call, proto, args, tstruct, func, print)	\
static struct trace_event_fields trace_event_fields_##call[] = {	\
	tstruct								\
	{} };
"""
"""As linux 6.12 has it."""

OLD_STAGES = r"""
#define __field(type, item)		type	item;
#define __dynamic_array(type, item, len) u32 __data_loc_##item;
#define __string(item, src) __dynamic_array(char, item, -1)
#include TRACE_INCLUDE(TRACE_INCLUDE_FILE)
#define __field(type, item)
#define __string(item, src) __dynamic_array(char, item, strlen(src) + 1)
#include TRACE_INCLUDE(TRACE_INCLUDE_FILE)
#define __field_ext(type, item, filter_type)				\
	ret = trace_define_field(event_call, #type, #item,		\
					offsetof(typeof(field), item),		\
					is_signed_type(type), filter_type);
#define __field(type, item)	__field_ext(type, item, FILTER_OTHER)
#define __array(type, item, len)					\
	do {								\
		char *type_str = #type"["__stringify(len)"]";		\
		ret = trace_define_field(event_call, type_str, #item,	\
					FILTER_OTHER);				\
	} while (0);
#define __dynamic_array(type, item, len)				\
	ret = trace_define_field(event_call, "__data_loc " #type "[]", #item,  \
					FILTER_OTHER);
#define __string(item, src) __dynamic_array(char, item, -1)
#include TRACE_INCLUDE(TRACE_INCLUDE_FILE)
"""
"""As linux 4.19 has them."""

STRUCT = r"""
#define __field(type, item)		type	item;
#define __array(type, item, len)	type	item[len];
#define __dynamic_array(type, item, len) u32 __data_loc_##item;
#define __rel_dynamic_array(type, item, len) u32 __rel_loc_##item;
#define __string(item, src) __dynamic_array(char, item, -1)
#define __cpumask(item) __dynamic_array(char, item, -1)
"""


@pytest.mark.parametrize("text", [STAGE_4, OLD_STAGES, STRUCT])
def test_macros_are_those_that_the_tree_has(text: str) -> None:
    macros = field_macros([text])
    assert fields_of(macros, "__field", ["unsigned  int", "n"]) == ("unsigned int", "n")
    assert fields_of(macros, "__array", ["u8", "mac", "ETH_ALEN"]) == ("u8[ETH_ALEN]", "mac")
    assert fields_of(macros, "__string", ["name", "src"]) == ("__data_loc char[]", "name")
    assert fields_of(macros, "__entry", ["a", "b"]) is None
    assert fields_of(macros, "__field", ["a"]) is None


def test_types_are_those_of_format() -> None:
    macros = field_macros([STAGE_4, STRUCT])
    assert fields_of(macros, "__bitmask", ["m", "n"]) == ("__data_loc unsigned long[]", "m")
    assert fields_of(macros, "__cpumask", ["m"]) == ("__data_loc cpumask_t", "m")
    assert field_macros(["#define nothing(a) a"]) == {}


def test_macros_in_circles_end() -> None:
    macros = field_macros([STAGE_4 + "#define __a(t) __b(t)\n#define __b(t) __a(t)\n"])
    assert fields_of(macros, "__a", ["x"]) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("const  char\t*", "const char*"),
        ("struct x * *", "struct x**"),
        ("char [ 16 ]", "char[16]"),
        ("unsigned\n\tlong", "unsigned long"),
    ],
)
def test_types_have_one_spelling(written: str, meant: str) -> None:
    assert spelled(written) == meant


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return bare_tree(tmp_path)


def shape(tree: Tree, text: str, others: dict[str, str] | None = None) -> Shape:
    (tree.root / "include/trace/trace_events.h").write_text(STAGE_4)
    files = {}
    for path, each in {PATH: HEAD + text + TAIL, **(others or {})}.items():
        (tree.root / path).parent.mkdir(parents=True, exist_ok=True)
        (tree.root / path).write_text(each)
        files[path] = Source(path, each)
    return shapes(tree, files, Includes(tree, files, ()), [PATH])[PATH]


def event(name: str, fields: str) -> str:
    return (
        f"TRACE_EVENT({name}, TP_PROTO(int a), TP_ARGS(a),\n\tTP_STRUCT__entry({fields}),\n"
        '\tTP_fast_assign(__entry->a = a;), TP_printk("%d, %s", __entry->a, "__field(int, no)"));\n'
    )


def told(found: Shape, name: str) -> list[str]:
    """Of an event's only variant: type and name, and the condition in brackets."""
    (only,) = (fields for each in found.events[name].classes for fields in found.classes[each])
    return [f"{x.type} {x.name}{f' [{x.needs}]' if x.needs else ''}" for x in only]


def test_plain_fields_in_their_order(tree: Tree) -> None:
    fields = "__field(u32, a) /* __field(int, no) */\n__string(s, x)\t__array( char , c , 4 )"
    found = shape(tree, event("one", fields))
    assert told(found, "one") == ["u32 a", "__data_loc char[] s", "char[4] c"]
    assert found.problems == ()


def test_an_event_has_its_class_s_fields(tree: Tree) -> None:
    text = event("one", "__field(int, a)").replace("TRACE_EVENT", "DECLARE_EVENT_CLASS")
    text += "DEFINE_EVENT(one, two, TP_PROTO(int a), TP_ARGS(a));\n"
    text += "DECLARE_TRACE(bare, TP_PROTO(int a), TP_ARGS(a));\n"
    found = shape(tree, text)
    assert list(found.events) == ["two"]
    assert told(found, "two") == ["int a"]


def test_conditions_within_the_struct(tree: Tree) -> None:
    fields = (
        "__field(int, a)\n#ifdef CONFIG_X\n__field(int, b)\n#ifndef Y\n__field(int, c)\n#endif\n"
        "#elif defined(Z) && Q\n__field(int, d)\n#else\n__field(int, e)\n#endif\n"
        "#if 1 /* why */\n__field(int, f)\n#endif\n__field(int, g)"
    )
    found = shape(tree, event("one", fields) + event("two", "__field(int, a)"))
    assert told(found, "one") == [
        "int a",
        "int b [CONFIG_X]",
        "int c [CONFIG_X && !Y]",
        "int d [!CONFIG_X && (defined(Z) && Q)]",
        "int e [!(!CONFIG_X && (defined(Z) && Q))]",
        "int f [1]",
        "int g",
    ]
    # lines are those of the file
    assert (
        (tree.root / PATH)
        .read_text()
        .splitlines()[found.events["two"].place.line - 1]
        .startswith("TRACE_EVENT(two")
    )


@pytest.mark.parametrize(
    "wrapped",
    [
        "#define MINE __field(int, a) __field(u8, b)\n" + event("one", "MINE"),
        "#define MINE(x) __field(int, x)\n" + event("one", "MINE(a) __field(u8, b)"),
        "#define ENTRY TP_STRUCT__entry(__field(int, a) __field(u8, b))\n"
        + event("one", "").replace("TP_STRUCT__entry()", "ENTRY"),
        "#define TP_STRUCT__entry_mine(args...) TP_STRUCT__entry(__field(int, a) args)\n"
        + event("one", "__field(u8, b)").replace("__entry(", "__entry_mine("),
        "#define EVENT(name, field) TRACE_EVENT(name, TP_PROTO(int a), TP_ARGS(a), "
        "TP_STRUCT__entry(__field(int, a) __field(u8, field)), TP_fast_assign(), TP_printk(x))\n"
        "EVENT(one, b);\n",
        "#define EVENT(name, type) TRACE_EVENT(name##e, TP_PROTO(int a), TP_ARGS(a), "
        "TP_STRUCT__entry(__field(int, a) __field(type, b)), TP_fast_assign(), TP_printk(x))\n"
        "EVENT(on, u8);\n",
    ],
)
def test_macros_of_the_header_s_own(tree: Tree, wrapped: str) -> None:
    assert told(shape(tree, wrapped), "one") == ["int a", "u8 b"]


@pytest.mark.parametrize(
    "others",
    [
        {"include/linux/made.h": "#define MINE __field(int, a)\n"},
        {
            "include/linux/made.h": "#include <linux/deep.h>\n#define MINE DEEP(a)\n",
            "include/linux/deep.h": "#define DEEP(x) __field(int, x)\n",
        },
        # it is this one that includes the trace header
        {"include/trace/events/all.h": '#define MINE __field(int, a)\n#include "made.h"\n'},
    ],
)
def test_macros_of_other_headers(tree: Tree, others: dict[str, str]) -> None:
    found = shape(tree, "#include <linux/made.h>\n" + event("one", "MINE"), others)
    assert told(found, "one") == ["int a"]
    assert found.problems == ()


def test_variants_that_ifdef_chooses_from(tree: Tree) -> None:
    text = f"#ifdef A\n{event('one', '__field(int, a)')}#else\n{event('one', '__field(u8, b)')}#endif\n"
    found = shape(tree, text)
    assert [[field.name for field in each] for each in found.classes["one"]] == [["a"], ["b"]]


@pytest.mark.parametrize("what", ["MINE", "MINE(int, a)", "__field(int)", "made_up(int, a)"])
def test_what_cannot_be_told_is_named(tree: Tree, what: str) -> None:
    found = shape(tree, event("one", f"__field(int, b) {what}"))
    assert found.unknown == {"one"}
    ((_, why),) = found.problems
    assert why == f"one: the fields of {what.partition('(')[0]} cannot be told"


def test_a_struct_that_is_not_there_is_named(tree: Tree) -> None:
    found = shape(tree, "TRACE_EVENT(one, TP_PROTO(int a), TP_ARGS(a));\n")
    assert [why for _, why in found.problems] == [
        "one: the fields of its TP_STRUCT__entry cannot be told"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "#define A(x) A(x) A(x)\n" + event("one", "A(1)"),
        "#define A B B\n#define B C C\n#define C D D\n#define D A A\n" + event("one", "A " * 2000),
        "TRACE_EVENT(one, TP_STRUCT__entry(" * 500,
        event("one", "#if\n" * 5000),
        event("one", "#endif\n" * 5000),
        event("one", "\n#endif\n#else\n" * 500),
        "TP_STRUCT__entry(" * 20_000,
    ],
)
def test_garbage_ends(tree: Tree, text: str) -> None:
    shape(tree, text)


def test_without_stages_all_is_unknown(tree: Tree) -> None:
    path = tree.root / PATH
    path.write_text(HEAD + event("one", "__field(int, a)") + TAIL)
    files = {PATH: Source(PATH, path.read_text())}
    assert macros_of_fields(tree) == {}
    found = shapes(tree, files, Includes(tree, files, ()), [PATH])[PATH]
    assert found.unknown == {"one"}


def test_what_a_change_elsewhere_has_to_do_with_fields() -> None:
    texts = [
        ("include/linux/a.h", "#define PLAIN 1\n#define LEADS __field(int, x) \\\n  PLAIN\n"),
        ("include/linux/b.h", "#define TOO LEADS\n#define ALSO TP_STRUCT__entry(TOO)\n"),
        ("d/part.h", "DEFINE_EVENT(a, b);\n"),
    ]
    assert words_that_matter(texts, {"__field"}) == {"LEADS", "TOO", "ALSO", "part.h"}


def test_the_reader_needs_no_tree() -> None:
    header = Source(PATH, HEAD + event("one", "__field(int, a)") + TAIL)
    tracepoint_h = "#define TRACE_EVENT(name, proto, args, struct, assign, print)\n"
    reader = FieldReader(
        event_macros(tracepoint_h), field_macros([STAGE_4]), lambda *_: None, lambda *_: None
    )
    assert told(reader.read(header), "one") == ["int a"]
