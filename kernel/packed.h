/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels that come packed: the payload inside a bzImage, which Berth unpacks and enters on request; a vmlinux, or an
 * ELF kernel with a PVH note, in a compressed file; a flat image for arm64 or RISC-V in one, or in an EFI zboot file.
 * The first bytes, and notes, tell what it is; then the decoder's memory is given back, so that it lies in the way of
 * no plan, and once the kernel's place is claimed all of it is unpacked straight there. Pure: bytes and memory come by
 * calls.
 */
#ifndef BERTH_PACKED_H
#define BERTH_PACKED_H

#include "../protocol/image.h"
#include "../codecs/unpack.h"

struct packed {
	/* ---- the caller's, before packed_identify ---- */
	void *context;
	/* Up to @size bytes at @offset of the kernel's file; fewer only at its end. */
	enum status (*read)(void *context, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why);
	/* Memory for the decoder, aligned to 16 bytes; NULL when there is none. */
	void *(*take)(void *context, uint64_t size);
	void (*give)(void *context, void *at, uint64_t size);
	uint8_t *buffer; /* packed bytes are read to here; before packed_load a larger one may take its place */
	size_t buffer_size;
	uint64_t memory; /* bytes that the machine has, before packed_load; 0: nobody knows */

	/* ---- to be read ---- */
	bool found; /* there is something packed, and the image is what is in it */
	enum packing packing;
	uint64_t size;	 /* bytes that come out; ELF_SIZE_UNKNOWN: nobody says */
	bool ends_early; /* a flat image of which nobody says how long its file is: image_size bytes at most */
	uint64_t read_bytes;

	/* ---- its own ---- */
	struct unpack unpack;
	struct range where; /* of the packed bytes, in the file */
	uint64_t next;
	void *table; /* behind the image */
	uint64_t table_size;
};

/* By the first bytes of a file: it is one of those that are packed as a whole, and tells of no kernel by itself. */
bool packed_as_a_whole(struct bytes head);

/*
 * When @head, the first bytes of the file that @image names, is packed, or is a bzImage whose payload is asked for:
 * makes @image the ELF or flat image in it, and says so by found. packed_close in any case.
 */
enum status packed_identify(struct packed *packed, struct image *image, struct bytes head, bool payload_wanted,
			    struct fail *why) MUST_CHECK;

/* Unpacks every piece to @window, zeros what the file does not fill, keeps what stands behind, checks the end. */
enum status packed_load(struct packed *packed, const struct image *image, uint8_t *window, struct fail *why) MUST_CHECK;

/* Linux's relocation table, after packed_load; empty when the kernel has none. */
struct bytes packed_table(const struct packed *packed);

void packed_close(struct packed *packed);

#endif
