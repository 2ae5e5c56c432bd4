/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H

#define NULL ((void *)0)
#define ENOSYS 38
#define EOPNOTSUPP 95

#define __maybe_unused __attribute__((__unused__))
#define __used __attribute__((__used__))
#define __section(name) __attribute__((__section__(name)))

typedef _Bool bool;
#define true 1
#define false 0

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#endif /* _LINUX_TYPES_H */
