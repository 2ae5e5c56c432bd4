"""cost: what is whose, in an image and in a module."""

from __future__ import annotations

import gzip
import json
import lzma
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cost.small import image, module, stripped
from tests.small import Ran, needed
from tracecfg.cost import names as names_of_macros
from tracecfg.cost.attribute import attribute
from tracecfg.cost.html import render
from tracecfg.cost.parts import Found, Kind, Part
from tracecfg.cost.selection import Answer, select
from tracecfg.cost.summary import total
from tracecfg.cost.treemap import Box, squarified
from tracecfg.kernel.elf import parse
from tracecfg.kernel.image import read_image, read_module
from tracecfg.kernel.symbols import STT_OBJECT, Image, Symbol

SIZES = {"tracepoint": 72, "class": 72, "call": 120, "eval map": 24, "flags": 32, "pointer": 8}


def whole(ran: Ran) -> dict[str, Any]:
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, Any] = json.loads(ran.out)
    return found


def names(found: Found, **of: object) -> set[str]:
    return {
        part.name
        for part in found.parts
        if all(getattr(part, field) == value for field, value in of.items())
    }


def test_symbols_go_to_their_event_and_the_rest_to_the_subsystem(tmp_path: Path) -> None:
    found = attribute(read_image(image(tmp_path)), {})
    assert names(found, event="radio_on") == {
        *("__tracepoint_radio_on", "__traceiter_radio_on", "__tpstrtab_radio_on", "event_radio_on")
    }
    assert names(found, system="radio", event=None) == {
        *("str__radio__trace_system_name", "event_class_radio_state", "perf_trace_radio_state")
    }
    assert names(found, event="lamp_blink") >= {
        *("event_class_lamp_blink", "perf_trace_lamp_blink", "trace_raw_output_lamp_blink"),
        "__tracepoint_ext_lamp_blink",
    }
    assert names(found, system="radio-lamp", event=None) == {
        *("str__radio_lamp__trace_system_name", "__TRACE_SYSTEM_RED", "TRACE_SYSTEM_RED")
    }


def test_names_that_only_look_like_it_are_left_alone(tmp_path: Path) -> None:
    found = attribute(read_image(image(tmp_path)), {})
    assert not names(found) & {"event_mutex", "perf_trace_init", "symbols", "work"}


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("symbols.12", "symbols"),
        ("trace_gpio_value.part.0", "trace_gpio_value"),
        ("__pfx___traceiter_gpio_value", "__traceiter_gpio_value"),
        ("__cfi_perf_trace_gpio_value", "perf_trace_gpio_value"),
    ],
)
def test_what_compiler_and_objtool_add_to_names(name: str, stem: str) -> None:
    assert names_of_macros.stem(name) == stem


def test_the_table_of_a_print_format_is_found_by_its_function(tmp_path: Path) -> None:
    found = attribute(read_image(image(tmp_path)), {})
    (table,) = (part for part in found.parts if part.name.startswith("symbols."))
    assert (table.event, table.size) == ("lamp_blink", SIZES["flags"])


def test_a_bare_tracepoint_in_a_file_of_two_systems_needs_to_be_known(tmp_path: Path) -> None:
    read = read_image(image(tmp_path))
    bare = {"__tracepoint_radio_bare", "__traceiter_radio_bare", "__tpstrtab_radio_bare"}
    assert names(attribute(read, {}), system=None) == bare
    assert names(attribute(read, {"radio_bare": "elsewhere"}), system=None) == bare
    assert names(attribute(read, {"radio_bare": "radio"}), system=None) == set()
    unknown = total([attribute(read, {})])
    assert unknown.unattributed == sum(
        part.size for part in attribute(read, {}).parts if part.name in bare
    )
    assert "radio_bare" not in {event.name for each in unknown.subsystems for event in each.events}


@pytest.mark.parametrize("options", [(), ("-DCALLS",), ("-DCALLS", "-DJUMPS")])
def test_a_module_costs_what_it_costs_in_the_image(tmp_path: Path, options: tuple[str]) -> None:
    linked = total([attribute(read_image(image(tmp_path, *options)), {})])
    loaded = read_module(tmp_path / "radio.ko")
    assert loaded is not None
    assert total([attribute(loaded, {})]).subsystems == linked.subsystems
    assert linked.subsystems


