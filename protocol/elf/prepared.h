/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record that `berth prepare` leaves in a kernel which it has unpacked: what it was made of, and what the unpacked
 * file no longer says by itself. Notes of the owner "Berth", in steps of 4 bytes; docs/prepared.md has the format.
 */
#ifndef BERTH_PREPARED_H
#define BERTH_PREPARED_H

#include "../../base/bytes.h"
#include "../../base/fail.h"
#include "elf.h"

#define PREPARED_OWNER	 "Berth"
#define PREPARED_VERSION 1
#define PREPARED_SHA256	 32
#define PREPARED_NAME	 127 /* most bytes of the original's name */
#define PREPARED_SETUP	 159 /* and of a setup header: boot_params has room for no more (setup_header.h) */

enum prepared_note {
	PREPARED_ORIGIN = 1, /* version, 0, size, SHA-256, name */
	PREPARED_TABLE = 2,  /* size, sum */
	PREPARED_HEADER = 3, /* a bzImage's setup header, from setup_sects on */
};

/* Its bytes lie in the record. */
struct prepared {
	uint64_t size;	     /* of the original */
	struct bytes sha256; /* of all of it */
	struct bytes name;   /* without folders, 1 to PREPARED_NAME bytes without a NUL or a slash */
	bool has_table;	     /* Linux's for x86-64 stands behind the ELF file (linux_relocs.h) */
	uint64_t table_size; /* bytes of that; not 0 */
	uint64_t table_sum;  /* linux_relocs_sum */
	struct bytes header; /* at most PREPARED_SETUP bytes; size 0: there is none */
};

/*
 * @notes: a PT_NOTE, or the record alone. Notes of others, and of types that are not known, are passed over.
 * NOT_FOUND when none of them tells of an original; BAD_INPUT when the record is broken or of another version.
 */
enum status prepared_read(struct prepared *prepared, const char *name, struct bytes notes, struct fail *why) MUST_CHECK;

/*
 * The same of an ELF file, whose first bytes are @head: the record lies there, so that nothing else has to be read, or
 * unpacked, before the kernel has its place.
 */
enum status prepared_in_elf(struct prepared *prepared, const struct elf *elf, struct bytes head,
			    struct fail *why) MUST_CHECK;

#endif
