/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_TRACE_EVENTS_H
#define _LINUX_TRACE_EVENTS_H

#include <linux/types.h>
#include <linux/tracepoint-defs.h>

struct trace_entry {
	u32 size;
};

/* struct trace_event_call: one event; @probe prints it */
struct trace_event_call {
	const char *system;
	const char *name;
	struct tracepoint *tp;
	void *probe;
};

#define __trace_event_call __used __section("trace_event_calls") \
	__attribute__((__aligned__(32)))

#endif /* _LINUX_TRACE_EVENTS_H */
