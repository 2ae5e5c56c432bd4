/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_START_H
#define _LINUX_START_H

#include <linux/types.h>

void start_kernel(void);

void task_work(int pid);
void cache_work(u32 page);
void queue_work(u32 sector);
void storage_work(u32 sector);
void gpio_work(u32 pin);
void hub_work(u32 port);
void radio_work(u32 channel);
void virt_work(u32 guest);
void virt_x86_work(u32 guest);

#endif /* _LINUX_START_H */
