
/*
 * A trace header may say whether the tracepoints of its system are compiled
 * in, right where it names the system:
 *
 *	#define TRACE_SYSTEM gpio
 *	#define TRACE_OPTION_gpio IS_ENABLED(CONFIG_TRACING_GPIO)
 *
 * Where that is 0, its tracepoints become empty functions, as all of them are
 * without CONFIG_TRACEPOINTS. A header that says nothing is in. A system whose
 * name is no C identifier is found by its TRACE_SYSTEM_VAR.
 *
 * The question is asked each time a tracepoint is declared or defined and not
 * once in a file, so it does not matter which trace headers a file includes,
 * or in which order. The macros below only differ in how far their arguments
 * are expanded before they are pasted.
 */
#define TRACE_SYSTEM_ENABLED __trace_enabled(TRACE_SYSTEM, TRACE_SYSTEM_VAR)

#define __trace_enabled(system, var) ___trace_enabled(system, var)
#define ___trace_enabled(system, var) \
	__trace_option(TRACE_OPTION_##system, TRACE_OPTION_##var)
#define __trace_option(by_system, by_var) ___trace_option(by_system, by_var)
#define ___trace_option(by_system, by_var) \
	__trace_not_off(__TRACE_OFF_##by_system, __TRACE_OFF_##by_var)
#define __TRACE_OFF_0 0,
#define __trace_not_off(junk_or_0, junk_or_0_too) \
	__take_second_arg(junk_or_0 0, __take_second_arg(junk_or_0_too 0, 1))

#define __trace_choose(name) __trace_choice(name, TRACE_SYSTEM_ENABLED)
#define __trace_choice(name, enabled) ___trace_choice(name, enabled)
#define ___trace_choice(name, enabled) name##enabled

#define __trace_off(_name, proto...)					\
	static inline void trace##_name(proto)				\
	{								\
	}{{ "\t\\" if more_calls }}
{% for infix in more_calls %}
	static inline void {{ infix[0] }}##_name{{ infix[1] }}(proto)	\
	{								\
	}{{ "\t\\" if not loop.last }}
{% endfor %}

#define __trace_off_probes(_name, data_proto...)			\
	static inline int						\
	register_trace##_name(void (*probe)(data_proto), void *data)	\
	{								\
		return -EOPNOTSUPP;					\
	}								\
	static inline int						\
	register_trace_prio##_name(void (*probe)(data_proto),		\
				   void *data, int prio)		\
	{								\
		return -EOPNOTSUPP;					\
	}								\
	static inline int						\
	unregister_trace##_name(void (*probe)(data_proto), void *data)	\
	{								\
		return -EOPNOTSUPP;					\
	}								\
	static inline void						\
	check_trace_callback_type##_name(void (*cb)(data_proto))	\
	{								\
	}

#define __trace_unused(...)
{% for macro in macros %}

#define {{ macro.name }}_1 {{ macro.name }}
#define {{ macro.name }}_0({{ macro.params | join(", ") }})	\
	static inline bool trace_##name##_enabled(void)			\
	{								\
		return false;						\
	}								\
	__trace_off(_##name, PARAMS(proto))				\
	__trace_off_probes(_##name, PARAMS(data_proto))			\
	__trace_unused({{ macro.unused | join(", ") }})
{% endfor %}
