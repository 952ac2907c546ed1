/* SPDX-License-Identifier: BSD-2-Clause */
/* The routines in enter.S. */
#ifndef BERTH_X86_64_ENTER_H
#define BERTH_X86_64_ENTER_H

#include "../x86/entry.h"

#ifndef __ASSEMBLER__
#include <stdint.h>

uint32_t x86_cpuid_ecx(uint32_t leaf); /* 0 when the CPU does not have the leaf */
uint32_t x86_cpuid_edx(uint32_t leaf);
uint64_t x86_read_cr4(void);
uint32_t x86_random(uint64_t *number); /* 0 when the CPU gives none */
__attribute__((noreturn)) void x86_enter(uint64_t gdt, uint64_t root, uint64_t entry, uint64_t argument,
					 uint64_t copies, uint64_t stack_top);
__attribute__((noreturn)) void x86_enter_by_trampoline(uint64_t gdt, uint64_t root, uint64_t trampoline,
						       uint64_t copies);
#endif

#endif
