// SPDX-License-Identifier: GPL-2.0-only
#include <linux/export.h>
#include <linux/start.h>

#define CREATE_TRACE_POINTS
#include <trace/events/queue.h>

EXPORT_TRACEPOINT_SYMBOL_GPL(queue_insert);
EXPORT_TRACEPOINT_SYMBOL_GPL(queue_remove);

static u32 depth;

void queue_work(u32 sector)
{
	trace_queue_insert(sector, depth++);
	trace_queue_stall(sector, depth);
	trace_queue_remove(sector, --depth);
}
EXPORT_SYMBOL_GPL(queue_work);
