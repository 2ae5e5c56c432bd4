// SPDX-License-Identifier: GPL-2.0-only
#include <linux/start.h>
#include <trace/events/virt.h>

/* Only the events print this. */
static const char *exit_name(u32 reason)
{
	return reason ? "halted" : "interrupted";
}

#define CREATE_TRACE_POINTS
#include "trace.h"

void virt_x86_work(u32 guest)
{
	trace_virt_enter(guest);
	trace_virt_exit(guest, 1);
}
