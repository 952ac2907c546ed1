/* SPDX-License-Identifier: BSD-2-Clause */
#include "load_option.h"

#include "../base/mem.h"

/* UEFI 2.10, 3.1.3. */
#define PATH_LENGTH 4
#define DESCRIPTION 6

static struct bytes piece(struct bytes whole, size_t at, size_t size)
{
	return (struct bytes){whole.at + at, size};
}

bool load_option_read(struct bytes option, struct load_option *out)
{
	size_t end = DESCRIPTION, length;
	uint64_t unit;

	do {
		if (!bytes_get(option, end, 2, &unit))
			return false;
		end += 2;
	} while (unit != 0);
	/* What stands before the description is there when that is. */
	length = (size_t)load_le(option.at + PATH_LENGTH, 2);
	if (length > option.size - end)
		return false;
	out->attributes = (uint32_t)load_le(option.at, 4);
	out->description = piece(option, DESCRIPTION, end - 2 - DESCRIPTION);
	out->path = piece(option, end, length);
	end += length;
	out->data = piece(option, end, option.size - end);
	return true;
}

bool path_next(struct bytes path, size_t *at, struct path_node *node)
{
	uint64_t type, subtype, length;

	if (!bytes_get(path, *at, 1, &type) || !bytes_get(path, *at + 1, 1, &subtype) ||
	    !bytes_get(path, *at + 2, 2, &length) || length < PATH_NODE || length > path.size - *at || type == PATH_END)
		return false;
	node->type = (unsigned int)type;
	node->subtype = (unsigned int)subtype;
	node->body = piece(path, *at + PATH_NODE, (size_t)length - PATH_NODE);
	*at += (size_t)length;
	return true;
}

/* 10.3.5.1, table 10.43, from the body on. */
#define NUMBER	  0
#define START	  4
#define BLOCKS	  12
#define SIGNATURE 20
#define KIND	  37 /* of the signature */
#define KIND_MBR  1
#define KIND_GUID 2

bool path_partition(const struct path_node *node, struct path_partition *out)
{
	const uint8_t *body = node->body.at;

	if (node->type != PATH_MEDIA || node->subtype != PATH_PARTITION || node->body.size < PATH_PARTITION_BODY ||
	    (body[KIND] != KIND_MBR && body[KIND] != KIND_GUID))
		return false;
	*out = (struct path_partition){
	    .number = (uint32_t)load_le(body + NUMBER, 4),
	    .start = load_le(body + START, 8),
	    .blocks = load_le(body + BLOCKS, 8),
	    .in_mbr = body[KIND] == KIND_MBR,
	};
	memcpy(out->signature, body + SIGNATURE, sizeof(out->signature));
	return true;
}
