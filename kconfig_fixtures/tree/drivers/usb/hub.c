// SPDX-License-Identifier: GPL-2.0-only
#include <linux/start.h>
#include "hub_trace.h"

void hub_work(u32 port)
{
	trace_hub_port_reset(port);
}
