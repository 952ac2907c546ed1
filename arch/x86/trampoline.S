/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From long mode, or 32-bit mode with PAE and LME set, to the mode that the kernel is entered in.
 * Source: Linux Documentation/arch/x86/boot.rst, "32-bit Boot Protocol" and "64-bit Boot Protocol"; Xen
 * docs/misc/pvh.pandoc.
 */
#include "entry.h"

/*
 * Leaves 5-level paging or turns it on (Intel SDM volume 3, 4.1.1: CR4.LA57 cannot change while paging is on), or leaves
 * long mode (9.8.5.4 in the same). Runs from a copy below 4 GiB, in 32-bit code whose address is in ebx; esp points to the words after it.
 */
	.section .rodata
	.code32
	.globl x86_trampoline, x86_trampoline_end
x86_trampoline:
	mov	%cr0, %eax
	and	$~CR0_PG, %eax
	mov	%eax, %cr0
	mov	TRAMPOLINE_ROOT(%ebx), %eax
	test	%eax, %eax
	jz	2f
	mov	%cr4, %edx
	and	$~CR4_LA57, %edx
	test	$ROOT_FIVE_LEVELS, %al
	jz	3f
	or	$CR4_LA57, %edx
	and	$~ROOT_FIVE_LEVELS, %eax
3:	mov	%edx, %cr4
	mov	%eax, %cr3
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0	/* EFER.LME is still set: long mode again */
	lea	(1f - x86_trampoline)(%ebx), %eax
	pushl	$SELECTOR_CODE
	pushl	%eax
	lret
	.code64
1:	mov	%ebx, %ebx	/* the upper halves are undefined after 32-bit code */
	mov	%esp, %esp
	pushq	$0
	popfq
	mov	TRAMPOLINE_ESI(%rbx), %rsi
	mov	TRAMPOLINE_ENTRY(%rbx), %rax
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%edi, %edi
	xor	%ebp, %ebp
	jmp	*%rax

	.code32
2:	mov	$EFER, %ecx
	rdmsr
	and	$~EFER_LME, %eax
	wrmsr
	xor	%eax, %eax
	mov	%eax, %cr4
	mov	$CR0_PE, %eax
	mov	%eax, %cr0
	mov	$SELECTOR_DATA, %eax	/* again: 64-bit mode ignores most of what it loads */
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$SELECTOR_TSS, %eax
	ltr	%ax
	pushl	$0
	popfl
	pushl	$SELECTOR_CODE
	pushl	TRAMPOLINE_ENTRY(%ebx)
	mov	TRAMPOLINE_ESI(%ebx), %esi
	mov	TRAMPOLINE_EBX(%ebx), %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%edi, %edi
	xor	%ebp, %ebp
	lret
x86_trampoline_end:

	.section .note.GNU-stack, "", @progbits
