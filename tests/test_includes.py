"""Which #include lines of a trace header bring in another trace header."""

from __future__ import annotations

from pathlib import Path

from tests.small import FIXTURES, SYSTEMS, copy_tree, systems
from tracecfg.kernel.tree import open_tree
from tracecfg.series.includes import clobbering_includes

TREE = FIXTURES / "tree"


def clobbering(root: Path) -> dict[str, frozenset[str]]:
    headers = [header for system in systems(root).values() for header in system.headers]
    return clobbering_includes(open_tree(root), headers)


def test_only_the_header_that_includes_one_is_named() -> None:
    found = clobbering(TREE)
    assert len(found) == len(SYSTEMS) + 1
    assert {path: names for path, names in found.items() if names} == {
        "drivers/storage/trace.h": frozenset({'"storage.h"'})
    }


def test_it_is_found_through_others_and_in_circles(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    (root / "drivers/usb/a.h").write_text('#include "b.h"\n#include <linux/gone.h>\n')
    (root / "drivers/usb/b.h").write_text('#include "a.h"\n#include "../storage/storage.h"\n')
    header = root / "drivers/usb/hub_trace.h"
    text = header.read_text().replace("#include <linux/tracepoint.h>",
                                      '#include <linux/tracepoint.h>\n#include "a.h"')  # fmt: skip
    header.write_text(text)
    assert clobbering(root)["drivers/usb/hub_trace.h"] == {'"a.h"'}


def test_an_include_that_leads_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    root = copy_tree(tmp_path)
    (tmp_path / "outside.h").write_text("#include <trace/events/gpio.h>\n")
    (root / "drivers/usb/link.h").symlink_to(tmp_path / "outside.h")
    header = root / "drivers/usb/hub_trace.h"
    header.write_text('#include "../../../outside.h"\n#include "link.h"\n' + header.read_text())
    assert clobbering(root)["drivers/usb/hub_trace.h"] == frozenset()
