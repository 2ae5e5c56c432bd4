// SPDX-License-Identifier: GPL-2.0-only
#include <linux/start.h>

/* Every subsystem works once, so that each event has a reason to fire. */
void start_kernel(void)
{
	task_work(1);
	cache_work(3);
#ifdef CONFIG_BLOCK
	queue_work(8);
#endif
#ifdef CONFIG_STORAGE
	storage_work(8);
#endif
#ifdef CONFIG_GPIOLIB
	gpio_work(5);
#endif
#ifdef CONFIG_USB
	hub_work(2);
#endif
#ifdef CONFIG_RADIO
	radio_work(11);
#endif
#ifdef CONFIG_VIRT
	virt_work(1);
	virt_x86_work(1);
#endif
}
