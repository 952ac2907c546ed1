/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device trees, as those see them who only pass them on: where one is, and how long.
 * Source: Devicetree Specification v0.4, chapter 5, "Flattened Devicetree (DTB) Format".
 */
#ifndef BERTH_DEVICE_TREE_H
#define BERTH_DEVICE_TREE_H

#include "../base/bytes.h"
#include "../base/fail.h"
#include "../plan/request.h"

/* A tree that was found well-formed. */
struct tree {
	const uint8_t *at; /* NULL: there is none, and an empty one takes its place; or it was not read yet */
	uint64_t size;	   /* bytes of its content, without room to spare; 0: none */
};

/* Memory for one. */
struct tree_room {
	uint8_t *at;
	uint64_t size; /* bytes */
};

#define OVERLAY_MOST KIB(256) /* bytes of an overlay; the largest that boards have are some 30 KiB */

#define TREE_HEADER 40 /* bytes of a file that tell how long the tree is */

/* What can be asked of trees where a kernel is told by one; a loader for other kernels has no code for it. */
struct tree_reader {
	/* BAD_INPUT, with @name, when @blob is not one whole, well-formed tree. */
	enum status (*check)(struct tree *tree, const char *name, struct bytes blob, struct fail *why);
	/*
	 * Checks the size of a tree before it is read. BAD_INPUT, signed with the rule, when it is larger than @most.
	 */
	enum status (*check_size)(uint64_t size, struct bound most, struct fail *why);
	/* overlay_merge() and overlay_growth() of protocol/tree/overlay.h. */
	enum status (*merge)(const struct tree *base, const char *name, struct tree_room overlay, struct tree_room to,
			     struct tree *merged, struct fail *why);
	uint64_t (*growth)(uint64_t size);
	/* What was wrong when one was written: a word for handoff->tree_error. */
	const char *(*error)(int error);
};

/* The tree's length by its first TREE_HEADER bytes, which are big-endian; 0 when they are something else. */
static inline uint64_t tree_total_size(const uint8_t header[TREE_HEADER])
{
	bool is_tree = header[0] == 0xd0 && header[1] == 0x0d && header[2] == 0xfe && header[3] == 0xed;

	return is_tree ? (uint64_t)header[4] << 24 | (uint64_t)header[5] << 16 | (uint64_t)header[6] << 8 | header[7]
		       : 0;
}

#endif
