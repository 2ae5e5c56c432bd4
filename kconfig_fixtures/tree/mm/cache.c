// SPDX-License-Identifier: GPL-2.0-only
#include <linux/start.h>

#define CREATE_TRACE_POINTS
#include <trace/events/cache.h>

void cache_work(u32 page)
{
	trace_cache_fill_begin(page);
	trace_cache_fill_end(page);
#ifdef CONFIG_CACHE_RECLAIM
	trace_cache_reclaim_begin(page);
	trace_cache_reclaim_end(page);
#endif
	trace_cache_drop_begin(page);
	trace_cache_drop_end(page);
}
