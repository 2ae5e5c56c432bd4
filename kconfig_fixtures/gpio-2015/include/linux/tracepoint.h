/* SPDX-License-Identifier: GPL-2.0-only */
/* The switch of 2015: whoever includes this first decides for the file. */
#ifndef DECLARE_TRACE

#define TP_PROTO(args...)	args
#define TP_ARGS(args...)	args
#define PARAMS(args...)		args

#if defined(CONFIG_TRACEPOINTS) && !defined(NOTRACE)
#define TRACEPOINTS_ENABLED
#endif

#ifdef TRACEPOINTS_ENABLED
#define DECLARE_TRACE(name, proto, args)				\
	void __traceiter_##name(proto);					\
	static inline void trace_##name(proto) { __traceiter_##name(args); }
#else
#define DECLARE_TRACE(name, proto, args)				\
	static inline void trace_##name(proto) { }
#endif

#define TRACE_EVENT(name, proto, args, struct, assign, print)		\
	DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))

#endif /* DECLARE_TRACE */
