/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree.h"

#include "summed.h"

#include "../base/mem.h"
#include "../kernel/formats.h"

#define FIRMWARES "firmware's device tree"

/* Reads only the header for now: the whole tree would occupy memory that the plan needs. */
static enum status find_named_tree(struct boot *b, struct word path, struct fail *why)
{
	const struct protocol *protocol = b->situation.image.protocol;
	struct file *file = &b->tree.file;
	uint8_t head[TREE_HEADER];
	uint64_t size;
	size_t got;

	TRY(entry_path(path, file->path, sizeof(file->path), why));
	file->volume = b->overlays.volume;
	TRY(file_open(file, why));
	TRY(source_read(&file->source, 0, head, sizeof(head), &got, why));
	size = got == sizeof(head) ? tree_total_size(head) : 0;
	if (size < TREE_HEADER || size > file->size)
		return fail_by(why, BAD_INPUT, C11, "%s: not a device tree, or not all of one, in %" PRIu64 " bytes",
			       file->path, file->size);
	TRY(protocol_trees(protocol)->check_size(size, protocol->most_tree, why));
	b->situation.cargo.tree = (struct tree){NULL, size};
	b->tree.size = size;
	return OK;
}

static enum status learn_tree(const struct situation *p, const struct tree *tree, struct findings *found,
			      struct fail *why)
{
	return p->image.protocol->learn_tree == NULL ? OK
						     : p->image.protocol->learn_tree(tree, &p->machine, found, why);
}

/*
 * Reads the tree that the entry names. Firmware adds to it only for protocols that learn from the tree early: the plan
 * then knows how much room that takes.
 */
static enum status read_named_tree(struct boot *b, struct tree *tree, struct fail *why)
{
	const struct protocol *protocol = b->situation.image.protocol;
	struct whole *whole = &b->tree;

	TRY(whole_read(whole, TREE_FIX_ROOM, &b->loading, why));
	TRY(summed_check(b->record, SUMS_TREE, 0, whole->file.path, (struct bytes){whole->at, (size_t)whole->size},
			 why));
	TRY(protocol_trees(protocol)->check(tree, whole->file.path, (struct bytes){whole->at, (size_t)whole->size},
					    why));
	if (b->program || protocol->learn_tree == NULL || !fw_fix_tree(whole->at, whole->room))
		return OK;
	return protocol_trees(protocol)->check(tree, whole->file.path, (struct bytes){whole->at, (size_t)whole->room},
					       why);
}

/* The entry's tree or firmware's, with the entry's overlays. */
static enum status read_tree(struct boot *b, struct tree *tree, struct fail *why)
{
	const struct tree_reader *reader = protocol_trees(b->situation.image.protocol);

	if (b->tree.file.handle != NULL)
		TRY(read_named_tree(b, tree, why));
	else if (b->situation.machine.tree.at != NULL)
		TRY(reader->check(tree, FIRMWARES, b->situation.machine.tree, why));
	else
		*tree = (struct tree){NULL, 0};
	return overlays_merge(&b->overlays, reader, &b->loading, tree, why);
}

static bool is_reserved(const struct findings *found, struct range range)
{
	for (size_t i = 0; i < found->n_reserved; i++)
		if (range_contains(found->reserved[i], range))
			return true;
	return false;
}

/* A kernel that is not told of SBI firmware's memory takes it for its own and dies without a word (rule R3). */
static void warn_of_lost_ranges(const struct situation *p)
{
	struct findings own = p->found;
	struct tree tree;
	struct fail ignored;

	if (p->machine.tree.at == NULL ||
	    protocol_trees(p->image.protocol)->check(&tree, "", p->machine.tree, &ignored) != OK ||
	    learn_tree(p, &tree, &own, &ignored) != OK)
		return;
	for (size_t i = 0; i < own.n_reserved; i++)
		if (!is_reserved(&p->found, own.reserved[i]))
			fw_log(LOG_QUIET,
			       "the entry's device tree does not reserve %#" PRIx64 "-%#" PRIx64
			       ", but firmware's own does: the kernel may use it [R3]",
			       own.reserved[i].start, own.reserved[i].end);
}

/*
 * A named tree, and what overlays make of one, decides where things lie: it is read first, and its memory given back
 * before the survey.
 */
