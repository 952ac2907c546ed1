/* SPDX-License-Identifier: BSD-2-Clause */
/* What will be measured when an entry boots: by the loader, by firmware for it, and by a kernel's EFI stub. */
#ifndef BERTH_TOOL_MEASURED_H
#define BERTH_TOOL_MEASURED_H

#include "../arch/arch.h"
#include "../codecs/sha256.h"
#include "../config/measure.h"
#include "catalogue.h"

#define MOST_MEASUREMENTS 64 /* a machine has few structures of the types that are measured */
#define MOST_PROGRAMS	  64 /* and few drivers beside the loader */

struct measurement {
	enum measured what;
	uint64_t size; /* bytes that are measured */
	uint8_t sum[SHA256_SIZE];
};

/* What firmware is asked to load, in the order in which it is: it measures programs when it loads them. */
enum measured_as_program {
	PROGRAM_DRIVER, /* in one of the folders of drivers */
	PROGRAM_SUMS,	/* berth.sums, where Secure Boot is on */
	PROGRAM_STARTED /* what the entry names, a kernel too */
};

struct measured_program {
	enum measured_as_program kind;
	char path[MAX_PATH_TEXT]; /* on its volume */
	bool is_one;		  /* a PE file: firmware refuses all others before it measures them */
	bool is_driver;		  /* what its header says of itself */
	enum elf_machine machine; /* whose program it is */
	bool has_sum;
	uint8_t sum[SHA256_SIZE]; /* Authenticode's */
};

struct measurements {
	struct measurement at[MOST_MEASUREMENTS]; /* in the order in which they are made */
	size_t n;
	struct measured_program program[MOST_PROGRAMS];
	size_t n_programs;
	bool has_structures;  /* SMBIOS's were given */
	bool has_record;      /* berth.sums has one of the entry */
	char path[HOST_PATH]; /* of the file that the entry names; empty: it is not on this machine */
	char *text;	      /* what it is passed; for free() */
};

/*
 * Of an entry, whose volume is one of catalogue.h's, when @arch's loader boots it. @structures: SMBIOS's, as Linux has
 * them in /sys/firmware/dmi/tables/DMI; without any, what the machine hands the loader there is not known. Says which
 * file cannot be read, or is not there.
 */
enum status measured_entry(struct measurements *m, struct entry *entry, const struct arch *arch,
			   const struct fw_volume *esp, struct bytes structures, struct fail *why) MUST_CHECK;

/* What the entry names; NULL when it is not on this machine. */
const struct measured_program *measured_started(const struct measurements *m);

#endif
