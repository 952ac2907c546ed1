/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's vmlinux for x86-64, the kernel proper, entered without the decompressor that a bzImage wraps around it.
 * Source: Linux arch/x86/kernel/vmlinux.lds.S and head_64.S; the CPU's state and boot_params are those of boot.rst,
 * "64-bit Boot Protocol".
 */
#ifndef BERTH_VMLINUX_H
#define BERTH_VMLINUX_H

#include "../image.h"

/*
 * @head: the first bytes of the ELF file, to the end of its program headers at least.
 * Fills in the image's pieces and entry, and a setup header where the image has none. NOT_FOUND when it is not a
 * Linux kernel; BAD_INPUT when it is a broken one, or one that does not say where it lies. Rules: E1, X1.
 */
enum status vmlinux_take(struct image *image, struct bytes head, struct fail *why) MUST_CHECK;

/* The same of what a bzImage has inside, which is Linux. */
enum status vmlinux_take_payload(struct image *image, struct bytes head, struct fail *why) MUST_CHECK;

/*
 * Moves the kernel in @window, loaded and as linked, to a random virtual address: any multiple of kernel_alignment in
 * the 1 GiB that Linux keeps for its image is as likely as any other. NOT_FOUND without a table, of a kernel built
 * without RANDOMIZE_BASE. Rules: X10, E2.
 */
enum status vmlinux_randomise(const struct image *image, uint8_t *window, struct bytes table, const char *table_name,
			      uint64_t entropy, struct virtual_move *move, struct fail *why) MUST_CHECK;

/* Checks the size of a table's own file: BAD_INPUT when it is empty, or over 64 MiB (Debian's have 1 MiB). */
enum status vmlinux_check_table_size(const char *name, uint64_t size, struct fail *why) MUST_CHECK;

/*
 * An ELF file that is linked as Linux is. Other kernels are linked like it: if it has notes it asks for them, and
 * learn() makes it one that is entered by PVH when they are not Linux's.
 */
extern const struct protocol vmlinux_protocol;

#endif
