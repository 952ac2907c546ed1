/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel image, and the protocols that know one: a row a format.
 *
 * identify() reads the first bytes of the file into a validated struct; after it nobody sees a number of the file.
 * demand() says what each part asks of its place. describe() writes what the kernel is told, finish() adds what only
 * the final memory map knows: it runs after ExitBootServices and cannot fail.
 */
#ifndef BERTH_IMAGE_H
#define BERTH_IMAGE_H

#include "block.h"
#include "bzimage.h"
#include "handoff.h"
#include "memmap.h"
#include "request.h"

/* Bytes of a file that identify() is given, or the whole file when it is shorter. */
#define IMAGE_HEAD 1024

struct protocol;

struct image {
	const struct protocol *protocol;
	const char *name; /* as the entry names it, for messages */
	uint64_t file_size;
	uint64_t payload_at;	/* file offset from which the file is read to the start of the kernel's place */
	bool takes_five_levels; /* may be entered with 5-level paging on (rule X8) */
	struct bzimage bzimage;
};

/* What the parts are, before any of them has a place. */
struct cargo {
	const char *command_line; /* NUL-terminated UTF-8 */
	uint64_t initrd_size;	  /* bytes, of all initrds joined; 0: none */
};

struct protocol {
	const char *name;
	/* NOT_FOUND: not this format; any other error: this format, but broken. */
	enum status (*identify)(struct image *image, struct bytes head, struct fail *why);
	enum status (*demand)(const struct image *image, const struct cargo *cargo, struct request request[N_PARTS],
			      struct fail *why);
	/* Carves what it writes out of @handoff->block; with block.at == NULL it only measures. */
	void (*describe)(const struct image *image, const struct cargo *cargo, const struct plan *plan,
			 const struct machine *machine, struct handoff *handoff);
	void (*finish)(struct handoff *handoff, const struct final_map *final);
};

/* Fills @image from the first bytes of a file: BAD_INPUT when no protocol knows it, or when one finds it broken. */
enum status image_identify(struct image *image, struct bytes head, struct fail *why) MUST_CHECK;

#endif
