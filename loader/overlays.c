/* SPDX-License-Identifier: BSD-2-Clause */
#include "overlays.h"

#include "summed.h"

/* Bytes, with its header, of an overlay that is open; its end may be followed by others. */
static enum status overlay_size(struct whole *whole, struct fail *why)
{
	struct file *file = &whole->file;
	uint8_t head[TREE_HEADER];
	size_t got;

	TRY(source_read(&file->source, 0, head, sizeof(head), &got, why));
	whole->size = got == sizeof(head) ? tree_total_size(head) : 0;
	if (whole->size < TREE_HEADER || whole->size > file->size)
		return fail_by(why, BAD_INPUT, C11,
			       "%s: not an overlay of a device tree, or not all of one, in %" PRIu64 " bytes",
			       file->path, file->size);
	if (whole->size > OVERLAY_MOST)
		return fail_by(why, BAD_INPUT, C11, "%s: has %" PRIu64 " bytes; an overlay has at most %" PRIu64,
			       file->path, whole->size, OVERLAY_MOST);
	return OK;
}

static enum status open_one(struct overlays *o, struct word path, struct fail *why)
{
	struct file *file = &o->file.file;

	file->volume = o->volume;
	TRY(entry_path(path, file->path, sizeof(file->path), why));
	TRY(file_open(file, why));
	return overlay_size(&o->file, why);
}

static void close_one(struct overlays *o)
{
	whole_give_back(&o->file);
	file_close(&o->file.file);
}

/* How much a tree grows, from what the headers say. */
static enum status measure(struct overlays *o, const struct tree_reader *reader, struct fail *why)
{
	struct word rest = o->paths, path;

	o->growth = 0;
	for (unsigned int n = 0; entry_next_path(&rest, &path); n++) {
		enum status status;

		if (n == MAX_OVERLAYS)
			return fail_by(why, BAD_INPUT, C11, "`devicetree-overlay` names more than %u overlays",
				       MAX_OVERLAYS);
		status = open_one(o, path, why);
		o->growth += reader->growth(o->file.size); /* sixteen times at most */
		close_one(o);
		TRY(status);
	}
	return OK;
}

/* The halves take turns: what libfdt fails at it leaves damaged, and then the one before is still whole. */
static struct tree_room other_half(const struct overlays *o, const struct tree *tree)
{
	uint64_t half = o->room / 2;

	return (struct tree_room){tree->at == o->at ? o->at + half : o->at, half};
}

/* A second time an overlay fits as it did the first time, for the plan depends on it. */
static enum status merge_one(struct overlays *o, const struct tree_reader *reader, unsigned int n, struct tree *tree,
			     struct fail *why)
{
	struct tree_room overlay = {o->file.at, o->file.size};
	struct tree merged;
	enum status status;

	if (o->are_known && (o->left_out >> n & 1) != 0)
		return OK;
	status = reader->merge(tree, o->file.file.path, overlay, other_half(o, tree), &merged, why);
	if (status == OK) {
		*tree = merged;
		fw_log(o->are_known ? LOG_NORMAL : LOG_DEBUG, "merged %s into the device tree", o->file.file.path);
		return OK;
	}
	if (o->are_known)
		return fail(why, BAD_INPUT, "%s changed while it was read", o->file.file.path);
	fw_log(LOG_QUIET, "%s\n  it is left out: the kernel is given the device tree without it", why->text);
	o->left_out |= UINT32_C(1) << n;
	return OK;
}

static enum status merge_each(struct overlays *o, const struct tree_reader *reader, struct loading *loading,
			      struct tree *tree, struct fail *why)
{
	struct word rest = o->paths, path;

	for (unsigned int n = 0; entry_next_path(&rest, &path); n++) {
		enum status status = open_one(o, path, why);

		if (status == OK)
			status = whole_read(&o->file, 0, loading, why);
		if (status == OK)
			status = summed_check(o->record, SUMS_OVERLAY, n, o->file.file.path,
					      (struct bytes){o->file.at, (size_t)o->file.size}, why);
		if (status == OK)
			status = merge_one(o, reader, n, tree, why);
		close_one(o);
		TRY(status);
	}
	return OK;
}

enum status overlays_merge(struct overlays *o, const struct tree_reader *reader, struct loading *loading,
			   struct tree *tree, struct fail *why)
{
	if (o->paths.length == 0)
		return OK;
	if (tree->at == NULL)
		return fail_by(why, BAD_INPUT, C11,
			       "`devicetree-overlay`: there is no device tree to merge it into: firmware has none\n"
			       "  try: a line `devicetree` as well");
	if (!o->are_known)
		TRY(measure(o, reader, why));
	o->room = 2 * align_down(tree->size + o->growth + EFI_PAGE - 1, EFI_PAGE);
	o->at = fw_take(o->room);
	if (o->at == NULL)
		return fail(why, IO_ERROR, "no memory for a device tree of %" PRIu64 " bytes and its overlays",
			    tree->size);
	TRY(merge_each(o, reader, loading, tree, why));
	o->are_known = true;
	return OK;
}

void overlays_give_back(struct overlays *o)
{
	close_one(o);
	if (o->at != NULL)
		fw_give(o->at, o->room);
	o->at = NULL;
}
