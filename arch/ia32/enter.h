/* SPDX-License-Identifier: BSD-2-Clause */
/* The routines in enter.S. */
#ifndef BERTH_IA32_ENTER_H
#define BERTH_IA32_ENTER_H

#include "../x86/cpuid.h"
#include "../x86/entry.h"

#ifndef __ASSEMBLER__
#include <stdint.h>

void ia32_cpuid(uint32_t leaf, struct cpuid *registers);
uint32_t ia32_random(uint32_t *number); /* 0 when the CPU gives none */
/* @long_mode: not 0 when the trampoline must turn paging on. All addresses lie below 4 GiB. */
__attribute__((noreturn)) void ia32_enter(uint32_t gdt, uint32_t trampoline, uint32_t copies, uint32_t long_mode);
#endif

#endif
