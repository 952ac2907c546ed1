/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head of an Image for arm64, and what is found in registers at its entry, before anything changes it.
 * Source: Linux Documentation/arch/arm64/booting.rst, 4; make_image.py writes the header's fields and the facts.
 */
	.section .entry, "ax"
	.globl probe_entry
probe_entry:
	b	start		/* code0 */
	nop
	.quad	0		/* text_offset */
	.quad	0		/* image_size */
	.quad	0		/* flags */
	.quad	0, 0, 0
	.word	0x644d5241
	.word	0
	.globl probe_facts
probe_facts:
	.fill	5, 8, 0

start:
	adr	x4, found
	stp	x0, x1, [x4]
	stp	x2, x3, [x4, #16]
	mrs	x0, currentel
	mrs	x1, daif
	stp	x0, x1, [x4, #32]
	adr	x5, vectors
	cmp	x0, #(2 << 2)
	b.eq	1f
	mrs	x0, sctlr_el1
	msr	vbar_el1, x5
	b	2f
1:	mrs	x0, sctlr_el2
	msr	vbar_el2, x5
2:	str	x0, [x4, #48]
	isb
	adr	x1, stack_top
	mov	sp, x1
	mov	x0, x4
	adr	x1, probe_entry
	bl	probe_main

/* bool probe_byte_can_be_read(uint64_t address): a fault is an answer, and goes on at 2. */
	.text
	.globl probe_byte_can_be_read
probe_byte_can_be_read:
	adr	x1, recovery
	adr	x2, 2f
	str	x2, [x1]
	ldrb	w0, [x0]
	dsb	sy		/* it comes now, or not at all */
	str	xzr, [x1]
	mov	w0, #1
	ret
2:	mov	w0, #0
	ret

fault:
	mrs	x9, currentel
	cmp	x9, #(2 << 2)
	b.eq	1f
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	mrs	x2, far_el1
	b	2f
1:	mrs	x0, esr_el2
	mrs	x1, elr_el2
	mrs	x2, far_el2
2:	adr	x3, recovery
	ldr	x4, [x3]
	cbz	x4, 4f
	str	xzr, [x3]
	cmp	x9, #(2 << 2)
	b.eq	3f
	msr	elr_el1, x4
	eret
3:	msr	elr_el2, x4
	eret
4:	bl	probe_fault

/* Ends QEMU by Arm's semihosting: SYS_EXIT_EXTENDED, reason and status at x1 (Semihosting for AArch64, 7.8). */
	.globl probe_exit
probe_exit:
	mov	w0, #0x20
	hlt	#0xf000
	b	probe_exit

	.balign	2048
vectors:
	.rept	16
	.balign	128
	b	fault
	.endr

	.bss
	.balign	16
found:	.fill	64, 1, 0
recovery:
	.fill	16, 1, 0
	.fill	16384, 1, 0
stack_top:

	.section .note.GNU-stack, "", @progbits
