// SPDX-License-Identifier: GPL-2.0-only
#define CREATE_TRACE_POINTS
#include <trace/events/gpio.h>

void gpio_work(unsigned int pin);

void gpio_work(unsigned int pin)
{
	trace_gpio_value(pin, 1);
}
