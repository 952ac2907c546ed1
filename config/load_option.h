/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a variable Boot#### holds: attributes, a description, a device path, and bytes for the program. Pure; whoever
 * has the variable's bytes asks, in firmware and on the host. Source: UEFI 2.10, 3.1.3 (EFI_LOAD_OPTION), 10.3.1
 * (nodes), 10.3.5.1 (a partition) and 10.3.5.4 (a file).
 */
#ifndef BERTH_LOAD_OPTION_H
#define BERTH_LOAD_OPTION_H

#include "../base/bytes.h"

#define LOAD_OPTION_ACTIVE 1u /* an attribute: firmware tries it by itself */

struct load_option {
	uint32_t attributes;
	struct bytes description; /* UTF-16 of the machine's order, without its 0 */
	struct bytes path;	  /* nodes of a device path, as many as there are */
	struct bytes data;	  /* what the program is given; often none */
};

/* False when the description does not end, or the path does not lie in @option. */
bool load_option_read(struct bytes option, struct load_option *out);

/* A node of a device path. @body is what stands behind its type and length. */
struct path_node {
	unsigned int type, subtype;
	struct bytes body;
};

#define PATH_MEDIA     4
#define PATH_PARTITION 1 /* subtypes of it */
#define PATH_FILE      4
#define PATH_END       0x7f
#define PATH_NODE      4 /* bytes before the body */

/* The node at *at, which moves behind it; false at the end of the path, and where a node is not all there. */
bool path_next(struct bytes path, size_t *at, struct path_node *node);

/* A partition as firmware names it, whatever disk it is on. */
struct path_partition {
	uint32_t number;	/* from 1 */
	uint64_t start, blocks; /* in blocks of the disk */
	uint8_t signature[16];	/* the partition's GUID, or of an older table four bytes of the disk's */
	bool in_mbr;		/* the disk has the older table */
};

#define PATH_PARTITION_BODY 38 /* bytes */

/* False when it is no such node, or one of a disk that has neither a GUID nor a signature. */
bool path_partition(const struct path_node *node, struct path_partition *out);

#endif
