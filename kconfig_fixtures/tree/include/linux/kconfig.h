/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_KCONFIG_H
#define _LINUX_KCONFIG_H

/*
 * IS_ENABLED(CONFIG_X) is 1 where X is y or m and 0 where it is n, as a bare
 * token: it can be pasted.
 */
#define __comma_after_1 0,
#define __take_second_arg(first, second, ...) second
#define __is_one(value) __is_one_expanded(value)
#define __is_one_expanded(value) __is_one_pasted(__comma_after_##value)
#define __is_one_pasted(comma_or_junk) __take_second_arg(comma_or_junk 1, 0)
#define __either(a, b) __either_expanded(a, b)
#define __either_expanded(a, b) __either_pasted(__comma_after_##a, b)
#define __either_pasted(comma_or_junk, b) __take_second_arg(comma_or_junk 1, b)

#define IS_BUILTIN(option) __is_one(option)
#define IS_MODULE(option) __is_one(option##_MODULE)
#define IS_ENABLED(option) __either(IS_BUILTIN(option), IS_MODULE(option))

#endif /* _LINUX_KCONFIG_H */
