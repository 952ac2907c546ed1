/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel in this machine's memory, unpacked as the loader unpacks it. */
#ifndef BERTH_TOOL_LOADED_H
#define BERTH_TOOL_LOADED_H

#include "../kernel/identify.h"

struct loaded {
	struct image image; /* of what is inside, where something is packed */
	uint8_t *window;    /* its place, of the size that its pieces need */
	size_t size;
	uint64_t from_file;   /* bytes of its first piece that the file has: a flat image's end may be known only now */
	struct bytes table;   /* of relocations; empty: none */
	enum packing packing; /* PACKED_NOT: it was not packed */
	bool is_wrapped;      /* it was, in a file of another format: a bzImage, or an EFI zboot file */
	uint64_t packed_size; /* bytes of it in the file */
	uint64_t unpacked_size; /* and what they became */
};

/*
 * @path: the file's name, beside which its relocation table may lie; @file: all its bytes, which are looked at in
 * this call alone. As the loader does with `decompress loader`; errors are those of identify() and packed_load(), and
 * BAD_INPUT of a kernel that needs more memory than any. loaded_free() in any case.
 */
enum status loaded_make(struct loaded *loaded, const char *path, struct bytes file, struct fail *why) MUST_CHECK;

void loaded_free(struct loaded *loaded);

/*
 * All that a file compressed as a whole unpacks to; the caller frees out->at. BAD_INPUT when it is broken, or more than
 * any kernel.
 */
enum status loaded_unpack(const char *name, struct bytes file, struct bytes *out, struct fail *why) MUST_CHECK;

#endif
