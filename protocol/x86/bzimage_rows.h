/* SPDX-License-Identifier: BSD-2-Clause */
/* bzImages, as image.h has formats. */
#ifndef BERTH_BZIMAGE_ROWS_H
#define BERTH_BZIMAGE_ROWS_H

#include "../image.h"

/* With a 64-bit entry, of 2.12 and later; and with a 32-bit one, of i386 and older kernels. */
extern const struct protocol bzimage_protocol, bzimage_32_protocol;

#endif
