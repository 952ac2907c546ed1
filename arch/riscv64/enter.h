/* SPDX-License-Identifier: BSD-2-Clause */
/* The routines of enter.S. */
#ifndef BERTH_RISCV64_ENTER_H
#define BERTH_RISCV64_ENTER_H

#include <stdint.h>

/* The counter that every hart shares; it runs at the rate of /cpus/timebase-frequency. */
uint64_t riscv_time(void);

/* Enters a kernel as Linux Documentation/arch/riscv/boot.rst says. */
__attribute__((noreturn)) void riscv_enter(uint64_t hart, uint64_t tree, uint64_t entry, uint64_t copies);

#endif
