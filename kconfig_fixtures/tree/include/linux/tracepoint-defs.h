/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_TRACEPOINT_DEFS_H
#define _LINUX_TRACEPOINT_DEFS_H

#include <linux/types.h>

/*
 * struct tracepoint: a place that can be hooked
 * @enabled: how many probes it has; the key that a call site looks at
 */
struct tracepoint {
	const char *name;
	int enabled;
	void *probe;
	void *data;
	int (*regfunc)(void);
	void (*unregfunc)(void);
};

/* For a header that must ask without including the trace header itself */
#define DECLARE_TRACEPOINT(tp) \
	extern struct tracepoint __tracepoint_##tp
#define tracepoint_enabled(tp) \
	(__tracepoint_##tp.enabled != 0)

#endif /* _LINUX_TRACEPOINT_DEFS_H */