static enum status learn_read_tree(struct boot *b, struct fail *why)
{
	struct situation *p = &b->situation;
	struct tree tree;
	enum status status;

	b->loading.bounce = b->spare;
	b->loading.bounce_size = sizeof(b->spare);
	status = read_tree(b, &tree, why);
	if (status == OK)
		status = learn_tree(p, &tree, &p->found, why);
	whole_give_back(&b->tree);
	overlays_give_back(&b->overlays);
	TRY(status);
	p->cargo.tree = (struct tree){NULL, tree.size};
	warn_of_lost_ranges(p);
	return OK;
}

enum status boot_program_tree(struct boot *b, const struct entry *entry, const struct tree_reader **reader,
			      struct tree *tree, struct fail *why)
{
	const struct protocol *protocol = formats_with_trees();

	if (protocol == NULL)
		return fail(why, BAD_INPUT, "this loader has nothing that reads device trees");
	*reader = protocol_trees(protocol);
	b->program = true;
	b->situation.image.protocol = protocol;
	b->overlays.paths = entry->overlays;
	b->overlays.volume = entry->volume;
	b->overlays.record = b->record;
	b->loading.bounce = b->spare;
	b->loading.bounce_size = sizeof(b->spare);
	fw_machine(&b->situation.machine);
	if (entry->devicetree.length != 0)
		TRY(find_named_tree(b, entry->devicetree, why));
	return read_tree(b, tree, why);
}

/* The plan depends on what the tree said before. */
static bool tells_the_same(const struct findings *a, const struct findings *b)
{
	return a->n_reserved == b->n_reserved && a->levels == b->levels &&
	       memcmp(a->reserved, b->reserved, a->n_reserved * sizeof(a->reserved[0])) == 0;
}

enum status boot_may_give_tree(enum secure_boot state, const struct entry *entry, struct word record, struct fail *why)
{
	if (state == SECURE_BOOT_DISABLED || !entry_wants_tree(entry) || record.at != NULL)
		return OK;
	return fail(
	    why, REFUSED,
	    "%s: unless Secure Boot is known to be off no device tree of a file is given to what is started: "
	    "nobody has signed it\n"
	    "  try: the entry without `devicetree` and `devicetree-overlay`; or a record in berth.sums, by `berth "
	    "sums`",
	    word_shown(word_of(entry->id)).at);
}

enum status boot_find_tree(struct boot *b, const struct entry *entry, struct fail *why)
{
	struct situation *p = &b->situation;

	if (protocol_trees(p->image.protocol) == NULL) {
		if (entry_wants_tree(entry))
			fw_log(LOG_QUIET, "devicetree ignored: this kernel does not use one");
		return OK;
	}
	TRY(boot_may_give_tree(p->machine.secure_boot, entry, b->record, why));
	b->overlays.paths = entry->overlays;
	b->overlays.volume = entry->volume;
	b->overlays.record = b->record;
	if (entry->devicetree.length != 0)
		TRY(find_named_tree(b, entry->devicetree, why));
	if (entry->overlays.length != 0 || (entry->devicetree.length != 0 && p->image.protocol->learn_tree != NULL))
		return learn_read_tree(b, why);
	if (entry->devicetree.length != 0)
		return OK;
	if (p->machine.tree.at != NULL)
		TRY(protocol_trees(p->image.protocol)->check(&p->cargo.tree, FIRMWARES, p->machine.tree, why));
	return learn_tree(p, &p->cargo.tree, &p->found, why);
}

enum status boot_read_tree(struct boot *b, struct fail *why)
{
	struct tree *tree = &b->situation.cargo.tree;
	uint64_t planned = tree->size;
	struct findings found;

	if (b->tree.file.handle == NULL && b->overlays.paths.length == 0)
		return OK;
	TRY(read_tree(b, tree, why));
	found = b->situation.found;
	TRY(learn_tree(&b->situation, tree, &found, why));
	if (tree->size > planned || !tells_the_same(&found, &b->situation.found))
		return fail(why, BAD_INPUT, "%s changed while it was read",
			    b->tree.file.handle != NULL ? b->tree.file.path : "an overlay");
	return OK;
}
