"""cost of the modules that Debian ships: .ko.xz, signed."""

from __future__ import annotations

import lzma
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from tests.kernel.lab.build import Build
from tests.kernel.lab.cache import program
from tracecfg.cost.attribute import attribute
from tracecfg.cost.parts import Kind
from tracecfg.cost.run import Request, Result, cost
from tracecfg.kernel.image import read_module

pytestmark = pytest.mark.kernel

SURE = re.compile(
    r"(__(pfx|cfi)_)?(__tracepoint_|__traceiter_|__probestub_|__tpstrtab_|__SC[KT]__tp_func_"
    r"|__bpf_trace_|perf_trace_|trace_event_raw_event_|trace_raw_output_|event_class_|print_fmt_"
    r"|trace_event_fields_|trace_event_type_funcs_|__event_)\w+"
)
"""Names that nothing but a tracepoint's macros makes."""


@pytest.fixture(scope="module")
def of_all(tiny_build_all_on: Build, debian_modules: Path) -> Result:
    """With an image that these modules are not of: the modules' own tracepoints need none."""
    return cost(Request(image=tiny_build_all_on.vmlinux, modules=debian_modules))


def test_every_module_is_read_and_nearly_all_is_attributed(of_all: Result) -> None:
    assert of_all.problems == ()
    found = of_all.cost
    assert 3900 <= sum(len(each.events) for each in found.subsystems) <= 5500
    assert len(found.subsystems) > 180
    assert found.unattributed < 0.002 * found.total


def test_each_system_has_the_tracepoints_of_its_modules(
    of_all: Result, debian_modules: Path
) -> None:
    counted = {each.name: {event.name for event in each.events} for each in of_all.cost.subsystems}
    for system, module in {"xfs": "xfs", "cfg80211": "cfg80211", "kvmmmu": "kvm"}.items():
        defined = {
            name.removeprefix("__tracepoint_")
            for name, _ in listed(debian_modules, module)
            if name.startswith("__tracepoint_")
        }
        assert len(defined) > 15
        if system == module:
            assert counted[system] == defined
        else:
            assert counted[system] < defined


@pytest.mark.parametrize("name", ["xfs", "cfg80211", "kvm", "nfsv4", "vhost_net", "pcspkr"])
def test_a_modules_symbols_have_the_sizes_of_nm(name: str, debian_modules: Path) -> None:
    found = read_module(module_at(debian_modules, name))
    sure = {row: count for row, count in listed(debian_modules, name).items() if SURE.match(row[0])}
    parts = attribute(found, {}).parts if found else ()
    counted = Counter((part.name, part.size) for part in parts if part.kind is Kind.SYMBOL)
    assert {row: count for row, count in counted.items() if SURE.match(row[0])} == sure


def module_at(modules: Path, name: str) -> Path:
    (path,) = modules.rglob(f"{name}.ko.xz")
    return path


def listed(modules: Path, name: str) -> Counter[tuple[str, int]]:
    """What nm(1) says that a module has: names and sizes."""
    argv = [program("nm", "binutils"), "-S", "--defined-only"]
    with tempfile.NamedTemporaryFile(suffix=".ko") as unpacked:
        unpacked.write(lzma.decompress(module_at(modules, name).read_bytes()))
        unpacked.flush()
        done = subprocess.run([*argv, unpacked.name], check=True, capture_output=True, text=True)
    rows = (line.split() for line in done.stdout.splitlines())
    return Counter((row[3], int(row[1], 16)) for row in rows if len(row) == 4)
