/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole <string.h> that upstream's decoders are built with: what the compiler calls by itself anyway. */
#include "../../loader/mem.h"
