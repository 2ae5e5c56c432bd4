
/*
 * A trace header may say whether the tracepoints of its system are compiled
 * in, right where it names the system:
 *
 *	#define TRACE_SYSTEM gpio
 *	#define TRACE_OPTION_gpio IS_ENABLED(CONFIG_TRACING_GPIO)
 *
 * Where that is 0, its tracepoints become the empty functions that all of
 * them are without CONFIG_TRACEPOINTS. A header that says nothing is in.
 * A system whose name is no C identifier is found by its TRACE_SYSTEM_VAR.
 *
 * The question is asked each time a tracepoint is declared or defined and not
 * once in a file, so it does not matter which trace headers a file includes,
 * or in which order. The macros below only differ in how far their arguments
 * are expanded before they are pasted.
 */
#ifdef TRACEPOINTS_ENABLED
#define TRACE_SYSTEM_ENABLED __trace_enabled(TRACE_SYSTEM, TRACE_SYSTEM_VAR)
#else
#define TRACE_SYSTEM_ENABLED 0
#endif

#define __trace_enabled(system, var) ___trace_enabled(system, var)
#define ___trace_enabled(system, var) \
	__trace_option(TRACE_OPTION_##system, TRACE_OPTION_##var)
#define __trace_option(by_system, by_var) ___trace_option(by_system, by_var)
#define ___trace_option(by_system, by_var) \
	__trace_not_off(__TRACE_OFF_##by_system, __TRACE_OFF_##by_var)
#define __TRACE_OFF_0 0,
#define __trace_not_off(junk_or_0, junk_or_0_too) \
	__take_second_arg(junk_or_0 0, __take_second_arg(junk_or_0_too 0, 1))

#define __TRACE_CHOOSE(name) __TRACE_CHOICE(name, TRACE_SYSTEM_ENABLED)
#define __TRACE_CHOICE(name, enabled) ___TRACE_CHOICE(name, enabled)
#define ___TRACE_CHOICE(name, enabled) name##enabled
