/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vanish

#if !defined(VANISH_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VANISH_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(vanish_loaded,
	TP_PROTO(int count),
	TP_ARGS(count),
	TP_STRUCT__entry(
		__field(int, count)
	),
	TP_fast_assign(
		__entry->count = count;
	),
	TP_printk("count=%d", __entry->count)
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE vanish_trace
#include <trace/define_trace.h>
