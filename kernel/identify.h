/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which kernel a file holds, and in what it is packed. The one place where that is found out: the loader, the host
 * command and the tests ask here. Pure: bytes and memory come by calls.
 */
#ifndef BERTH_IDENTIFY_H
#define BERTH_IDENTIFY_H

#include "packed.h"

/* For which CPU a kernel is wanted. */
struct wanted {
	const char *name;	    /* of the CPU, for messages; NULL: a kernel for any */
	enum elf_machine enters[2]; /* 0: none */
	bool payload;		    /* what a bzImage has inside, instead of its decompressor */
};

/*
 * Fills in @image, and @packed where the kernel is packed, by the source and the buffer that @packed names; *read:
 * bytes that were read. packed_close() in any case. The source is read in order up to the image's own header; what
 * needs more of it, notes or a packed part, asks for any order. BAD_INPUT: not a kernel, broken, for another CPU, or
 * not to be had this way.
 */
enum status identify(struct image *image, struct packed *packed, const struct wanted *wanted, uint64_t *read,
		     struct fail *why) MUST_CHECK;

/* Both are the same kernel by all that is known of them, but for how messages name them. */
bool identify_tells_the_same(const struct image *a, const struct image *b);

/*
 * What a file beside the kernel's is called that may hold its relocation table: the kernel's name with this behind it;
 * NULL: there is none to look for. identify_beside() takes it, by its size: BAD_INPUT when it cannot be one.
 */
const char *identify_suffix_beside(const struct image *image, const struct packed *packed);
enum status identify_beside(struct image *image, const char *name, uint64_t size, struct fail *why) MUST_CHECK;

#endif
