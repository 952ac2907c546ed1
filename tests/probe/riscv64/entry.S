/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head of a RISC-V Image, and what is found in registers at its entry, before anything changes it.
 * Source: Linux Documentation/arch/riscv/boot-image-header.rst; make_image.py writes image_size and the facts.
 */
	.section .entry, "ax"
	.globl probe_entry
probe_entry:
	j	start
	.balign	8
	.quad	0x200000	/* text_offset */
	.quad	0		/* image_size */
	.quad	0		/* flags */
	.word	2		/* version */
	.word	0
	.quad	0
	.quad	0x5643534952
	.word	0x05435352
	.word	0
	.globl probe_facts
probe_facts:
	.fill	4, 8, 0

start:
	csrr	t0, satp
	csrr	t1, sstatus
	csrr	t2, sie
	la	sp, stack_top
	addi	sp, sp, -48
	sd	a0, 0(sp)
	sd	a1, 8(sp)
	sd	t0, 16(sp)
	sd	t1, 24(sp)
	sd	t2, 32(sp)
	la	t0, fault
	csrw	stvec, t0
	mv	a0, sp
	la	a1, probe_entry
	call	probe_main

/* bool probe_byte_can_be_read(uint64_t address): a fault is an answer. */
	.text
	.globl probe_byte_can_be_read
probe_byte_can_be_read:
	la	t0, 1f
	csrw	stvec, t0
	lbu	t1, 0(a0)
	li	a0, 1
	j	2f
	.balign	4
1:	li	a0, 0
2:	la	t0, fault
	csrw	stvec, t0
	ret

	.balign	4
fault:
	csrr	a0, scause
	csrr	a1, sepc
	csrr	a2, stval
	call	probe_fault

/* The SBI call of extension a2, function a3, with two arguments; its error. Source: SBI 1.0, 3. */
	.globl probe_sbi
probe_sbi:
	mv	a7, a2
	mv	a6, a3
	mv	t0, a4
	ecall
	beqz	t0, 1f
	sd	a1, 0(t0)
1:	ret

	.bss
	.balign	16
	.fill	16384, 1, 0
stack_top:
