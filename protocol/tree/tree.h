/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device trees, by libfdt: checked before anything else reads them, copied with room to grow, and given properties.
 * Source: Devicetree Specification v0.4, chapter 5, "Flattened Devicetree (DTB) Format".
 */
#ifndef BERTH_TREE_H
#define BERTH_TREE_H

#include "../device_tree.h"

#define TREE_ALIGN 8

#define TREE_NAME_MOST 255 /* characters of a property's name */

/*
 * BAD_INPUT, with @name and libfdt's word for it, when @blob is not one whole, well-formed tree: every offset and name
 * in it is inside, nodes are closed, there is one root, and no name is so long that looking it up takes long. What
 * stands behind the tree does not count.
 * @blob: aligned to TREE_ALIGN.
 */
enum status tree_check(struct tree *tree, const char *name, struct bytes blob, struct fail *why) MUST_CHECK;

/* Bytes that a node under the root, and a property there, add at most. */
uint64_t tree_node_size(const char *name);
uint64_t tree_property_size(const char *name, uint64_t size);

/* What tree_copy needs, before anything is added. */
uint64_t tree_copy_size(const struct tree *tree);

/*
 * Writes @tree, or an empty one, to @to, where it then has @room bytes to grow in. Its memory reservations are left
 * out, as Linux's stub leaves them out (drivers/firmware/efi/libstub/fdt.c): the UEFI memory map is what says which
 * memory is taken. 0, or libfdt's error.
 */
int tree_copy(const struct tree *tree, uint8_t *to, uint64_t room);

/* The same with its reservations; there must be a tree. 0, or libfdt's error. */
int tree_open(const struct tree *tree, uint8_t *to, uint64_t room);

/* Sets or removes a property of a node under the root; tree_set makes a missing node. 0, or libfdt's error. */
int tree_set(uint8_t *tree, const char *node, const char *name, const void *value, uint64_t size);
int tree_remove(uint8_t *tree, const char *node, const char *name);

/* Overwrites a property that is there, and has this size. */
int tree_overwrite(uint8_t *tree, const char *node, const char *name, const void *value, uint64_t size);

/* The bytes of a property; at == NULL when it is not there. */
struct bytes tree_get(const uint8_t *tree, const char *node, const char *name);

/*
 * Nodes, by numbers that hold while the tree is not changed; negative: there is none. The root's is 0. tree_find takes
 * a name with its unit address, or without when that is unique.
 */
int tree_find(const uint8_t *tree, int parent, const char *name);
int tree_first_child(const uint8_t *tree, int parent);
int tree_next_child(const uint8_t *tree, int child);
struct bytes tree_property(const uint8_t *tree, int node, const char *name);

/* libfdt's word for an error. */
const char *tree_error(int error);

#endif
