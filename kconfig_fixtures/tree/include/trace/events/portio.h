/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM portio

#if !defined(_TRACE_PORTIO_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_PORTIO_H

#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(portio_class,

	TP_PROTO(u32 port, u8 value),

	TP_ARGS(port, value),

	TP_STRUCT__entry(
		__field(u32, port)
		__field(u8, value)
	),

	TP_fast_assign(
		__entry->port = port;
		__entry->value = value;
	),

	TP_printk("port %#x value %#x", __entry->port, __entry->value)
);

DEFINE_EVENT(portio_class, port_read,
	TP_PROTO(u32 port, u8 value),
	TP_ARGS(port, value));

DEFINE_EVENT(portio_class, port_write,
	TP_PROTO(u32 port, u8 value),
	TP_ARGS(port, value));

#endif /* _TRACE_PORTIO_H */

#include <trace/define_trace.h>
