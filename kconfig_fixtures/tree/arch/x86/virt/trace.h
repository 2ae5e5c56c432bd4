/* SPDX-License-Identifier: GPL-2.0-only */
/* The same system as include/trace/events/virt.h: what only x86 has */
#if !defined(_ARCH_X86_VIRT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _ARCH_X86_VIRT_TRACE_H

#include <linux/tracepoint.h>

#undef TRACE_SYSTEM
#define TRACE_SYSTEM virt

TRACE_EVENT(virt_exit,

	TP_PROTO(u32 guest, u32 reason),

	TP_ARGS(guest, reason),

	TP_STRUCT__entry(
		__field(u32, guest)
		__field(u32, reason)
	),

	TP_fast_assign(
		__entry->guest = guest;
		__entry->reason = reason;
	),

	TP_printk("guest %u: %s", __entry->guest,
		  exit_name(__entry->reason))
);

#endif /* _ARCH_X86_VIRT_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ../../arch/x86/virt
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

#include <trace/define_trace.h>
