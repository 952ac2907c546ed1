/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vmlinux of 8 KiB as Linux builds them: three segments of which two have more memory than file, the second with
 * virtual addresses from 0, and the relocation table behind. And what of it must lie in memory when it is entered.
 */
#ifndef BERTH_TESTS_VMLINUX_H
#define BERTH_TESTS_VMLINUX_H

#include "../unit/elf_file.h"
#include "../unit/packed.h"

#define VMLINUX_ENTRY 0x40 /* from the window's start */

struct vmlinux {
	struct elf_file elf;
	struct blob file; /* the ELF file, with or without the table behind */
	bool moves;	  /* a random virtual address is due */
	bool damaged;	  /* its packed form was, and nothing in that form tells: what arrives may be anything */
};

/* vmlinux_drop gives it back. */
struct vmlinux vmlinux_made(bool with_table);
/* The same of other headers, of which the segments' places in memory are those of elf_file_vmlinux. */
struct vmlinux vmlinux_made_of(const struct elf_file *elf, bool with_table);
/* The table alone, as Linux's build leaves it beside vmlinux. The caller frees it. */
struct blob vmlinux_table(void);
void vmlinux_drop(struct vmlinux *vmlinux);

/*
 * A bzImage of @fields whose payload is @packed, whole; payload_at is where in its file. The caller frees it.
 */
struct blob vmlinux_in_bzimage(struct kernel_fields fields, struct blob packed, size_t *payload_at);

/*
 * Fails the test unless all of it lies at @memory, moved by one delta that is possible, and that @log, if it tells,
 * tells. Returns the delta.
 */
uint64_t vmlinux_check(const struct vmlinux *vmlinux, const uint8_t *memory, const char *log, const char *scenario);

#endif
