/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's Image for 64-bit RISC-V, and where its parts may lie.
 * Source: Linux Documentation/arch/riscv/boot.rst, boot-image-header.rst and vm-layout.rst; arch/riscv/mm/init.c.
 */
#ifndef BERTH_RISCV_H
#define BERTH_RISCV_H

#include <stdint.h>

struct protocol;
extern const struct protocol riscv_protocol;

/*
 * The first address that Linux's linear map does not reach, on a machine whose memory starts at @ram_start and whose
 * harts have page tables of @levels levels (3 to 5; anything else: not known); `no4lvl` and `no5lvl` on the command
 * line lower them. Rule: R2.
 */
uint64_t riscv_reach(uint64_t ram_start, unsigned int levels, const char *command_line);

#endif
