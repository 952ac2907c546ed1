/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only code that touches system registers of x86-64: from firmware's state to the one that the kernel is
 * promised. Source: Linux Documentation/arch/x86/boot.rst, "64-bit Boot Protocol": CS = 0x10, DS = ES = SS = 0x18,
 * interrupts off, identity-mapped paging on, RSI = boot_params. The same, "32-bit Boot Protocol": paging off, the same
 * selectors, ESI = boot_params, EBP = EDI = EBX = 0. By PVH (Xen docs/misc/pvh.pandoc): 32-bit mode, CR0 has PE alone,
 * CR4 nothing, TR a TSS of base 0 and limit 0x67, EBX = hvm_start_info.
 */
#include "enter.h"
#include "../x86/shared.inc"

	.text
	.code64

/* edi: the leaf; rsi: where its four registers go. */
	.globl x86_cpuid
	.type x86_cpuid, @function
x86_cpuid:
	push	%rbx
	mov	%edi, %eax
	ASK_CPUID %edi
	mov	%eax, (%rsi)
	mov	%ebx, 4(%rsi)
	mov	%ecx, 8(%rsi)
	mov	%edx, 12(%rsi)
	pop	%rbx
	ret

/* Into *rdi; eax is 0 when there is no number. */
	.globl x86_random
	.type x86_random, @function
x86_random:
	push	%rbx
	DRAW	%rax, 5f
	mov	%rax, (%rdi)
	mov	$1, %eax
	pop	%rbx
	ret
5:	xor	%eax, %eax
	pop	%rbx
	ret

	.globl x86_read_cr4
	.type x86_read_cr4, @function
x86_read_cr4:
	mov	%cr4, %rax
	ret

	.globl x86_port_in
	.type x86_port_in, @function
x86_port_in:
	mov	%edi, %edx
	xor	%eax, %eax
	in	%dx, %al
	ret

	.globl x86_port_out
	.type x86_port_out, @function
x86_port_out:
	mov	%edi, %edx
	mov	%esi, %eax
	out	%al, %dx
	ret

	.globl arch_ticks
	.type arch_ticks, @function
arch_ticks:
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	ret

/*
 * rdi: GDT, rsi: top page table. Returns with both in force, interrupts off, data segments set, CS still firmware's.
 * Global pages, PCIDs and shadow stacks are turned off first: the first would keep firmware's translations alive,
 * the second would read bits of the table's address as a number, the third would fault on the far returns below.
 */
take_over:
	cli
	cld
	mov	%cr4, %rax
	and	$~(CR4_PGE | CR4_PCIDE | CR4_CET), %rax
	mov	%rax, %cr4
	mov	%rsi, %cr3
	sub	$16, %rsp
	movw	$(GDT_SIZE - 1), (%rsp)
	mov	%rdi, 2(%rsp)
	lgdt	(%rsp)
	add	$16, %rsp
	LOAD_DATA_SEGMENTS
	ret

/*
 * What is moved after exit (rule C6): rsi is the list that arch/moves.h writes. Upwards from the start where a piece
 * moves down, else downwards from the end, so that one that overlaps itself survives.
 */
copy_all:
	mov	%rsi, %rdx
1:	mov	(%rdx), %rsi
	mov	8(%rdx), %rdi
	mov	16(%rdx), %rcx
	add	$24, %rdx
	test	%rcx, %rcx
	jz	3f
	cmp	%rdi, %rsi
	jb	2f
	shr	$3, %rcx	/* whole pages */
	rep movsq
	jmp	1b
2:	lea	-8(%rsi, %rcx), %rsi
	lea	-8(%rdi, %rcx), %rdi
	shr	$3, %rcx
	std
	rep movsq
	cld
	jmp	1b
3:	ret

	.globl x86_enter
	.type x86_enter, @function
x86_enter:
	mov	%rdx, %r12
	mov	%rcx, %r13
	call	take_over
	mov	%r9, %rsp	/* firmware's stack may be where something is moved to */
	mov	%r8, %rsi
	call	copy_all
	pushq	$0
	popfq			/* every flag clear, IF among them */
	pushq	$SELECTOR_CODE
	pushq	%r12
	mov	%r13, %rsi
	xor	%eax, %eax
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%edi, %edi
	xor	%ebp, %ebp
	lretq

	.globl x86_enter_by_trampoline
	.type x86_enter_by_trampoline, @function
x86_enter_by_trampoline:
	mov	%rdx, %rbx
	mov	%rcx, %r12
	call	take_over
	lea	TRAMPOLINE_ROOT(%rbx), %rsp
	mov	%r12, %rsi
	call	copy_all
	pushq	$SELECTOR_CODE_32
	pushq	%rbx
	lretq

	.section .note.GNU-stack, "", @progbits
