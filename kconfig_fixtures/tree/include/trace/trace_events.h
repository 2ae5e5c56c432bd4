/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stages: what one trace header becomes when it is read again and again.
 */

#include <linux/printk.h>
#include <linux/trace_events.h>

#undef TRACE_EVENT
#define TRACE_EVENT(name, proto, args, tstruct, assign, print)		\
	DECLARE_EVENT_CLASS(name, PARAMS(proto), PARAMS(args),		\
			    PARAMS(tstruct), PARAMS(assign),		\
			    PARAMS(print))				\
	DEFINE_EVENT(name, name, PARAMS(proto), PARAMS(args))

#undef TRACE_EVENT_FN
#define TRACE_EVENT_FN(name, proto, args, tstruct, assign, print, reg, unreg) \
	TRACE_EVENT(name, PARAMS(proto), PARAMS(args), PARAMS(tstruct),	\
		    PARAMS(assign), PARAMS(print))

#undef TRACE_EVENT_CONDITION
#define TRACE_EVENT_CONDITION(name, proto, args, cond, tstruct, assign, print) \
	TRACE_EVENT(name, PARAMS(proto), PARAMS(args), PARAMS(tstruct),	\
		    PARAMS(assign), PARAMS(print))

#undef DEFINE_EVENT_PRINT
#define DEFINE_EVENT_PRINT(template, name, proto, args, print)		\
	DEFINE_EVENT(template, name, PARAMS(proto), PARAMS(args))

#undef DEFINE_EVENT_CONDITION
#define DEFINE_EVENT_CONDITION(template, name, proto, args, cond)	\
	DEFINE_EVENT(template, name, PARAMS(proto), PARAMS(args))

/* Stage 1: the records */

#define TP_STRUCT__entry(fields...) fields
#define TP_fast_assign(code...) code
#define TP_printk(format, args...) format "\n", args
#define __field(type, name) type name;

#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(name, proto, args, tstruct, assign, print)	\
	struct trace_event_raw_##name {					\
		struct trace_entry ent;					\
		tstruct							\
	};

#undef DEFINE_EVENT
#define DEFINE_EVENT(template, name, proto, args)

#include TRACE_INCLUDE(TRACE_INCLUDE_FILE)

/* Stage 2: the probes, which fill a record in and print it */

#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(class, proto, args, tstruct, assign, print)	\
	static void trace_event_raw_event_##class(void *__data, proto)	\
	{								\
		struct trace_event_call *call = __data;			\
		struct trace_event_raw_##class record;			\
		struct trace_event_raw_##class *__entry = &record;	\
									\
		assign							\
		printk("%s:%s: ", call->system, call->name);		\
		printk(print);						\
	}

#include TRACE_INCLUDE(TRACE_INCLUDE_FILE)

/* Stage 3: the events themselves */

#undef DECLARE_EVENT_CLASS
#define DECLARE_EVENT_CLASS(name, proto, args, tstruct, assign, print)

#undef DEFINE_EVENT
#define DEFINE_EVENT(template, event, proto, args)			\
	struct trace_event_call event_##event __trace_event_call = {	\
		.system = __stringify(TRACE_SYSTEM),			\
		.name = #event,						\
		.tp = &__tracepoint_##event,				\
		.probe = (void *)trace_event_raw_event_##template,	\
	};

#include TRACE_INCLUDE(TRACE_INCLUDE_FILE)

#undef TP_STRUCT__entry
#undef TP_fast_assign
#undef TP_printk
#undef __field
