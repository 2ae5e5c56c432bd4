/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_STRINGIFY_H
#define _LINUX_STRINGIFY_H

#define __text_of(words...) #words
#define __stringify(words...) __text_of(words)

#endif /* _LINUX_STRINGIFY_H */
