/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last line of a trace header includes this. In the one .c file that
 * defines CREATE_TRACE_POINTS, the trace header is then read again with other
 * meanings of its macros: once to define the tracepoints, and once for each
 * stage of the events.
 *
 * TRACE_INCLUDE_PATH and TRACE_INCLUDE_FILE tell where that header is, when it
 * is not trace/events/<system>.h.
 */

#ifdef CREATE_TRACE_POINTS

/* Or the second reading would come back here. */
#undef CREATE_TRACE_POINTS

#include <linux/stringify.h>

#undef DECLARE_TRACE
#define DECLARE_TRACE(name, proto, args)				\
	DEFINE_TRACE(name, PARAMS(proto), PARAMS(args))

#undef DEFINE_EVENT
#define DEFINE_EVENT(template, name, proto, args)			\
	DEFINE_TRACE(name, PARAMS(proto), PARAMS(args))

#undef DEFINE_EVENT_PRINT
#define DEFINE_EVENT_PRINT(template, name, proto, args, print)		\
	DEFINE_TRACE(name, PARAMS(proto), PARAMS(args))

#undef DEFINE_EVENT_CONDITION
#define DEFINE_EVENT_CONDITION(template, name, proto, args, cond)	\
	DEFINE_TRACE(name, PARAMS(proto), PARAMS(args))

#undef TRACE_EVENT
#define TRACE_EVENT(name, proto, args, tstruct, assign, print)		\
	DEFINE_TRACE(name, PARAMS(proto), PARAMS(args))

#undef TRACE_EVENT_FN
#define TRACE_EVENT_FN(name, proto, args, tstruct, assign, print, reg, unreg) \
	DEFINE_TRACE_FN(name, reg, unreg, PARAMS(proto), PARAMS(args))

#undef TRACE_EVENT_CONDITION
#define TRACE_EVENT_CONDITION(name, proto, args, cond, tstruct, assign, print) \
	DEFINE_TRACE(name, PARAMS(proto), PARAMS(args))

#ifndef TRACE_INCLUDE_FILE
# define TRACE_INCLUDE_FILE TRACE_SYSTEM
# define TRACE_INCLUDE_FILE_IS_OURS
#endif

#ifndef TRACE_INCLUDE_PATH
# define __TRACE_INCLUDE(file) <trace/events/file.h>
# define TRACE_INCLUDE_PATH_IS_OURS
#else
# define __TRACE_INCLUDE(file) __stringify(TRACE_INCLUDE_PATH/file.h)
#endif

#define TRACE_INCLUDE(file) __TRACE_INCLUDE(file)

#define TRACE_HEADER_MULTI_READ

#include TRACE_INCLUDE(TRACE_INCLUDE_FILE)

/* A bare tracepoint has no stages. */
#undef DECLARE_TRACE
#define DECLARE_TRACE(name, proto, args)

#ifdef TRACEPOINTS_ENABLED
#include <trace/trace_events.h>
#endif

#undef DECLARE_TRACE
#undef DECLARE_EVENT_CLASS
#undef DEFINE_EVENT
#undef DEFINE_EVENT_PRINT
#undef DEFINE_EVENT_CONDITION
#undef TRACE_EVENT
#undef TRACE_EVENT_FN
#undef TRACE_EVENT_CONDITION
#undef TRACE_HEADER_MULTI_READ
#undef TRACE_INCLUDE
#undef __TRACE_INCLUDE

#ifdef TRACE_INCLUDE_FILE_IS_OURS
# undef TRACE_INCLUDE_FILE
# undef TRACE_INCLUDE_FILE_IS_OURS
#endif

#ifdef TRACE_INCLUDE_PATH_IS_OURS
# undef TRACE_INCLUDE_PATH
# undef TRACE_INCLUDE_PATH_IS_OURS
#endif

/* The file may go on with another trace header. */
#define CREATE_TRACE_POINTS

#endif /* CREATE_TRACE_POINTS */
