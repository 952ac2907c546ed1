/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Overlays: parts of device trees, merged into one. libfdt merges them, but believes what an overlay says of itself, so
 * that is checked before.
 * Source: Devicetree Specification v0.4, chapter 5, for the file; the kernel's
 * Documentation/devicetree/dynamic-resolution-notes.rst and dtc's Documentation/dt-object-internal.txt for what
 * __overlay__, __fixups__, __local_fixups__ and __symbols__ mean.
 */
#ifndef BERTH_OVERLAY_H
#define BERTH_OVERLAY_H

#include "../device_tree.h"

#define OVERLAY_DEPTH 32 /* nodes in each other: libfdt calls itself for each */

/*
 * What merging may do at most: properties, nodes and references of the overlay, times the bytes in which each is looked
 * up. A tree of 200 KiB takes an overlay with 10,000 of them. The worst tree, of tags that say nothing, takes 4 s then.
 */
#define OVERLAY_WORK (UINT64_C(1) << 31)

/*
 * Writes @base with @overlay merged into it to @to, which is aligned to TREE_ALIGN; *merged is what is there then.
 * @overlay: any bytes, aligned as well; they are of no use afterwards. BAD_INPUT, with @name and the reason,
 * when it is no overlay, or none for this tree: what is at @to is of no use then, and @base is as it was.
 */
enum status overlay_merge(const struct tree *base, const char *name, struct tree_room overlay, struct tree_room to,
			  struct tree *merged, struct fail *why) MUST_CHECK;

/* By how many bytes an overlay of @size bytes lets a tree grow; names and symbols' paths may be longer there. */
uint64_t overlay_growth(uint64_t size);

#endif
