/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree.h"

#include "../../base/range.h"

#include <libfdt.h>

#define WORD	      4 /* bytes of a tag in the structure block */
#define NAME_TOO_LONG 1 /* beside libfdt's errors, which are negative */

/*
 * libfdt looks for a name's end at each property, and again in each search: with names of any length that is quadratic.
 * Devicetree Specification, 2.2.4: names have up to 31 characters; vendors' have a few more.
 */
static int check_name(const void *fdt, uint32_t offset)
{
	uint32_t size = fdt_size_dt_strings(fdt), left = offset < size ? size - offset : 0;
	const char *name = (const char *)fdt + fdt_off_dt_strings(fdt) + offset;

	for (uint32_t i = 0; i < left && i <= TREE_NAME_MOST; i++)
		if (name[i] == '\0')
			return 0;
	return left <= TREE_NAME_MOST ? -FDT_ERR_BADOFFSET : NAME_TOO_LONG;
}

/* One tag of the structure block; @depth counts the nodes that are open. */
static int check_tag(const void *fdt, uint32_t tag, int offset, int *depth, bool *has_root)
{
	const struct fdt_property *property;
	int length;

	switch (tag) {
	case FDT_BEGIN_NODE:
		if (*depth == 0 && *has_root)
			return -FDT_ERR_BADSTRUCTURE;
		*has_root = true;
		++*depth;
		return 0;
	case FDT_END_NODE:
		return (*depth)-- == 0 ? -FDT_ERR_BADSTRUCTURE : 0;
	case FDT_PROP:
		if (*depth == 0)
			return -FDT_ERR_BADSTRUCTURE;
		property = fdt_get_property_by_offset(fdt, offset, &length);
		if (property == NULL)
			return length;
		return check_name(fdt, fdt32_ld(&property->nameoff));
	case FDT_NOP:
		return 0;
	default:
		return -FDT_ERR_BADSTRUCTURE;
	}
}

/* Every step advances by at least a tag, and none past the structure block's end. */
static int check_structure(const void *fdt)
{
	int offset = 0, next = 0, depth = 0, error;
	bool has_root = false;

	for (;; offset = next) {
		uint32_t tag = fdt_next_tag(fdt, offset, &next);

		if (next < 0)
			return next;
		if (tag == FDT_END)
			return depth == 0 && has_root ? 0 : -FDT_ERR_BADSTRUCTURE;
		error = check_tag(fdt, tag, offset, &depth, &has_root);
		if (error != 0)
			return error;
	}
}

static uint64_t reservations_size(const void *fdt)
{
	return ((uint64_t)fdt_num_mem_rsv(fdt) + 1) * sizeof(struct fdt_reserve_entry);
}

/* Reservations, structure, strings, one behind the other, as libfdt needs them in a tree that it changes. */
static bool is_in_order(const void *fdt)
{
	return fdt_off_mem_rsvmap(fdt) >= TREE_HEADER &&
	       fdt_off_mem_rsvmap(fdt) + reservations_size(fdt) <= fdt_off_dt_struct(fdt) &&
	       (uint64_t)fdt_off_dt_struct(fdt) + fdt_size_dt_struct(fdt) <= fdt_off_dt_strings(fdt);
}

/* Up to the end of its last block: what follows is spare room. */
static uint64_t content_size(const void *fdt)
{
	uint64_t blocks = reservations_size(fdt) + fdt_size_dt_struct(fdt) + fdt_size_dt_strings(fdt);

	return is_in_order(fdt) ? (uint64_t)fdt_off_dt_strings(fdt) + fdt_size_dt_strings(fdt) : TREE_HEADER + blocks;
}

/*
 * Refuses what libfdt could read but not write: it takes alignment for granted, and version 17 when it grows a block.
 */
static int check_layout(const void *fdt)
{
	int reservations;

	if (fdt_version(fdt) < 17)
		return -FDT_ERR_BADVERSION;
	if (fdt_off_mem_rsvmap(fdt) % sizeof(uint64_t) != 0 || fdt_off_dt_struct(fdt) % WORD != 0)
		return -FDT_ERR_BADLAYOUT;
	reservations = fdt_num_mem_rsv(fdt);
	if (reservations < 0)
		return reservations;
	return content_size(fdt) > fdt_totalsize(fdt) ? -FDT_ERR_BADLAYOUT : 0; /* overlapping blocks */
}

enum status tree_check(struct tree *tree, const char *name, struct bytes blob, struct fail *why)
{
	int error;

	*tree = (struct tree){NULL, 0};
	if (blob.size < TREE_HEADER || tree_total_size(blob.at) == 0)
		return fail(why, BAD_INPUT, "%s: not a device tree (no 0xd00dfeed at its start)", name);
	if ((uintptr_t)blob.at % TREE_ALIGN != 0)
		return fail(why, BAD_INPUT, "%s: a device tree that is not aligned to %u bytes", name, TREE_ALIGN);
	if (tree_total_size(blob.at) > blob.size)
		return fail(why, BAD_INPUT, "%s: a device tree of %" PRIu64 " bytes, of which %zu are there", name,
			    tree_total_size(blob.at), blob.size);
	error = fdt_check_header(blob.at);
	if (error == 0)
		error = check_layout(blob.at);
	if (error == 0)
		error = check_structure(blob.at);
	if (error != 0)
		return fail(why, BAD_INPUT, "%s: a broken device tree: %s", name,
			    error == NAME_TOO_LONG ? "a property's name has more than 255 characters"
						   : fdt_strerror(error));
	*tree = (struct tree){blob.at, content_size(blob.at)};
	return OK;
}

static uint64_t text_size(const char *text)
{
	uint64_t n = 1;

	while (text[n - 1] != '\0')
		n++;
	return n;
}

