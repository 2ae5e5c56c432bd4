// SPDX-License-Identifier: GPL-2.0-only
#include <linux/portio.h>
#include <linux/start.h>

#define CREATE_TRACE_POINTS
#include <trace/events/gpio.h>

void gpio_work(u32 pin)
{
	trace_gpio_direction(pin, 1, 0);
	trace_gpio_value(pin, 1, read_port(pin));
	trace_gpio_direction(pin, 0, 0);
	write_port(pin, 1);
	trace_gpio_value(pin, 0, 1);
}
