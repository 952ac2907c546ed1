/* SPDX-License-Identifier: BSD-2-Clause */
/* The formats of kernels for arm64. */
#include "arm64.h"

extern const struct protocol *const arm64_formats[];

const struct protocol *const arm64_formats[] = {&arm64_protocol, NULL};
