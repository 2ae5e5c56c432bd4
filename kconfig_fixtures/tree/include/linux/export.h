/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

/* What modules may use: a pointer in a section of its own */
#define EXPORT_SYMBOL(name)						\
	const void *const __export_##name __used			\
	__section(".exports") = (const void *)&name
#define EXPORT_SYMBOL_GPL(name) EXPORT_SYMBOL(name)

#endif /* _LINUX_EXPORT_H */
