/* SPDX-License-Identifier: BSD-2-Clause */
/* The <sys/types.h> that libmd's header asks for, for functions on files that nothing calls. */
#ifndef BERTH_SYS_TYPES_H
#define BERTH_SYS_TYPES_H

#include <stddef.h>

typedef long off_t;

#endif
