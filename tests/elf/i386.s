/* SPDX-License-Identifier: BSD-2-Clause */
	.include "data.inc"
	.text
	.globl start
start:
	mov $first, %eax
	mov second, %ebx
	call near
	jmp far
near:
	ret
	.section .rodata, "a"
far:
	.long first - .
	.long start
	.section .calls, "ax"
	.globl called
called:
	call called@PLT
	.long exported@GOT
