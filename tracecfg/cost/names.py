"""Which event a symbol's name speaks of, by the macros that make it.

include/linux/tracepoint.h, include/trace/trace_events.h, include/trace/perf.h,
include/trace/bpf_probe.h, include/trace/stages/*.h and include/linux/export.h.
"""

from __future__ import annotations

from collections.abc import Iterator

TRACEPOINT, CALL, CLASS = "__tracepoint_", "event_", "event_class_"
EXTENSION = "ext_"
"""Behind __tracepoint_: a struct tracepoint_ext, since 6.14."""
INLINE = ("trace_", "__do_trace_")
"""Inline functions that the compiler made functions of their own."""
_OF_EVENT = (
    *(TRACEPOINT + EXTENSION, TRACEPOINT, "__traceiter_", "__probestub_", "__tpstrtab_"),
    *("__SCK__tp_func_", "__SCT__tp_func_", "__bpf_trace_tp_map_", "__event_", CALL, *INLINE),
)
_OF_CLASS = (
    *(CLASS, "trace_event_fields_", "trace_event_type_funcs_", "print_fmt_"),
    *("trace_event_raw_event_", "do_trace_event_raw_event_", "trace_event_get_offsets_"),
    *("trace_raw_output_", "perf_trace_", "do_perf_trace_", "__bpf_trace_"),
)
OUTPUT = "trace_raw_output_"
EXPORT = ("__ksymtab_", "__kstrtab_")
SYSTEM = ("str__", "__trace_system_name")
EVAL_MAP, EVAL_MAP_POINTER = "__TRACE_SYSTEM_", "TRACE_SYSTEM_"
FLAG_TABLES = ("symbols", "__flags")
"""The static arrays in __print_symbolic() and __print_flags()."""


def stem(name: str) -> str:
    """Without what the compiler puts behind a name (.isra.0, .part.0, .cold, .123) and objtool
    before that of a function's padding (CONFIG_PREFIX_SYMBOLS) and type (CONFIG_CFI_CLANG)."""
    return name.removeprefix("__pfx_").removeprefix("__cfi_").partition(".")[0]


def events(name: str) -> Iterator[str]:
    """The events that a symbol may be of."""
    return (name[len(prefix) :] for prefix in _OF_EVENT if name.startswith(prefix))


def classes(name: str) -> Iterator[str]:
    """The event classes, or events with a print format of their own, that it may be of."""
    return (name[len(prefix) :] for prefix in _OF_CLASS if name.startswith(prefix))


def exported(name: str) -> str:
    """The symbol that an export's entry is about, or ""."""
    for prefix in EXPORT:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return ""
