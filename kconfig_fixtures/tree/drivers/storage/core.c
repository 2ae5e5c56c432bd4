// SPDX-License-Identifier: GPL-2.0-only
#include "storage.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#ifdef CONFIG_TRACEPOINTS
u32 storage_record_sector(const struct trace_event_raw_storage_request *record)
{
	return record->sector;
}
#endif

void storage_work(u32 sector)
{
	queue_work(sector);
	trace_storage_request(sector, 0);
	storage_bus_work(sector);
}
