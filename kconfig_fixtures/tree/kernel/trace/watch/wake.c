// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>
#include <trace/events/task.h>
#include "watch.h"

void watch_wake_start(void);

static int asleep;

static void on_sleep(void *data, int pid)
{
	asleep = pid;
}

void watch_wake_start(void)
{
	watch_attach("wake", task_sleep, on_sleep);
	printk("wake: last asleep: %d\n", asleep);
}
