/* SPDX-License-Identifier: BSD-2-Clause */
/* The formats of kernels for RISC-V. */
#include "riscv.h"

extern const struct protocol *const riscv_formats[];

const struct protocol *const riscv_formats[] = {&riscv_protocol, NULL};
