/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cache

#if !defined(_TRACE_CACHE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_CACHE_H

#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(cache_page,

	TP_PROTO(u32 page),

	TP_ARGS(page),

	TP_STRUCT__entry(
		__field(u32, page)
	),

	TP_fast_assign(
		__entry->page = page;
	),

	TP_printk("page %u", __entry->page)
);

/* A family: begin and end of each thing that happens to a page */
#define CACHE_PAGE_EVENT(what, step)					\
DEFINE_EVENT(cache_page, cache_##what##_##step,				\
	TP_PROTO(u32 page),						\
	TP_ARGS(page))

#define CACHE_PAGE_EVENTS(what)						\
	CACHE_PAGE_EVENT(what, begin);					\
	CACHE_PAGE_EVENT(what, end)

CACHE_PAGE_EVENTS(fill);
CACHE_PAGE_EVENTS(drop);

#ifdef CONFIG_CACHE_RECLAIM
CACHE_PAGE_EVENTS(reclaim);
#endif

#endif /* _TRACE_CACHE_H */

#include <trace/define_trace.h>