def test_code_that_a_counter_guards_is_the_tracepoints(tmp_path: Path) -> None:
    (tmp_path / "with").mkdir()
    found = attribute(read_image(image(tmp_path / "with", "-DCALLS")), {})
    code = [part for part in found.parts if part.kind is Kind.CODE]
    assert {(part.name, part.event) for part in code} == {("tune", "radio_on")}
    # at least load, test, branch and call; less than the function
    assert 15 <= sum(part.size for part in code) < size_of(tmp_path / "with/vmlinux", "tune")


def test_code_behind_a_static_branch_is_the_tracepoints(tmp_path: Path) -> None:
    found = attribute(read_image(image(tmp_path, "-DJUMPS")), {})
    code = [part for part in found.parts if part.kind is Kind.CODE]
    assert {(part.name, part.event) for part in code} == {("blink", "lamp_blink")}
    entries = [part for part in found.parts if part.kind is Kind.ENTRY]
    assert [(part.name, part.event, part.size) for part in entries] == [
        ("__jump_table", "lamp_blink", 16)
    ]


def test_without_the_decoder_code_is_left_out_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = read_image(image(tmp_path, "-DCALLS"))
    for name in ("tracecfg.cost.code", "tracecfg.cost.x86"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "iced_x86", None)
    found = attribute(read, {})
    assert {part.kind for part in found.parts} == {Kind.SYMBOL}
    assert [("iced-x86" in note) for note in found.notes] == [True]


@pytest.mark.parametrize(("option", "size"), [("-DABSOLUTE", 24), ("-DJUMPS", 16)])
def test_the_form_of_a_table_is_seen_in_it(tmp_path: Path, option: str, size: int) -> None:
    found = attribute(read_image(image(tmp_path, "-DJUMPS", option)), {})
    assert [part.size for part in found.parts if part.kind is Kind.ENTRY] == [size]
    assert {part.name for part in found.parts if part.kind is Kind.CODE} == {"blink"}


def test_a_table_of_no_known_form_is_told(tmp_path: Path) -> None:
    found = attribute(read_image(image(tmp_path, "-DJUMPS", "-DODD")), {})
    assert {part.kind for part in found.parts} == {Kind.SYMBOL}
    assert found.notes[0].startswith("__jump_table: its entries have a form that is not known")


def test_what_is_listed_of_a_tracepoints_code_is_the_tracepoints(tmp_path: Path) -> None:
    found = read_module(module(tmp_path, "-DJUMPS", "-DSITES"))
    assert found is not None
    entries = [part for part in attribute(found, {}).parts if part.kind is Kind.ENTRY]
    assert {(part.name, part.event, part.size) for part in entries} == {
        ("__jump_table", "lamp_blink", 16),
        (".call_sites", "lamp_blink", 4),
        (".static_call_sites", "lamp_blink", 8),
    }


def test_structures_are_found_by_what_they_point_to(tmp_path: Path) -> None:
    found = attribute(read_image(image(tmp_path, "-DOTHER_LAYOUT")), {})
    assert found.systems == attribute(read_image(image(tmp_path)), {}).systems
    assert set(found.systems.values()) == {"radio", "radio-lamp"}


def test_an_image_that_can_be_moved_has_its_pointers_in_relocations(tmp_path: Path) -> None:
    vmlinux = image(tmp_path, "-fPIE")
    file = parse(vmlinux.read_bytes())
    data = bytearray(file.data)
    # arm64's linker leaves the places empty
    for table in file.sections:
        for moved in file.relocations(table) if table.kind == "SHT_RELA" else ():
            (at,) = (x for x in file.sections if 0 <= moved.offset - x.address < x.size)
            start = at.offset + moved.offset - at.address
            data[start : start + 8] = bytes(8)
    vmlinux.write_bytes(data)
    found = attribute(read_image(vmlinux), {})
    assert found.systems == attribute(read_image(image(tmp_path)), {}).systems


@pytest.mark.parametrize("entry", [8, 12, 16, 24])
def test_an_exports_entry_is_as_long_as_the_next_one_is_away(entry: int) -> None:
    places = {"__tracepoint_a": 64, "__ksymtab___tracepoint_a": 4096, "__ksymtab_b": 4096 + entry}
    symbols = tuple(Symbol(name, place, 0, STT_OBJECT) for name, place in places.items())
    (part,) = attribute(Image("vmlinux", "EM_AARCH64", symbols, (), {}), {}).parts
    assert (part.kind, part.event, part.size) == (Kind.ENTRY, "a", entry)


def size_of(vmlinux: Path, symbol: str) -> int:
    needed("nm")
    listed = subprocess.run(["nm", "-S", vmlinux], check=True, capture_output=True, text=True)
    (line,) = (line for line in listed.stdout.splitlines() if line.endswith(f" {symbol}"))
    return int(line.split()[1], 16)


