/* SPDX-License-Identifier: BSD-2-Clause */
/* The <inttypes.h> that liblzma's headers ask for: the types only, as nothing is printed. */
#ifndef BERTH_INTTYPES_H
#define BERTH_INTTYPES_H

#include <stdint.h>

#endif
