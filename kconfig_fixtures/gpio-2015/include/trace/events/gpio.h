/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM gpio

#ifndef CONFIG_TRACING_EVENTS_GPIO
#define NOTRACE
#endif

#if !defined(_TRACE_GPIO_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_GPIO_H

#include <linux/tracepoint.h>

TRACE_EVENT(gpio_value,

	TP_PROTO(unsigned int pin, int value),

	TP_ARGS(pin, value),

	TP_STRUCT__entry(
		__field(unsigned int, pin)
		__field(int, value)
	),

	TP_fast_assign(
		__entry->pin = pin;
		__entry->value = value;
	),

	TP_printk("pin %u has %d", __entry->pin, __entry->value)
);

#endif /* _TRACE_GPIO_H */

#include <trace/define_trace.h>
