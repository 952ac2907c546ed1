/* SPDX-License-Identifier: BSD-2-Clause */
/* What only a program at a fixed address has: addresses in 32 bits. SIGNED: as kernels in the topmost 2 GiB have them. */
	.include "data.inc"
	.text
	.globl start
start:
	.if SIGNED
	mov $first, %rax
	mov first(,%rax,8), %rbx
	.else
	mov $first, %eax
	.long start, first + 8
	.endif
	mov exported@GOTPCREL(%rip), %rbx
	call *exported_too@GOTPCREL(%rip)
	movabs $second, %rcx
	call near
	jmp far
near:
	ret
	.section .rodata, "a"
far:
	.quad first - .
	.long first - .
	.section .calls, "ax"
	call start@PLT
