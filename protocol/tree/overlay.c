/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libfdt's fdt_overlay_apply() writes numbers into an overlay at offsets that the overlay itself tells, looks nodes up
 * by aliases that may name themselves, and calls itself for each node within a node. What of that would leave the file,
 * or not end, is refused here; what is merely wrong is left to libfdt to find.
 */
#include "overlay.h"

#include "tree.h"

#include "../../base/mem.h"
#include "../../base/range.h"

#include <libfdt.h>

#define CELL	    4
#define BASE_DEPTH  128 /* nodes in each other in a tree: libfdt looks for each one's parent from the front */
#define MOST_DIGITS 9	/* of an offset: libfdt has it in 32 bits, with a sign */

/* An overlay that is checked: what is done for it, and the first thing that is wrong. */
struct checked {
	const uint8_t *at;
	uint64_t steps;
	const char *wrong;
};

static bool wrong(struct checked *c, const char *words)
{
	c->wrong = words;
	return false;
}

/* A text with its NUL, and no other. */
static bool is_text(const char *value, int length)
{
	return length > 0 && memchr(value, '\0', (size_t)length) == value + length - 1;
}

static bool is_node(const char *name, const char *other)
{
	return strlen(name) == strlen(other) && memcmp(name, other, strlen(name)) == 0;
}

/* Devicetree's own nodes, at the root of an overlay: __fixups__, which libfdt goes by while it writes to others. */
static bool is_inner(const char *name)
{
	return name[0] == '_' && name[1] == '_';
}

static bool check_depth(struct checked *c, int most)
{
	int at = 0, next = 0, depth = 0;

	for (uint32_t tag; (tag = fdt_next_tag(c->at, at, &next)) != FDT_END; at = next) {
		depth += tag == FDT_BEGIN_NODE ? 1 : tag == FDT_END_NODE ? -1 : 0;
		if (depth > most)
			return wrong(c, "more nodes lie within each other than it may have");
		c->steps++;
	}
	return true;
}

/* A path that does not begin with a slash begins with an alias, which may be made of another, or of itself. */
static bool check_target(struct checked *c, int fragment)
{
	int length;
	const char *path = fdt_getprop(c->at, fragment, "target-path", &length);

	if (path != NULL && (!is_text(path, length) || path[0] != '/'))
		return wrong(c, "a target-path that is not a whole path");
	return true;
}

static bool check_targets(struct checked *c)
{
	for (int at = tree_first_child(c->at, 0); at >= 0; at = tree_next_child(c->at, at))
		if (!check_target(c, at))
			return false;
	return true;
}

/* "PATH:PROPERTY:OFFSET" */
static bool is_fixup(const char *text)
{
	const char *property = strchr(text, ':'), *offset, *end;

	if (text[0] != '/' || text[1] == '/' || is_inner(text + 1) || property == NULL)
		return false;
	offset = strchr(++property, ':');
	if (offset == NULL || memcmp(property, "target-path:", strnlen(property, sizeof("target-path:") - 1)) == 0)
		return false;
	for (end = ++offset; *end >= '0' && *end <= '9'; end++)
		;
	return *end == '\0' && end != offset && end - offset <= MOST_DIGITS;
}

static bool check_fixups(struct checked *c)
{
	int node = tree_find(c->at, 0, "__fixups__"), at, length;

	for (at = fdt_first_property_offset(c->at, node); at >= 0; at = fdt_next_property_offset(c->at, at)) {
		const char *value = fdt_getprop_by_offset(c->at, at, NULL, &length);

		if (length <= 0 || value[length - 1] != '\0')
			return wrong(c, "a label in __fixups__ without a text");
		for (const char *end = value + length; value < end; value += strlen(value) + 1) {
			if (!is_fixup(value))
				return wrong(c, "a text in __fixups__ that is not PATH:PROPERTY:OFFSET");
			c->steps++;
		}
	}
	return true;
}

/* Whether each of these offsets, of which libfdt checks none before it reads there, lies in the property. */
static bool check_offsets(struct checked *c, int node, const char *name, const uint8_t *offset, int length)
{
	int size;

	if (is_node(name, "phandle") || is_node(name, "linux,phandle") || is_node(name, "target-path"))
		return wrong(c, "a property in __local_fixups__ that holds no phandles of others");
	if (fdt_getprop(c->at, node, name, &size) == NULL)
		return wrong(c, "a property in __local_fixups__ that is not there");
	if (length % CELL != 0)
		return wrong(c, "a property in __local_fixups__ that is no list of offsets");
	for (int i = 0; i < length; i += CELL) {
		if (size < CELL || fdt32_ld((const fdt32_t *)(const void *)(offset + i)) > (uint32_t)size - CELL)
			return wrong(c, "an offset in __local_fixups__ behind the end of its property");
		c->steps++;
	}
	return true;
}

