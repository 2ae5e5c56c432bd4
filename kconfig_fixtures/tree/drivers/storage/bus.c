// SPDX-License-Identifier: GPL-2.0-only
/* The trace header comes first here: it is the one that includes storage.h. */
#include "trace.h"

void storage_bus_work(u32 sector)
{
	trace_storage_request(sector, 1);
}