static uint64_t round_up(uint64_t size, uint64_t align)
{
	return align_down(size + align - 1, align);
}

/* FDT_BEGIN_NODE, the name, FDT_END_NODE. */
uint64_t tree_node_size(const char *name)
{
	return WORD + round_up(text_size(name), WORD) + WORD;
}

/* FDT_PROP, length, offset of the name, the value; and the name among the strings. */
uint64_t tree_property_size(const char *name, uint64_t size)
{
	return 3ul * WORD + round_up(size, WORD) + text_size(name);
}

/*
 * For an empty tree: a header, which libfdt rounds up to whole entries of the reservations, their end, a root with two
 * properties, and FDT_END.
 */
uint64_t tree_copy_size(const struct tree *tree)
{
	if (tree->size == 0)
		return 4 * sizeof(struct fdt_reserve_entry) + tree_node_size("") + WORD +
		       tree_property_size("#address-cells", WORD) + tree_property_size("#size-cells", WORD);
	return round_up(tree->size, TREE_ALIGN);
}

/* Addresses and sizes of two cells, as Linux's stub has them in a tree that it makes (libstub/fdt.c). */
static int make_empty(uint8_t *to, uint64_t room)
{
	static const uint8_t two[WORD] = {0, 0, 0, 2};
	int error = fdt_create_empty_tree(to, (int)room);

	if (error == 0)
		error = fdt_setprop(to, 0, "#address-cells", two, sizeof(two));
	return error != 0 ? error : fdt_setprop(to, 0, "#size-cells", two, sizeof(two));
}

/* The content alone: a megabyte of spare room may follow it, and libfdt would move all of that. */
static int copy_in_order(const struct tree *tree, uint8_t *to, uint64_t room)
{
	if (tree->size > room)
		return -FDT_ERR_NOSPACE;
	__builtin_memcpy(to, tree->at, (size_t)tree->size);
	fdt_set_totalsize(to, (uint32_t)room);
	return fdt_open_into(to, to, (int)room);
}

/*
 * All at once: libfdt would move what follows for each of them. Blocks are in order, as fdt_open_into leaves them; the
 * list ends with an entry of zeros.
 */
static int drop_reservations(uint8_t *to)
{
	int n = fdt_num_mem_rsv(to);
	uint32_t list = fdt_off_mem_rsvmap(to), gone = (uint32_t)n * (uint32_t)sizeof(struct fdt_reserve_entry);
	uint32_t first = list + gone, end = fdt_off_dt_strings(to) + fdt_size_dt_strings(to);

	if (n <= 0)
		return n;
	__builtin_memmove(to + list, to + first, end - first);
	fdt_set_off_dt_struct(to, fdt_off_dt_struct(to) - gone);
	fdt_set_off_dt_strings(to, fdt_off_dt_strings(to) - gone);
	return 0;
}

int tree_open(const struct tree *tree, uint8_t *to, uint64_t room)
{
	return is_in_order(tree->at) ? copy_in_order(tree, to, room) : fdt_open_into(tree->at, to, (int)room);
}

int tree_copy(const struct tree *tree, uint8_t *to, uint64_t room)
{
	int error;

	if (tree->at == NULL)
		return make_empty(to, room);
	error = tree_open(tree, to, room);
	return error != 0 ? error : drop_reservations(to);
}

static int find_node(const uint8_t *tree, const char *node)
{
	return fdt_subnode_offset_namelen(tree, 0, node, (int)(text_size(node) - 1));
}

int tree_set(uint8_t *tree, const char *node, const char *name, const void *value, uint64_t size)
{
	int at = find_node(tree, node);

	if (at == -FDT_ERR_NOTFOUND)
		at = fdt_add_subnode_namelen(tree, 0, node, (int)(text_size(node) - 1));
	return at < 0 ? at : fdt_setprop(tree, at, name, value, (int)size);
}

int tree_remove(uint8_t *tree, const char *node, const char *name)
{
	int at = find_node(tree, node), error;

	if (at < 0)
		return at == -FDT_ERR_NOTFOUND ? 0 : at;
	error = fdt_delprop(tree, at, name);
	return error == -FDT_ERR_NOTFOUND ? 0 : error;
}

int tree_overwrite(uint8_t *tree, const char *node, const char *name, const void *value, uint64_t size)
{
	int at = find_node(tree, node);

	return at < 0 ? at
		      : fdt_setprop_inplace_namelen_partial(tree, at, name, (int)(text_size(name) - 1), 0, value,
							    (int)size);
}

struct bytes tree_get(const uint8_t *tree, const char *node, const char *name)
{
	int at = node[0] == '\0' ? 0 : find_node(tree, node), size = 0;
	const void *value = at < 0 ? NULL : fdt_getprop(tree, at, name, &size);

	return (struct bytes){value, value == NULL ? 0 : (size_t)size};
}

int tree_find(const uint8_t *tree, int parent, const char *name)
{
	return parent < 0 ? parent : fdt_subnode_offset_namelen(tree, parent, name, (int)(text_size(name) - 1));
}

int tree_first_child(const uint8_t *tree, int parent)
{
	return parent < 0 ? parent : fdt_first_subnode(tree, parent);
}

int tree_next_child(const uint8_t *tree, int child)
{
	return fdt_next_subnode(tree, child);
}

struct bytes tree_property(const uint8_t *tree, int node, const char *name)
{
	int size = 0;
	const void *value = node < 0 ? NULL : fdt_getprop(tree, node, name, &size);

	return (struct bytes){value, value == NULL ? 0 : (size_t)size};
}

const char *tree_error(int error)
{
	return fdt_strerror(error);
}
