/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The relocation table that Linux for x86-64 carries behind its vmlinux in a bzImage's payload, and that a build has
 * as vmlinux.relocs: what is needed to run the kernel at another virtual address than it was linked for.
 *
 * Words of 32 bits, each the virtual address of a field, sign-extended. From the table's end backwards: fields of 32
 * bits, 0, fields of 32 bits that the move is subtracted from, 0, fields of 64 bits, 0. The second list came with zero-
 * based per-CPU data in Linux 3.15 and went with it in 6.15; without it there are two lists and two zeros.
 * Source: Linux arch/x86/tools/relocs.c, emit_relocs; arch/x86/boot/compressed/misc.c, handle_relocations. Rule E2.
 */
#ifndef BERTH_LINUX_RELOCS_H
#define BERTH_LINUX_RELOCS_H

#include "../../base/bytes.h"
#include "../../base/fail.h"
#include "../../base/range.h"

/* After linux_relocs_parse the lists lie in the table, and no word of them is 0. */
struct linux_relocs {
	const char *name;
	struct bytes add_32, subtract_32, add_64; /* words; each as the file has them, ascending in memory */
	const uint64_t *sum; /* what linux_relocs_sum makes of it and its own kernel; NULL: nobody says */
};

/* The kernel in memory, from the first byte of its window on. */
struct linux_image {
	uint8_t *at;
	size_t size;
	uint64_t virtual_base; /* virtual address that the first byte was linked for (elf.h, virtual_base) */
};

/*
 * @table: all that lies between the end of the ELF file (elf.h, file_end) and the end of the payload.
 * NOT_FOUND when there is nothing: the kernel was built without RANDOMIZE_BASE. BAD_INPUT, signed E2, when it is not a
 * multiple of 4 bytes, does not begin with the last list's 0, or does not have two or three lists.
 */
enum status linux_relocs_parse(struct linux_relocs *relocs, const char *name, struct bytes table,
			       struct fail *why) MUST_CHECK;

/*
 * @delta: what is added to the kernel's virtual addresses, modulo 2^64. The image may lie anywhere in memory: its
 * physical place plays no part.
 * BAD_INPUT, signed E2, when a field lies outside of the image, a moved address does not fit into its 32 bits, or
 * relocs->sum is another. All of it is checked before anything is written; a table that names one field twice can still
 * fail later, and says so.
 */
enum status linux_relocs_apply(const struct linux_relocs *relocs, const struct linux_image *image, uint64_t delta,
			       struct fail *why) MUST_CHECK;

/*
 * A sum over the table and the fields that it names in the image as it was linked, by which a table is known to be this
 * kernel's and no other's. FNV-1a (Fowler, Noll and Vo), of 64 bits at a time instead of 8: from 0xcbf29ce484222325 on,
 * exclusive or, and multiplied by 0x100000001b3, first with the field's address, then with what it holds, both
 * sign-extended; the 32-bit list, the inverse one, the 64-bit one, each from the table's lower end up. It finds
 * accidents: who means to deceive can change the kernel itself.
 * BAD_INPUT, signed E2, when a field lies outside of the image.
 */
enum status linux_relocs_sum(const struct linux_relocs *relocs, const struct linux_image *image, uint64_t *sum,
			     struct fail *why) MUST_CHECK;

/* Fields that the three lists name. */
static inline size_t linux_relocs_count(const struct linux_relocs *relocs)
{
	return (relocs->add_32.size + relocs->subtract_32.size + relocs->add_64.size) / 4;
}

#endif
