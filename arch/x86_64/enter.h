/* SPDX-License-Identifier: BSD-2-Clause */
/* The routines in enter.S. */
#ifndef BERTH_X86_64_ENTER_H
#define BERTH_X86_64_ENTER_H

#include "../x86/cpuid.h"
#include "../x86/entry.h"

#ifndef __ASSEMBLER__
#include <stdint.h>

void x86_cpuid(uint32_t leaf, struct cpuid *registers);
uint64_t x86_read_cr4(void);
uint32_t x86_random(uint64_t *number); /* 0 when the CPU gives none */
__attribute__((noreturn)) void x86_enter(uint64_t gdt, uint64_t root, uint64_t entry, uint64_t argument,
					 uint64_t copies, uint64_t stack_top);
__attribute__((noreturn)) void x86_enter_by_trampoline(uint64_t gdt, uint64_t root, uint64_t trampoline,
						       uint64_t copies);
#endif

#endif
