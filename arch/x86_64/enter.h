/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by prepare.c and enter.S: selectors, the layout of the trampoline's page, and the routines in enter.S. */
#ifndef BERTH_X86_64_ENTER_H
#define BERTH_X86_64_ENTER_H

/*
 * boot.rst, "32-bit Boot Protocol" and "64-bit Boot Protocol": __BOOT_CS is 0x10, __BOOT_DS is 0x18. __BOOT_CS has code
 * of as many bits as the kernel is entered with; in front of it stands that of the trampoline.
 */
#define SELECTOR_CODE_32 0x08
#define SELECTOR_CODE	 0x10
#define SELECTOR_DATA	 0x18
#define SELECTOR_TSS	 0x20 /* for PVH, which wants one in TR; in 64-bit mode empty */
#define GDT_SIZE	 0x28

/*
 * In the trampoline's page: code from 0, a stack that ends where the words for the code begin. Root 0: the kernel is
 * entered in 32-bit mode without paging.
 */
#define TRAMPOLINE_ROOT	 0xfe0 /* its lowest bits, of which CR3 makes no use here, are the flags */
#define TRAMPOLINE_ENTRY 0xfe8
#define TRAMPOLINE_ESI	 0xff0
#define TRAMPOLINE_EBX	 0xff8 /* in 32-bit mode; else it is 0 */

#define ROOT_FIVE_LEVELS 1 /* of TRAMPOLINE_ROOT: the table is the top one of five */

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
extern const uint8_t x86_trampoline[], x86_trampoline_end[];
#endif

#endif
