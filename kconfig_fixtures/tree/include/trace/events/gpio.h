/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM gpio

#if !defined(_TRACE_GPIO_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_GPIO_H

#include <linux/tracepoint.h>

TRACE_EVENT(gpio_direction,

	TP_PROTO(u32 pin, int in, int err),

	TP_ARGS(pin, in, err),

	TP_STRUCT__entry(
		__field(u32, pin)
		__field(int, in)
		__field(int, err)
	),

	TP_fast_assign(
		__entry->pin = pin;
		__entry->in = in;
		__entry->err = err;
	),

	TP_printk("pin %u becomes an %s (%d)", __entry->pin,
		  __entry->in ? "input" : "output", __entry->err)
);

TRACE_EVENT(gpio_value,

	TP_PROTO(u32 pin, int get, int value),

	TP_ARGS(pin, get, value),

	TP_STRUCT__entry(
		__field(u32, pin)
		__field(int, get)
		__field(int, value)
	),

	TP_fast_assign(
		__entry->pin = pin;
		__entry->get = get;
		__entry->value = value;
	),

	TP_printk("pin %u %s %d", __entry->pin,
		  __entry->get ? "reads" : "is set to", __entry->value)
);

#endif /* _TRACE_GPIO_H */

/* Outside the guard: it reads this header again */
#include <trace/define_trace.h>
