/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM queue

#if !defined(_TRACE_QUEUE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_QUEUE_H

#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(queue_request,

	TP_PROTO(u32 sector, u32 depth),

	TP_ARGS(sector, depth),

	TP_STRUCT__entry(
		__field(u32, sector)
		__field(u32, depth)
	),

	TP_fast_assign(
		__entry->sector = sector;
		__entry->depth = depth;
	),

	TP_printk("sector %u, %u waiting", __entry->sector, __entry->depth)
);

DEFINE_EVENT(queue_request, queue_insert,

	TP_PROTO(u32 sector, u32 depth),

	TP_ARGS(sector, depth)
);

DEFINE_EVENT(queue_request, queue_remove,

	TP_PROTO(u32 sector, u32 depth),

	TP_ARGS(sector, depth)
);

/* Only worth a line when requests wait */
DEFINE_EVENT_CONDITION(queue_request, queue_stall,

	TP_PROTO(u32 sector, u32 depth),

	TP_ARGS(sector, depth),

	TP_CONDITION(depth > 0)
);

#endif /* _TRACE_QUEUE_H */

#include <trace/define_trace.h>