/* __local_fixups__ has the nodes of the overlay once more. Its depth was checked. */
static bool check_local(struct checked *c, int node, int fixups)
{
	int at, length;

	for (at = fdt_first_property_offset(c->at, fixups); at >= 0; at = fdt_next_property_offset(c->at, at)) {
		const char *name = NULL;
		const uint8_t *offset = fdt_getprop_by_offset(c->at, at, &name, &length);

		if (!check_offsets(c, node, name, offset, length))
			return false;
	}
	for (at = tree_first_child(c->at, fixups); at >= 0; at = tree_next_child(c->at, at)) {
		const char *name = fdt_get_name(c->at, at, NULL);
		int same = tree_find(c->at, node, name);

		if (same < 0 || (node == 0 && is_inner(name)))
			return wrong(c, "a node in __local_fixups__ that is not there");
		if (!check_local(c, same, at))
			return false;
	}
	return true;
}

static bool check_all_local(struct checked *c)
{
	int fixups = tree_find(c->at, 0, "__local_fixups__");

	return fixups < 0 || check_local(c, 0, fixups);
}

/* What labels stand for in the tree that it is for: whole paths, as in check_target(). */
static bool check_symbols(struct checked *c)
{
	int node = tree_find(c->at, 0, "__symbols__"), at, length;

	for (at = fdt_first_property_offset(c->at, node); at >= 0; at = fdt_next_property_offset(c->at, at)) {
		const char *path = fdt_getprop_by_offset(c->at, at, NULL, &length);

		if (!is_text(path, length) || path[0] != '/')
			return wrong(c, "a label in __symbols__ that stands for no path");
	}
	return true;
}

static enum status check(const struct tree *overlay, const char *name, uint64_t base_size, struct fail *why)
{
	struct checked c = {.at = overlay->at};
	uint64_t work;

	if (!check_depth(&c, OVERLAY_DEPTH) || !check_targets(&c) || !check_fixups(&c) || !check_all_local(&c))
		return fail_by(why, BAD_INPUT, C11, "%s: a broken overlay: %s", name, c.wrong);
	if (checked_mul(c.steps, base_size + overlay->size, &work) || work > OVERLAY_WORK)
		return fail_by(why, BAD_INPUT, C11,
			       "%s: %" PRIu64
			       " properties, nodes and references are more than can be looked up in a tree "
			       "of %" PRIu64 " bytes in reasonable time\n"
			       "  try: `devicetree` with a tree that fdtoverlay(1) merged it into",
			       name, c.steps, base_size);
	return OK;
}

/* libfdt's words for what goes wrong most often. */
static const char *words_of(int error)
{
	switch (error) {
	case -FDT_ERR_NOTFOUND:
		return "the tree has no label, or no node, that it names (FDT_ERR_NOTFOUND)";
	case -FDT_ERR_NOSPACE:
		return "it refers behind the end of a property, or needs more room than it should (FDT_ERR_NOSPACE)";
	case -FDT_ERR_BADOVERLAY:
		return "it is no overlay (FDT_ERR_BADOVERLAY)";
	default:
		return fdt_strerror(error);
	}
}

enum status overlay_merge(const struct tree *base, const char *name, struct tree_room overlay, struct tree_room to,
			  struct tree *merged, struct fail *why)
{
	struct checked below = {.at = to.at};
	struct tree checked;
	int error;

	if (overlay.size > OVERLAY_MOST)
		return fail_by(why, BAD_INPUT, C11, "%s: has %" PRIu64 " bytes; an overlay has at most %" PRIu64, name,
			       overlay.size, OVERLAY_MOST);
	TRY(tree_check(&checked, name, (struct bytes){overlay.at, (size_t)overlay.size}, why));
	TRY(check(&checked, name, base->size, why));
	error = tree_open(base, to.at, to.size);
	if (error == 0 && (!check_depth(&below, BASE_DEPTH) || !check_symbols(&below)))
		return fail_by(why, BAD_INPUT, C11, "%s: the device tree that it is for is broken: %s", name,
			       below.wrong);
	if (error == 0)
		error = fdt_overlay_apply(to.at, overlay.at);
	if (error != 0)
		return fail_by(why, BAD_INPUT, C11, "%s: cannot be merged into the device tree: %s", name,
			       words_of(error));
	return tree_check(merged, name, (struct bytes){to.at, (size_t)to.size}, why);
}

/*
 * What a property or a node of the overlay takes is the same in the tree. Names that share their end with a longer one
 * may not do so there, and a label stands for "/fragment@0/__overlay__/...", which becomes the path of the target.
 */
uint64_t overlay_growth(uint64_t size)
{
	return 4 * size + 1024;
}
