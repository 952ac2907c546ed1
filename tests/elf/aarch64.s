/* SPDX-License-Identifier: BSD-2-Clause */
	.include "data.inc"
	.text
	.globl start
start:
	adrp x0, first
	add x0, x0, :lo12:first
	adrp x1, :got:exported
	ldr x1, [x1, :got_lo12:exported]
	bl near
	b start
near:
	ret
	.section .calls, "ax"
	.globl called
called:
	bl called
