/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only code that touches system registers of RISC-V: from firmware's state to the one that the kernel is promised.
 * Source: Linux Documentation/arch/riscv/boot.rst, "Pre-kernel Requirements and Constraints": a0 = hart, a1 = device
 * tree, satp = 0. RISC-V Privileged Architecture, "Supervisor-Level ISA".
 */
#define SSTATUS_SIE 0x2

	.text

	.globl riscv_time
	.type riscv_time, @function
riscv_time:
	rdtime	a0
	ret

/*
 * riscv_enter(a0 hart, a1 tree, a2 entry, a3 what is moved after exit, as arch/moves.h writes it). No stack: firmware's
 * may be where something is moved to. UEFI 2.10, 2.3.7.1: firmware runs in supervisor mode and maps memory identically
 * where it maps at all, so this code goes on at the same address when satp is cleared.
 */
	.globl riscv_enter
	.type riscv_enter, @function
riscv_enter:
	csrci	sstatus, SSTATUS_SIE
	csrw	sie, zero
	csrw	satp, zero
	sfence.vma

	/* Rule C6: upwards where a piece moves down, else downwards from its end, so that one that overlaps survives. */
1:	ld	t0, 0(a3)
	ld	t1, 8(a3)
	ld	t2, 16(a3)
	addi	a3, a3, 24
	beqz	t2, 5f
	bltu	t0, t1, 3f
	add	t2, t2, t0
2:	ld	t3, 0(t0)
	sd	t3, 0(t1)
	addi	t0, t0, 8
	addi	t1, t1, 8
	bltu	t0, t2, 2b
	j	1b
3:	add	t3, t0, t2
	add	t1, t1, t2
4:	addi	t3, t3, -8
	addi	t1, t1, -8
	ld	t4, 0(t3)
	sd	t4, 0(t1)
	bltu	t0, t3, 4b
	j	1b

	/* The kernel was written as data; this hart's fetches must see it (Unprivileged ISA, "Zifencei"). */
5:	fence	rw, rw
	fence.i
	mv	tp, zero
	jr	a2
