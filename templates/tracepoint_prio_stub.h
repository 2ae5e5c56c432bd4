	static inline int						\
	register_trace_prio_##name(void (*probe)(data_proto),		\
				   void *data, int prio)		\
	{								\
		return -ENOSYS;						\
	}								\
