// SPDX-License-Identifier: GPL-2.0-only
#include <linux/start.h>

#define CREATE_TRACE_POINTS
#include <trace/events/task.h>

void task_work(int pid)
{
	trace_task_placed(pid, 0);
	trace_task_wake(pid);
#ifdef CONFIG_TASK_STATS
	trace_task_stats(pid, 1);
#endif
	trace_task_sleep(pid);
}
