// SPDX-License-Identifier: GPL-2.0-only
/* A module with one event, to be there and be gone. */
#include <linux/module.h>

#define CREATE_TRACE_POINTS
#include "vanish_trace.h"

static int __init vanish_init(void)
{
	trace_vanish_loaded(1);
	return 0;
}

static void __exit vanish_exit(void)
{
}

module_init(vanish_init);
module_exit(vanish_exit);
MODULE_DESCRIPTION("One event, for tests of tracecfg");
MODULE_LICENSE("GPL");
