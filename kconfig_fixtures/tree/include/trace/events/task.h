/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM task

#if !defined(_TRACE_TASK_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_TASK_H

#include <linux/tracepoint.h>

/*
 * Nothing in a comment is an event, however much it looks like one:
 *
 *	TRACE_EVENT(task_in_comment, ...);
 */

DECLARE_EVENT_CLASS(task_template,

	TP_PROTO(int pid),

	TP_ARGS(pid),

	TP_STRUCT__entry(
		__field(int, pid)
	),

	TP_fast_assign(
		__entry->pid = pid;
	),

	TP_printk("pid %d", __entry->pid)
);

DEFINE_EVENT(task_template, task_wake, TP_PROTO(int pid), TP_ARGS(pid));
DEFINE_EVENT(task_template, task_sleep, TP_PROTO(int pid), TP_ARGS(pid));

#ifdef CONFIG_TASK_STATS
/* DEFINE_EVENT(task_template, task_in_line_comment, ...) */
TRACE_EVENT(task_stats,

	TP_PROTO(int pid, u64 runs),

	TP_ARGS(pid, runs),

	TP_STRUCT__entry(
		__field(int, pid)
		__field(u64, runs)
	),

	TP_fast_assign(
		__entry->pid = pid;
		__entry->runs = runs;
	),

	TP_printk("pid %d ran %llu times", __entry->pid, __entry->runs)
);
#endif

#if 0
TRACE_EVENT(task_never,
	TP_PROTO(int pid), TP_ARGS(pid),
	TP_STRUCT__entry(), TP_fast_assign(), TP_printk("never"));
#endif

/* For probes only: makes no file in tracefs */
DECLARE_TRACE(task_placed,
	TP_PROTO(int pid, int cpu),
	TP_ARGS(pid, cpu));

#endif /* _TRACE_TASK_H */

#include <trace/define_trace.h>
