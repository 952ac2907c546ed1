/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What kernels for x86 are entered with, from 64-bit and from 32-bit firmware alike: descriptor table, and the code
 * that changes the CPU's mode, in a page of the handoff block.
 */
#ifndef BERTH_X86_ENTRY_H
#define BERTH_X86_ENTRY_H

/*
 * boot.rst, "32-bit Boot Protocol" and "64-bit Boot Protocol": __BOOT_CS is 0x10, __BOOT_DS is 0x18. __BOOT_CS has as
 * many bits as the kernel is entered with; the trampoline's code segment stands in front of it.
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
#define TRAMPOLINE_ROOT	 0xfe0 /* its lowest bits, which CR3 does not use here, are the flags */
#define TRAMPOLINE_ENTRY 0xfe8
#define TRAMPOLINE_ESI	 0xff0
#define TRAMPOLINE_EBX	 0xff8 /* in 32-bit mode; else it is 0 */

#define ROOT_FIVE_LEVELS 1 /* of TRAMPOLINE_ROOT: the table is the top one of five */

/* Intel SDM volume 3, 2.5; volume 4, IA32_EFER. */
#define CR0_PE	  0x1
#define CR0_PG	  0x80000000
#define CR4_PAE	  0x20
#define CR4_PGE	  0x80
#define CR4_LA57  0x1000
#define CR4_PCIDE 0x20000
#define CR4_CET	  0x800000
#define EFER	  0xc0000080
#define EFER_LME  0x100

#ifndef __ASSEMBLER__
#include "../../protocol/handoff.h"
#include "../arch.h"
#include "../tables.h"

/* Each carves what it makes out of handoff->block; with block.at == NULL they only measure. They return addresses. */
uint64_t x86_take_gdt(struct block *block, bool with_code_32, const struct entrance *how);
/* A small stack for the code to use once firmware's may be overwritten; returns its top. */
uint64_t x86_take_stack(struct block *block);
/* @tables: NULL where the kernel is entered without paging. */
uint64_t x86_take_trampoline(struct handoff *handoff, const struct entrance *how, const struct tables *tables);

extern const uint8_t x86_trampoline[], x86_trampoline_end[];
#endif

#endif
