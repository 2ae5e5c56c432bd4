// SPDX-License-Identifier: GPL-2.0-only
#include <linux/start.h>
#include "trace.h"

void radio_work(u32 channel)
{
	trace_radio_channel(channel);
}
