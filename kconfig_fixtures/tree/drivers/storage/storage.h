/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _STORAGE_H
#define _STORAGE_H

#include <linux/start.h>
#include <trace/events/queue.h>

struct trace_event_raw_storage_request;

void storage_bus_work(u32 sector);

#ifdef CONFIG_TRACEPOINTS
u32 storage_record_sector(const struct trace_event_raw_storage_request *record);
#endif

#endif /* _STORAGE_H */
