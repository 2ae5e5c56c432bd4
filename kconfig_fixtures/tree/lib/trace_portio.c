// SPDX-License-Identifier: GPL-2.0-only
#include <linux/export.h>
#include <linux/portio.h>

#define CREATE_TRACE_POINTS
#include <trace/events/portio.h>

void do_trace_port_read(u32 port, u8 value)
{
	trace_port_read(port, value);
}
EXPORT_SYMBOL_GPL(do_trace_port_read);
EXPORT_TRACEPOINT_SYMBOL_GPL(port_read);

void do_trace_port_write(u32 port, u8 value)
{
	trace_port_write(port, value);
}
EXPORT_SYMBOL_GPL(do_trace_port_write);
EXPORT_TRACEPOINT_SYMBOL_GPL(port_write);
