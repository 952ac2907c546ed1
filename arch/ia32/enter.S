/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only code that touches system registers in firmware of 32 bits: protected mode, flat segments, memory mapped to
 * itself if paging is on at all (UEFI 2.10, 2.3.2). Arguments lie on the stack, and ebx, esi, edi and ebp are the caller's.
 */
#include "enter.h"
#include "../x86/shared.inc"

	.text

/* The leaf, and where its four registers go. */
	.globl ia32_cpuid
	.type ia32_cpuid, @function
ia32_cpuid:
	push	%ebx
	push	%esi
	push	%edi
	mov	16(%esp), %esi
	mov	20(%esp), %edi
	mov	%esi, %eax
	ASK_CPUID %esi
	mov	%eax, (%edi)
	mov	%ebx, 4(%edi)
	mov	%ecx, 8(%edi)
	mov	%edx, 12(%edi)
	pop	%edi
	pop	%esi
	pop	%ebx
	ret

/* Into what its argument points to; eax is 0 when there is no number. */
	.globl ia32_random
	.type ia32_random, @function
ia32_random:
	push	%ebx
	DRAW	%eax, 5f
	mov	8(%esp), %edx
	mov	%eax, (%edx)
	mov	$1, %eax
	pop	%ebx
	ret
5:	xor	%eax, %eax
	pop	%ebx
	ret

	.globl x86_port_in
	.type x86_port_in, @function
x86_port_in:
	mov	4(%esp), %edx
	xor	%eax, %eax
	in	%dx, %al
	ret

	.globl x86_port_out
	.type x86_port_out, @function
x86_port_out:
	mov	4(%esp), %edx
	mov	8(%esp), %eax
	out	%al, %dx
	ret

	.globl arch_ticks
	.type arch_ticks, @function
arch_ticks:
	rdtsc
	ret

/* gdt, trampoline, copies, long_mode: see enter.h. LME before paging is on takes effect with it, in the trampoline. */
	.globl ia32_enter
	.type ia32_enter, @function
ia32_enter:
	cli
	cld
	mov	4(%esp), %eax
	mov	8(%esp), %ebx
	mov	12(%esp), %ebp
	mov	16(%esp), %edi
	mov	%cr0, %ecx
	and	$~CR0_PG, %ecx
	mov	%ecx, %cr0
	lea	TRAMPOLINE_ROOT(%ebx), %esp	/* firmware's stack may be where something is moved to */
	sub	$8, %esp
	movw	$(GDT_SIZE - 1), (%esp)
	mov	%eax, 2(%esp)
	lgdt	(%esp)
	add	$8, %esp
	LOAD_DATA_SEGMENTS
	mov	%cr4, %eax
	and	$~(CR4_PGE | CR4_PCIDE | CR4_CET | CR4_LA57), %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	test	%edi, %edi
	jz	1f
	mov	$EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
1:	mov	%ebp, %edx
	call	copy_all
	pushl	$SELECTOR_CODE_32
	pushl	%ebx
	lret

/*
 * What is moved after exit (rule C6): edx is the list that arch/moves.h writes, of 64-bit words whose upper halves
 * are 0. Upwards from the start where a piece moves down, else downwards from the end, so that one that overlaps itself
 * survives.
 */
copy_all:
	mov	(%edx), %esi
	mov	8(%edx), %edi
	mov	16(%edx), %ecx
	add	$24, %edx
	test	%ecx, %ecx
	jz	3f
	cmp	%edi, %esi
	jb	2f
	shr	$2, %ecx	/* whole pages */
	rep movsl
	jmp	copy_all
2:	lea	-4(%esi, %ecx), %esi
	lea	-4(%edi, %ecx), %edi
	shr	$2, %ecx
	std
	rep movsl
	cld
	jmp	copy_all
3:	ret

	.section .note.GNU-stack, "", @progbits
