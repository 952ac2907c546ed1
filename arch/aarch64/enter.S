/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only code that touches system registers of arm64: from firmware's state to the one that the kernel is promised.
 * Source: Linux Documentation/arch/arm64/booting.rst, 4, "Before jumping into the kernel": MMU and data cache off, what
 * was written cleaned to the point of coherency by address, all interrupts masked, x0 the device tree, x1 to x3 zero, the
 * exception level that firmware runs at, EL2 or EL1. Arm ARM (DDI 0487), D7.5, cache maintenance.
 */

#define SCTLR_M 0x1 /* MMU */
#define SCTLR_C 0x4 /* data cache */
#define SCTLR_I 0x1000 /* instruction cache */
#define SCTLR_WXN 0x80000 /* what can be written cannot be run */
#define MAIR_WRITE_BACK 0xff /* attribute 0: normal memory, write-back, inner and outer */
#define CTR_DMINLINE_SHIFT 16 /* log2 of the smallest data cache line, in words of 4 bytes */

#define ID_AA64ISAR0_RNDR_SHIFT 60
#define RNDR s3_3_c2_c4_0

	.text

	.globl aarch64_memory_features
	.type aarch64_memory_features, @function
aarch64_memory_features:
	mrs	x0, id_aa64mmfr0_el1
	ret

/* x0: HCR_EL2 at EL2, whose bit E2H gives its registers the form of EL1's; all ones at EL1. */
	.globl aarch64_hcr
	.type aarch64_hcr, @function
aarch64_hcr:
	mrs	x0, currentel
	cmp	x0, #(1 << 2)
	b.eq	1f
	mrs	x0, hcr_el2
	ret
1:	mov	x0, #-1
	ret

	.globl arch_ticks
	.type arch_ticks, @function
arch_ticks:
	isb			/* or the counter is read before what it should measure */
	mrs	x0, cntvct_el0
	ret

	.globl aarch64_counter_frequency
	.type aarch64_counter_frequency, @function
aarch64_counter_frequency:
	mrs	x0, cntfrq_el0
	ret

/* RNDR into [x0], in ten tries: it may have none at the moment, and then sets Z (Arm ARM, D19.2.125). */
	.globl aarch64_random
	.type aarch64_random, @function
aarch64_random:
	mrs	x1, id_aa64isar0_el1
	lsr	x1, x1, #ID_AA64ISAR0_RNDR_SHIFT
	cbz	x1, 3f
	mov	x1, #10
1:	mrs	x2, RNDR
	b.ne	2f
	sub	x1, x1, #1
	cbnz	x1, 1b
	b	3f
2:	str	x2, [x0]
	mov	w0, #1
	ret
3:	mov	w0, #0
	ret

/* Cleans and invalidates [x0, x1) to the point of coherency; x2 and x3 are lost. */
clean:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #CTR_DMINLINE_SHIFT, #4
	mov	x3, #4
	lsl	x3, x3, x2
	sub	x2, x3, #1
	bic	x0, x0, x2
1:	cmp	x0, x1
	b.hs	2f
	dc	civac, x0
	add	x0, x0, x3
	b	1b
2:	ret

/*
 * x0: entry, x1: its argument, x2: ranges that were written, x3: how many, x4: list of copies, x5: tables to copy under
 * (struct aarch64_tables). No stack: firmware's, and its page tables, may be where something is copied to.
 *
 * What runs while the MMU is off is fetched from memory, and so is cleaned as well. Copies are made with the MMU and the
 * caches on where there are tables (rule C6), and cleaned then. Without tables they are made with the caches off: where
 * they go is cleaned first, or a line of firmware's could be written back over them.
 */
	.globl aarch64_enter
	.type aarch64_enter, @function
aarch64_enter:
	msr	daifset, #0xf
	mov	x19, x0
	mov	x20, x1
	mov	x21, x2
	mov	x22, x3
	mov	x23, x4
	ldp	x24, x25, [x5]		/* root, TCR */
