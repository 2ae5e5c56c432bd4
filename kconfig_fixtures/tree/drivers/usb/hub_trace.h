/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM usb-hub

/* usb-hub is no name that C could use. */
#undef TRACE_SYSTEM_VAR
#define TRACE_SYSTEM_VAR usb_hub

#if !defined(_USB_HUB_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _USB_HUB_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(hub_port_reset,

	TP_PROTO(u32 port),

	TP_ARGS(port),

	TP_STRUCT__entry(
		__field(u32, port)
	),

	TP_fast_assign(
		__entry->port = port;
	),

	TP_printk("port %u", __entry->port)
);

#endif /* _USB_HUB_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ../../drivers/usb
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE hub_trace

#include <trace/define_trace.h>
