/* SPDX-License-Identifier: GPL-2.0-only */
#if !defined(_RADIO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)

#include <linux/tracepoint.h>

/* Without its own option the driver's events are empty functions. */
#ifndef _RADIO_TRACE_H
#define _RADIO_TRACE_H
#ifndef CONFIG_RADIO_TRACING
#undef TRACE_EVENT
#define TRACE_EVENT(name, proto, ...) \
static inline void trace_##name(proto) \
{ \
}
#endif
#endif

#undef TRACE_SYSTEM
#define TRACE_SYSTEM radio

TRACE_EVENT(radio_channel,

	TP_PROTO(u32 channel),

	TP_ARGS(channel),

	TP_STRUCT__entry(
		__field(u32, channel)
	),

	TP_fast_assign(
		__entry->channel = channel;
	),

	TP_printk("channel %u", __entry->channel)
);

#endif /* _RADIO_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ../../drivers/net/radio
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

#ifdef CONFIG_RADIO_TRACING
#include <trace/define_trace.h>
#endif
