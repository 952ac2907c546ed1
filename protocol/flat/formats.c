/* SPDX-License-Identifier: BSD-2-Clause */
/* What flat images come in. */
#include "zboot.h"

extern const struct protocol *const flat_formats[];

const struct protocol *const flat_formats[] = {&zboot_protocol, NULL};