def test_json_adds_up(cli: Callable[..., Ran], tmp_path: Path) -> None:
    shown = whole(cli("cost", image(tmp_path, "-DCALLS"), "--json"))
    assert shown["schema"] == "tracecfg.cost/1"
    subsystems = shown["subsystems"]
    assert [each["name"] for each in subsystems] == ["radio", "radio-lamp"]
    for each in subsystems:
        events = sum(event["bytes"] for event in each["events"])
        assert each["bytes"] == events + each["shared_bytes"]
    total_bytes = sum(each["bytes"] for each in subsystems) + shown["unattributed_bytes"]
    assert shown["total_bytes"] == total_bytes == sum(shown["kinds"].values())
    assert subsystems[0]["shared_bytes"] >= SIZES["class"]


def test_modules_of_every_kind_are_counted(cli: Callable[..., Ran], tmp_path: Path) -> None:
    vmlinux = image(tmp_path)
    folder = tmp_path / "modules"
    folder.mkdir()
    data = (tmp_path / "radio.ko").read_bytes()
    (folder / "a.ko").write_bytes(data)
    (folder / "b.ko.gz").write_bytes(gzip.compress(data))
    (folder / "c.ko.xz").write_bytes(lzma.compress(data))
    needed("zstd")
    subprocess.run(["zstd", "-q", folder / "a.ko", "-o", folder / "d.ko.zst"], check=True)
    alone = whole(cli("cost", vmlinux, "--json"))
    together = whole(cli("cost", vmlinux, folder, "--json"))
    assert together["total_bytes"] == 5 * alone["total_bytes"]


def test_compare_says_what_was_saved(cli: Callable[..., Ran], tmp_path: Path) -> None:
    for name in ("this", "other"):
        (tmp_path / name).mkdir()
    this, other = image(tmp_path / "this", "-DCALLS"), image(tmp_path / "other")
    shown = whole(cli("cost", this, "--compare", other, "--json"))["compare"]
    (radio,) = (each for each in shown["subsystems"] if each["saved_bytes"])
    assert radio["name"] == "radio"
    assert radio["saved_bytes"] == shown["saved_bytes"]
    assert shown["measured_bytes"] == size_of(this, "tune")
    ran = cli("cost", this, "--compare", other)
    assert "radio-lamp" not in ran.out
    assert f"{shown['saved_bytes']} saved" in ran.out


def test_text_and_top(cli: Callable[..., Ran], tmp_path: Path) -> None:
    vmlinux = image(tmp_path)
    lines = cli("cost", vmlinux).out.splitlines()
    assert lines[0].split() == ["SUBSYSTEM", "EVENTS", "BYTES", "SHARE"]
    assert [line.split()[0] for line in lines[1:4]] == ["radio", "radio-lamp", "(unattributed)"]
    assert "3 tracepoints of 2 subsystems" in cli("cost", vmlinux).out
    assert "(1 more)" in cli("cost", vmlinux, "--top", 1).out
    assert len(whole(cli("cost", vmlinux, "--top", 1, "--json"))["subsystems"]) == 1


def test_the_html_report_is_one_file_with_everything(
    cli: Callable[..., Ran], tmp_path: Path
) -> None:
    for name in ("this", "other"):
        (tmp_path / name).mkdir()
    this, other = image(tmp_path / "this", "-DCALLS"), image(tmp_path / "other")
    out = tmp_path / "report.html"
    ran = cli("cost", this, "--compare", other, "--html", out)
    assert (ran.code, ran.err) == (0, "")
    page = out.read_text()
    assert "<td>lamp_blink</td>" in page
    assert "The selection saves" in page
    # nothing is fetched from anywhere
    assert not re.search(r"(src|href)=|https?:|@import|url\(", page)


def test_names_in_the_html_report_are_text() -> None:
    evil = Found(
        "<b>", (Part(Kind.SYMBOL, "x", 1, '"<script>', "&"),), {"&": '"<script>'}, 1, ("<i>",)
    )
    cost = total([evil])
    options = {'"<script>': "<u>"}
    page = render(Answer(cost, options, selection=select(cost, ['"<s*'], options)))
    assert page.count("<script>") == 1
    assert "<b>" not in page
    assert "<u>" not in page
    assert "<s*" not in page
    assert 'title="&#34;&lt;script&gt;: 1 B' in page
    assert '<li class="note">&lt;i&gt;</li>' in page


