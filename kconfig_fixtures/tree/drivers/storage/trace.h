/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM storage

#if !defined(_STORAGE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _STORAGE_TRACE_H

#include <linux/tracepoint.h>

/* Brings in the events of queue, which are another system's */
#include "storage.h"

TRACE_EVENT(storage_request,

	TP_PROTO(u32 sector, int write),

	TP_ARGS(sector, write),

	TP_STRUCT__entry(
		__field(u32, sector)
		__field(int, write)
	),

	TP_fast_assign(
		__entry->sector = sector;
		__entry->write = write;
	),

	TP_printk("%s of sector %u", __entry->write ? "write" : "read",
		  __entry->sector)
);

#endif /* _STORAGE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ../../drivers/storage
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

#include <trace/define_trace.h>
