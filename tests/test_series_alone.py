"""A series of one system, where another system's header includes it."""

from __future__ import annotations

from pathlib import Path

from tests.small import AUTHOR, copy_tree, run_there
from tracecfg.kernel.source import Source


def test_the_includer_keeps_its_own_name_though_it_is_not_converted(tmp_path: Path) -> None:
    """Or else the option of the included system would decide on the includer's tracepoints."""
    root = copy_tree(tmp_path)
    header = root / "include/trace/events/extra.h"
    header.write_text(
        "#undef TRACE_SYSTEM\n#define TRACE_SYSTEM extra\n"
        "#if !defined(_TRACE_EXTRA_H) || defined(TRACE_HEADER_MULTI_READ)\n#define _TRACE_EXTRA_H\n"
        "#include <trace/events/gpio.h>\n"
        "TRACE_EVENT(extra_one, TP_PROTO(int a), TP_ARGS(a), TP_STRUCT__entry(), "
        'TP_fast_assign(), TP_printk("x"));\n'
        "#endif\n#include <trace/define_trace.h>\n"
    )
    ran = run_there("generate", root, "gpio", "--in-place", "--author", AUTHOR)
    assert ran.code == 0, ran.err
    text = header.read_text()
    assert "TRACE_OPTION_extra" not in text
    include = text.index("#include <trace/events/gpio.h>")
    definition = Source("extra.h", text).definition("TRACE_SYSTEM")
    assert definition is not None
    assert definition[0] == "extra"
    assert definition[1].start > include
