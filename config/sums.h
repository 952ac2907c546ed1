/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * berth.sums: which files, and which command line, an entry of type #1 consists of, by their SHA-256, in the section
 * `.sums` of a PE file that somebody has signed. The signature is firmware's to judge, and comes first: before that
 * only the place of the section is read. docs/security.md, "berth.sums", tells what holds; the form is Berth's own:
 *
 *     berth-sums 1
 *     version NUMBER
 *     least NUMBER                   or `clear`, or neither
 *     entry ID                       and so on, with a record for each entry:
 *     kernel SUM
 *     options SUM
 *     initrd SUM                     one for each, in their order; so with overlays
 *     devicetree SUM
 *     devicetree-overlay SUM
 *     relocs SUM
 *
 * Parts stand in this order; what an entry does not have is not there. Each line has its end, the last one too. Nothing
 * here allocates: all words lie in the text.
 */
#ifndef BERTH_SUMS_H
#define BERTH_SUMS_H

#include "entry.h"

#include "../codecs/sha256.h"

#define SUMS_PATH      "\\loader\\berth.sums"
#define SUMS_SECTION   ".sums"
#define SUMS_MOST_TEXT 65536u  /* bytes of the section */
#define SUMS_MOST_FILE 262144u /* of the file: a signature with the certificates of its signer has 2 KiB or so */

enum sums_part {
	SUMS_KERNEL,  /* all bytes of the file that `linux` names */
	SUMS_OPTIONS, /* the command line as entry_command_line() makes it, without a NUL */
	SUMS_INITRD,
	SUMS_TREE, /* of a device tree and of an overlay as many bytes as its header says */
	SUMS_OVERLAY,
	SUMS_RELOCS, /* the relocation table beside a kernel */
	N_SUMS_PARTS
};

/* As it stands in a record: "devicetree". */
const char *sums_part_name(enum sums_part part);

struct sums {
	uint64_t version; /* 1 or more: of two that are signed the later one has the larger */
	uint64_t least;	  /* from now on none with a smaller version counts, nor is any entry without a record started;
			     at most the version. 0: it does not say so */
	bool clears;	  /* nothing of that kind holds from now on */
	struct word records;
};

/* The section's bytes in a file. BAD_INPUT when it is no PE file, or has no such section within it, or a larger one. */
enum status sums_in_file(struct bytes file, const char *path, struct word *text, struct fail *why) MUST_CHECK;

/* BAD_INPUT, and *sums is not to be used, names the line that is not as above, and its rule. @path: for messages. */
enum status sums_parse(struct sums *sums, const char *path, struct word text, struct fail *why) MUST_CHECK;

/* The lines of the entry with this id, behind its `entry`; false when there are none. */
bool sums_record(const struct sums *sums, const char *id, struct word *record);

/* REFUSED: the entry with this id has none, where the machine starts nothing else. */
enum status sums_missing(const char *id, struct fail *why);

/* How many lines a record has of this part. */
unsigned int sums_count(struct word record, enum sums_part part);

/* Its @n-th line of this part, from 0, has the SHA-256 of these bytes. */
bool sums_match(struct word record, enum sums_part part, unsigned int n, struct bytes bytes);

#endif
