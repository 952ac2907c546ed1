/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses in data alone: what every CPU's linker keeps of it with --emit-relocs is known here. */
	.include "data.inc"
	.text
	.globl start
start:
	.long 0, 0
