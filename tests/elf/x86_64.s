/* SPDX-License-Identifier: BSD-2-Clause */
	.include "data.inc"
	.text
	.globl start
start:
	lea first(%rip), %rax
	mov exported@GOTPCREL(%rip), %rbx
	cmpq $0, exported_too@GOTPCREL(%rip)
	movabs $second, %rcx
	call near
	jmp start
near:
	ret
	.section .rodata, "a"
	.quad first - .
	.long first - .
	.section .calls, "ax"
	.globl called
called:
	call called@PLT
