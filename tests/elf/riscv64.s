/* SPDX-License-Identifier: BSD-2-Clause */
	.include "data.inc"
	.text
	.globl start
start:
	lla a0, first
	.option pic
	la a1, exported
	call near
	j start
near:
	ret
	.section .calls, "ax"
	.globl called
called:
	call called@plt