def test_the_map_has_a_box_for_each_subsystem_that_costs(tmp_path: Path) -> None:
    cost = total([attribute(read_image(image(tmp_path)), {})])
    options = {"radio": "TRACING_RADIO", "radio-lamp": ""}
    page = render(Answer(cost, options, selection=select(cost, ["radio"], options)))
    boxes = re.findall(r'title="(.*?): .*?--kept:(.*?)%', page)
    assert boxes == [("radio", "100.0"), ("radio-lamp", "0.0")]
    assert "CONFIG_TRACING_RADIO<" in page


@given(st.lists(st.integers(1, 10**9), max_size=40))
def test_boxes_have_their_areas_and_do_not_overlap(sizes: list[int]) -> None:
    sizes.sort(reverse=True)
    boxes = squarified(sizes, Box(0, 0, 200, 100))
    assert len(boxes) == len(sizes)
    for size, box in zip(sizes, boxes, strict=True):
        assert box.width * box.height == pytest.approx(20000 * size / sum(sizes))
        assert -0.001 < box.left <= box.left + box.width < 200.001
        assert -0.001 < box.top <= box.top + box.height < 100.001
    for one, other in combinations(boxes, 2):
        wide = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
        high = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
        assert wide < 0.001 or high < 0.001


def test_a_selection_says_what_it_keeps_and_saves(cli: Callable[..., Ran], tmp_path: Path) -> None:
    vmlinux = image(tmp_path, "-DCALLS")
    shown = whole(cli("cost", vmlinux, "--only", "CONFIG_TRACING_RADIO", "--json"))
    radio, lamp = shown["subsystems"]
    assert (radio["option"], lamp["option"]) == ("TRACING_RADIO", "TRACING_RADIO_LAMP")
    assert shown["selection"] == {
        "only": ["CONFIG_TRACING_RADIO"],
        "kept_bytes": radio["bytes"],
        "saved_bytes": lamp["bytes"],
        "kept": [{"name": "radio", "bytes": radio["bytes"]}],
        "saved": [{"name": "radio-lamp", "bytes": lamp["bytes"]}],
    }
    lines = cli("cost", vmlinux, "--only", "*lamp").out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["radio-lamp", "(1", "(unattributed)"]
    assert f"keeps {lamp['bytes']:,} and saves {radio['bytes']:,}" in lines[5]
    assert whole(cli("cost", vmlinux, "--only", "radio*", "--json"))["selection"]["saved"] == []


def test_a_selection_of_what_is_not_there_is_refused(
    cli: Callable[..., Ran], tmp_path: Path
) -> None:
    vmlinux = image(tmp_path)
    ran = cli("cost", vmlinux, "--only", "radio,radoi-lamp", "--html", tmp_path / "r.html")
    assert (ran.code, ran.out) == (1, "")
    assert "did you mean radio-lamp" in ran.err
    assert not (tmp_path / "r.html").exists()
    assert cli("cost", vmlinux, "--only", "xfs*").code == 1
    ran = cli("cost", vmlinux, "--only", "radio", "--compare", vmlinux)
    assert (ran.code, "one of them" in ran.err) == (2, True)
    assert cli("cost", vmlinux, "--only", ",").code == 2
    assert cli("cost", vmlinux, "--compare-modules", tmp_path).code == 2


def test_a_stripped_image_is_read_by_its_system_map(
    cli: Callable[..., Ran], tmp_path: Path
) -> None:
    vmlinux = image(tmp_path)
    needed("nm", "strip")
    bare = stripped(vmlinux)
    shown = whole(cli("cost", bare, "--json"))
    exact = whole(cli("cost", vmlinux, "--json"))
    assert [each["name"] for each in shown["subsystems"]] == ["radio", "radio-lamp"]
    assert exact["total_bytes"] <= shown["total_bytes"] <= 1.3 * exact["total_bytes"]
    assert "padding" in shown["notes"][0]
    (bare.parent / "System.map").rename(tmp_path / "elsewhere")
    assert cli("cost", bare).code == 3
    assert whole(cli("cost", bare, "--map", tmp_path / "elsewhere", "--json")) == shown


def test_a_map_of_another_image_is_refused(cli: Callable[..., Ran], tmp_path: Path) -> None:
    needed("nm", "strip")
    bare = stripped(image(tmp_path))
    lines = (bare.parent / "System.map").read_text().replace("ffffffff810", "ffffffff811")
    (bare.parent / "System.map").write_text(lines)
    ran = cli("cost", bare)
    assert (ran.code, "not the System.map of" in ran.err) == (2, True)
    assert module(tmp_path).exists()
