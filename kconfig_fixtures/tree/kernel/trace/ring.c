// SPDX-License-Identifier: GPL-2.0-only
#include <linux/tracepoint.h>

int tracepoint_probe_register(struct tracepoint *tp, void *probe, void *data)
{
	tp->probe = probe;
	tp->data = data;
	tp->enabled = 1;
	return 0;
}

int tracepoint_probe_register_prio(struct tracepoint *tp, void *probe,
				   void *data, int prio)
{
	return prio < 0 ? -1 : tracepoint_probe_register(tp, probe, data);
}

int tracepoint_probe_unregister(struct tracepoint *tp, void *probe, void *data)
{
	if (tp->probe == probe && tp->data == data)
		tp->enabled = 0;
	return 0;
}
