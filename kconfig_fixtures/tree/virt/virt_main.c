// SPDX-License-Identifier: GPL-2.0-only
#include <linux/start.h>

#define CREATE_TRACE_POINTS
#include <trace/events/virt.h>

void virt_work(u32 guest)
{
	trace_virt_enter(guest);
}
