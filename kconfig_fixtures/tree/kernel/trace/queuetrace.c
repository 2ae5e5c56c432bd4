// SPDX-License-Identifier: GPL-2.0-only
#include <linux/printk.h>
#include <linux/types.h>
#include <trace/events/queue.h>

int queuetrace_start(void);

static void note_insert(void *data, u32 sector, u32 depth)
{
	u32 *last = data;

	*last = sector + depth;
}

int queuetrace_start(void)
{
	static u32 last;
	int err = register_trace_queue_insert(note_insert, &last);

	if (err)
		printk("queuetrace: no tracepoint: %d\n", err);
	return err;
}
