/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels that come packed: the payload inside a bzImage, which Berth unpacks and enters on request; a vmlinux, or an
 * ELF kernel with a PVH note, in a compressed file; a flat image for arm64 or RISC-V in one, or in an EFI zboot file.
 * While the kernel is identified what is inside is a source like any other; then the decoder's memory is given back, so
 * that no plan has to avoid it, and once the kernel's place is claimed all of it is unpacked straight there. Pure:
 * bytes and memory come through calls.
 */
#ifndef BERTH_PACKED_H
#define BERTH_PACKED_H

#include "../codecs/unpack.h"
#include "../protocol/image.h"

struct packed {
	/* ---- the caller's ---- */
	const struct source *file; /* the kernel's */
	/* Memory for the decoder, aligned to 16 bytes; NULL when there is none. */
	void *(*take)(void *context, uint64_t size);
	void (*give)(void *context, void *at, uint64_t size);
	void *context;
	uint8_t
	    *buffer; /* packed bytes are read to here, and notes; before packed_load a larger one may take its place */
	size_t buffer_size; /* at least IMAGE_WANT_MOST */
	uint64_t memory;    /* bytes that the machine has, before packed_load; 0: not known */
	uint8_t *run;	    /* where packed_run() says that all of it can go, before packed_load; NULL: nowhere */

	/* ---- to be read ---- */
	bool found; /* something is packed, and the image is what is in it */
	enum packing packing;
	uint64_t size;	      /* bytes that come out, or SIZE_UNKNOWN */
	uint64_t read_bytes;  /* of the file */
	uint64_t moved;	      /* bytes that packed_load unpacked elsewhere than where they belong */
	struct source inside; /* what it unpacks to; each read begins with the first byte again */

	/* ---- its own ---- */
	struct unpack unpack;
	struct range where; /* of the packed bytes, in the file */
	uint64_t next;
	uint64_t told;	 /* bytes that come out by the packing's own header; 0: it does not say */
	bool ends_early; /* a flat image whose file's length is not told: image_size bytes at most */
	void *table;	 /* behind the image */
	uint64_t table_room;
};

/*
 * Finds out what packed the bytes of @payload and how many they become, if that is told, and makes them the source
 * packed->inside. BAD_INPUT when they cannot be what they are said to be.
 */
enum status packed_find(struct packed *packed, const struct payload *payload, struct fail *why) MUST_CHECK;

/* Whether @told bytes can come out, by what went in, and by what any kernel has: BAD_INPUT before they are unpacked. */
enum status packed_check_told(const struct packed *packed, uint64_t told, struct fail *why) MUST_CHECK;

/* @image is what is inside: says in both what stands behind it. */
enum status packed_found(struct packed *packed, struct image *image, struct fail *why) MUST_CHECK;

/*
 * Whether all that is packed, headers and what stands behind the last piece too, can be unpacked in one run that ends
 * within the kernel's place of @room bytes: then what was unpacked is all that a decoder has to look back at (of LZ4
 * without a length the run ends with the image, and its linked blocks keep a window). *lead: bytes before the place in
 * which the run begins; they have to be free until packed_load returns.
 */
bool packed_run(const struct packed *packed, const struct image *image, uint64_t room, uint64_t *lead);

/*
 * Unpacks every piece to @window, zeros what the file does not fill, keeps what stands behind, checks the end. With
 * packed->run by one read, and what does not belong where it came to lie is moved; else piece by piece.
 */
enum status packed_load(struct packed *packed, const struct image *image, uint8_t *window, struct fail *why) MUST_CHECK;

/* Linux's relocation table, after packed_load; empty when the kernel has none. */
struct bytes packed_table(const struct packed *packed);

void packed_close(struct packed *packed);

#endif
