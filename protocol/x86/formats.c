/* SPDX-License-Identifier: BSD-2-Clause */
/* The formats of kernels for x86, in the order in which a file is held against them. */
#include "bzimage_rows.h"
#include "pvh.h"
#include "vmlinux.h"

extern const struct protocol *const x86_formats[];

const struct protocol *const x86_formats[] = {&bzimage_protocol, &bzimage_32_protocol, &vmlinux_protocol, &pvh_protocol,
					      NULL};
