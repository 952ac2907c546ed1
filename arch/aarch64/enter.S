/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only code that touches system registers of arm64: from firmware's state to the one that the kernel is promised.
 * Source: Linux Documentation/arch/arm64/booting.rst, 4, "Before jumping into the kernel": MMU and data cache off, what
 * was written cleaned to the point of coherency by address, all interrupts masked, x0 the device tree, x1 to x3 zero, the
 * exception level that firmware runs at, EL2 or EL1. Arm ARM (DDI 0487), D7.5, cache maintenance.
 */

#define SCTLR_M 0x1 /* MMU */
#define SCTLR_C 0x4 /* data cache */
#define CTR_DMINLINE_SHIFT 16 /* log2 of the smallest data cache line, in words of 4 bytes */

#define ID_AA64ISAR0_RNDR_SHIFT 60
#define RNDR s3_3_c2_c4_0

	.text

	.globl aarch64_memory_features
	.type aarch64_memory_features, @function
aarch64_memory_features:
	mrs	x0, id_aa64mmfr0_el1
	ret

	.globl arch_ticks
	.type arch_ticks, @function
arch_ticks:
	isb			/* or the counter is read ahead of what it is to measure */
	mrs	x0, cntvct_el0
	ret

/* RNDR into [x0], in ten tries, for it may have none at the moment: then it sets Z (Arm ARM, D19.2.125). */
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
 * x0: entry, x1: its argument, x2: ranges that were written, x3: how many, x4: list of copies. What runs once the MMU is
 * off is fetched from memory, and so must have been cleaned as well. The copies (rule C6) are made then: where they go
 * firmware's page tables may lie, or its stack. Their targets are cleaned first, or a line of firmware's could be written
 * back over them.
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
1:	cbz	x22, 2f
	ldp	x0, x1, [x21], #16
	sub	x22, x22, #1
	bl	clean
	b	1b
2:	cbz	x23, 4f
	mov	x21, x23
3:	ldp	x0, x1, [x21], #16	/* from and to; size */
	ldr	x2, [x21], #8
	cbz	x2, 4f
	mov	x0, x1
	add	x1, x1, x2
	bl	clean
	b	3b
4:	adr	x0, without_mmu
	adr	x1, end
	bl	clean
	dsb	sy
	ic	iallu		/* no stale instructions of what lay in the kernel's place */
	dsb	sy
	isb

without_mmu:
	mrs	x0, currentel
	cmp	x0, #(2 << 2)
	b.eq	1f
	mrs	x0, sctlr_el1
	bic	x0, x0, #SCTLR_M
	bic	x0, x0, #SCTLR_C
	msr	sctlr_el1, x0
	isb
	tlbi	vmalle1
	b	2f
1:	mrs	x0, sctlr_el2
	bic	x0, x0, #SCTLR_M
	bic	x0, x0, #SCTLR_C
	msr	sctlr_el2, x0
	isb
	tlbi	alle2
2:	dsb	sy
	isb
	cbz	x23, 6f

/* Whole pages, 16 bytes at a time: upwards from the start where a piece moves down, else downwards from the end. */
3:	ldp	x0, x1, [x23], #16
	ldr	x2, [x23], #8
	cbz	x2, 6f
	cmp	x0, x1
	b.lo	5f
4:	ldp	x3, x4, [x0], #16
	stp	x3, x4, [x1], #16
	subs	x2, x2, #16
	b.ne	4b
	b	3b
5:	add	x0, x0, x2
	add	x1, x1, x2
7:	ldp	x3, x4, [x0, #-16]!
	stp	x3, x4, [x1, #-16]!
	subs	x2, x2, #16
	b.ne	7b
	b	3b

6:	dsb	sy
	ic	iallu
	dsb	sy
	isb
	mov	x0, x20
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	br	x19
end:
	.size	aarch64_enter, . - aarch64_enter

	.section .note.GNU-stack, "", @progbits
