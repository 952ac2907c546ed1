/* SPDX-License-Identifier: BSD-2-Clause */
/* What will be measured when an entry boots, and what a TPM's registers hold then. */
#ifndef BERTH_TOOL_MEASURED_H
#define BERTH_TOOL_MEASURED_H

#include "../codecs/sha256.h"
#include "../config/measure.h"
#include "catalogue.h"

#define MOST_MEASUREMENTS 64 /* a machine has few structures of the types that are measured */
#define PCRS		  24

struct measurement {
	enum measured what;
	uint64_t size; /* bytes that are measured */
	uint8_t sum[SHA256_SIZE];
};

struct measurements {
	struct measurement at[MOST_MEASUREMENTS]; /* in the order in which they are made */
	size_t n;
	uint8_t program[SHA256_SIZE]; /* the sum of the file that the entry names, when it is a PE file: */
	bool has_program;
	char path[HOST_PATH]; /* of it */
	char *text;	      /* what it is passed; for free() */
};

/*
 * Of an entry, whose volume is one of catalogue.h's. @structures: SMBIOS's, as Linux has them in
 * /sys/firmware/dmi/tables/DMI; without any, what the machine hands the loader there is not known. Says which file
 * cannot be read, or is not there.
 */
enum status measured_entry(struct measurements *m, struct entry *entry, const struct fw_volume *esp,
			   struct bytes structures, struct fail *why) MUST_CHECK;

/*
 * The registers behind a boot of which firmware's log is @log, but that these are measured where the log has others of
 * their kinds; kinds of which there are none here stay as they are in the log, if they are SMBIOS's, and else are left
 * out. BAD_INPUT when it is no log with sums of SHA-256, or not a whole one.
 */
enum status measured_replay(const struct measurements *m, struct bytes log, uint8_t pcr[PCRS][SHA256_SIZE],
			    struct fail *why) MUST_CHECK;

#endif