1:	cbz	x22, 2f
	ldp	x0, x1, [x21], #16
	sub	x22, x22, #1
	bl	clean
	b	1b
2:	adr	x0, clean
	adr	x1, end
	bl	clean
	dsb	sy
	ic	iallu		/* no stale instructions of what lay in the kernel's place */
	dsb	sy
	isb

	bl	mmu_off
	ldr	x0, [x23, #16]
	cbz	x0, 2f
	cbz	x24, 1f
	bl	mmu_on
	bl	copy_all
	bl	clean_targets
	dsb	sy
	bl	mmu_off
	b	2f
1:	bl	clean_targets	/* not before: a page that firmware has unmapped, as below its stack, would fault */
	dsb	sy
	bl	copy_all
2:	dsb	sy
	ic	iallu
	dsb	sy
	isb
	mov	x0, x20
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	br	x19

/* Cleans where the copies of x23 go. */
clean_targets:
	mov	x7, x30
	mov	x21, x23
1:	ldp	x4, x0, [x21], #16	/* from and to; size */
	ldr	x1, [x21], #8
	cbz	x1, 2f
	add	x1, x0, x1
	bl	clean
	b	1b
2:	ret	x7

/* Z: at EL1. */
.macro at_el1
	mrs	x0, currentel
	cmp	x0, #(1 << 2)
.endm

mmu_off:
	at_el1
	b.eq	1f
	mrs	x0, sctlr_el2
	bic	x0, x0, #SCTLR_M
	bic	x0, x0, #SCTLR_C
	msr	sctlr_el2, x0
	isb
	tlbi	alle2
	b	2f
1:	mrs	x0, sctlr_el1
	bic	x0, x0, #SCTLR_M
	bic	x0, x0, #SCTLR_C
	msr	sctlr_el1, x0
	isb
	tlbi	vmalle1
2:	dsb	sy
	isb
	ret

/* x24: root, x25: TCR. Firmware may have forbidden running writable memory (WXN), as all of it is here. */
mmu_on:
	mov	x2, #MAIR_WRITE_BACK
	mov	x1, #(SCTLR_M | SCTLR_C)
	orr	x1, x1, #SCTLR_I
	at_el1
	b.eq	1f
	msr	mair_el2, x2
	msr	tcr_el2, x25
	msr	ttbr0_el2, x24
	isb
	mrs	x0, sctlr_el2
	orr	x0, x0, x1
	bic	x0, x0, #SCTLR_WXN
	msr	sctlr_el2, x0
	isb
	ret
1:	msr	mair_el1, x2
	msr	tcr_el1, x25
	msr	ttbr0_el1, x24
	isb
	mrs	x0, sctlr_el1
	orr	x0, x0, x1
	bic	x0, x0, #SCTLR_WXN
	msr	sctlr_el1, x0
	isb
	ret

/* Whole pages: upwards from the start where a piece moves down, else downwards from the end. */
copy_all:
	mov	x21, x23
1:	ldp	x0, x1, [x21], #16
	ldr	x2, [x21], #8
	cbz	x2, 4f
	cmp	x0, x1
	b.lo	3f
2:	ldp	x3, x4, [x0], #32
	ldp	x5, x6, [x0, #-16]
	stp	x3, x4, [x1], #32
	stp	x5, x6, [x1, #-16]
	subs	x2, x2, #32
	b.ne	2b
	b	1b
3:	add	x0, x0, x2
	add	x1, x1, x2
5:	ldp	x5, x6, [x0, #-16]
	ldp	x3, x4, [x0, #-32]!
	stp	x5, x6, [x1, #-16]
	stp	x3, x4, [x1, #-32]!
	subs	x2, x2, #32
	b.ne	5b
	b	1b
4:	ret
end:
	.size	aarch64_enter, . - aarch64_enter

	.section .note.GNU-stack, "", @progbits
