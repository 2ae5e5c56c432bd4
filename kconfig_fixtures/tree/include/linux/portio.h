/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_PORTIO_H
#define _LINUX_PORTIO_H

#include <linux/tracepoint-defs.h>

/*
 * Included by almost everything: the trace header would pull too much in
 * here, so the slow path is a function elsewhere.
 */
#ifdef CONFIG_TRACE_PORTIO
DECLARE_TRACEPOINT(port_read);
DECLARE_TRACEPOINT(port_write);

void do_trace_port_read(u32 port, u8 value);
void do_trace_port_write(u32 port, u8 value);

#define port_traced(tp) tracepoint_enabled(tp)
#else
static inline void do_trace_port_read(u32 port, u8 value)
{
}

static inline void do_trace_port_write(u32 port, u8 value)
{
}

#define port_traced(tp) false
#endif

static inline u8 read_port(u32 port)
{
	u8 value = port & 0xff;

	if (port_traced(port_read))
		do_trace_port_read(port, value);
	return value;
}

static inline void write_port(u32 port, u8 value)
{
	if (port_traced(port_write))
		do_trace_port_write(port, value);
}

#endif /* _LINUX_PORTIO_H */
