/* SPDX-License-Identifier: GPL-2.0-only */
#ifdef CREATE_TRACE_POINTS
#undef CREATE_TRACE_POINTS
#define TRACE_HEADER_MULTI_READ
#include <trace/events/gpio.h>
#undef TRACE_HEADER_MULTI_READ
#endif
