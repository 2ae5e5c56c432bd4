/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KERNEL_TRACE_WATCH_H
#define _KERNEL_TRACE_WATCH_H

#include <linux/printk.h>
#include <linux/tracepoint.h>

/* How every rule hooks its tracepoint */
#define watch_attach(rule, tp, handler)					\
	do {								\
		check_trace_callback_type_##tp(handler);		\
		if (register_trace_##tp(handler, NULL))			\
			printk("%s: cannot watch " #tp "\n", rule);	\
	} while (0)

#endif /* _KERNEL_TRACE_WATCH_H */
