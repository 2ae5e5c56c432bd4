/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM virt

#if !defined(_TRACE_VIRT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_VIRT_H

#include <linux/tracepoint.h>

TRACE_EVENT(virt_enter,

	TP_PROTO(u32 guest),

	TP_ARGS(guest),

	TP_STRUCT__entry(
		__field(u32, guest)
	),

	TP_fast_assign(
		__entry->guest = guest;
	),

	TP_printk("guest %u", __entry->guest)
);

#endif /* _TRACE_VIRT_H */

#include <trace/define_trace.h>
