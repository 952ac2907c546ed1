/* SPDX-License-Identifier: BSD-2-Clause */
/* The <limits.h> that upstream's decoders are built with: a compiler's own includes libc's, which cross ones lack. */
#ifndef BERTH_LIMITS_H
#define BERTH_LIMITS_H

#define CHAR_BIT   __CHAR_BIT__
#define USHRT_MAX  (__SHRT_MAX__ * 2 + 1)
#define INT_MAX	   __INT_MAX__
#define INT_MIN	   (-INT_MAX - 1)
#define UINT_MAX   (__INT_MAX__ * 2u + 1)
#define ULONG_MAX  (__LONG_MAX__ * 2ul + 1)
#define ULLONG_MAX (__LONG_LONG_MAX__ * 2ull + 1)

#endif
