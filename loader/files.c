/* SPDX-License-Identifier: BSD-2-Clause */
#include "files.h"

#include "../base/mem.h"
#include "../policy/policy.h"

#include "../protocol/tree/chosen.h"
#include "../protocol/x86/vmlinux.h"

/* For what firmware adds to a tree: U-Boot 2023.01 asks for 12 KiB. */
#define FIX_ROOM KIB(64)

static enum status open_file(struct file *file, struct word path, struct fail *why)
{
	TRY(entry_path(path, file->path, sizeof(file->path), why));
	return fw_open(file->path, &file->handle, &file->size, why);
}

enum status boot_open(struct boot *b, const struct entry *entry, struct fail *why)
{
	struct cargo *cargo = &b->situation.cargo;

	TRY(entry_command_line(entry, b->command_line, sizeof(b->command_line), why));
	TRY(open_file(&b->kernel, entry->linux_path, why));
	for (; b->n_initrds < entry->n_initrds; b->n_initrds++)
		TRY(open_file(&b->initrd[b->n_initrds], entry->initrd[b->n_initrds], why));
	TRY(initrds_size(b->initrd, b->n_initrds, &cargo->initrd_size, why));
	cargo->command_line = b->command_line;
	return OK;
}

static enum status read_packed(void *context, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	struct boot *b = context;

	TRY(load_some(&b->kernel, offset, to, size, got, why));
	fw_progress(b->kernel.path, offset + *got, b->kernel.size);
	return OK;
}

static void *take(void *context, uint64_t size)
{
	(void)context;
	return fw_take(size);
}

static void give(void *context, void *at, uint64_t size)
{
	(void)context;
	fw_give(at, size);
}

/* A vmlinux in a compressed file, or in a bzImage when the entry has `decompress loader`. */
static enum status identify_packed(struct boot *b, struct bytes head, bool payload_wanted, struct fail *why)
{
	enum status status;

	b->packed = (struct packed){
	    .context = b,
	    .read = read_packed,
	    .take = take,
	    .give = give,
	    .buffer = b->spare,
	    .buffer_size = sizeof(b->spare),
	};
	status = packed_identify(&b->packed, &b->situation.image, head, payload_wanted, why);
	fw_progress(b->kernel.path, 0, 0);
	TRY(status);
	b->loading.read += b->packed.read_bytes;
	return OK;
}

/* What of the file behind its head tells more of the image. */
static enum status learn(struct boot *b, struct fail *why)
{
	struct image *image = &b->situation.image;

	_Static_assert(sizeof(b->spare) >= IMAGE_WANT_MOST, "a piece does not fit");
	for (size_t i = 0; i < image->n_wants; i++) {
		struct bytes piece = {b->spare, 0};
		size_t size = (size_t)image->want[i].size;

		TRY(load_some(&b->kernel, image->want[i].offset, b->spare, size, &piece.size, why));
		if (piece.size != size)
			return fail(why, BAD_INPUT, "%s ends at byte %" PRIu64, image->name,
				    image->want[i].offset + piece.size);
		b->loading.read += piece.size;
		TRY(image->protocol->learn(image, i, piece, why));
	}
	return OK;
}

static enum status check_machine(const struct situation *p, struct fail *why)
{
	const struct image *image = &p->image;

	if (arch_enters(p->arch, image->machine))
		return OK;
	return fail(why, BAD_INPUT, "%s: a kernel for %s, and this loader is one for %s\n  try: a kernel for %s",
		    image->name, machine_name(image->machine), p->arch->name, p->arch->name);
}

static enum status stay_in_place(struct boot *b, const struct entry *entry, struct fail *why)
{
	bool added;

	if (!b->situation.image.moves_itself)
		return OK;
	TRY(policy_command_line(entry, b->command_line, sizeof(b->command_line), &added, why));
	if (added)
		fw_log(LOG_NORMAL, "added nokaslr to the command line, so that the kernel stays where it is put [X9]");
	return OK;
}

/* A kernel's build leaves vmlinux.relocs beside vmlinux; a bzImage has the same table behind the kernel in it. */
static enum status find_relocs(struct boot *b, struct fail *why)
{
	struct file *file = &b->relocs.file;
	struct text path = {file->path, sizeof(file->path), 0};
	enum status status;

	if (b->situation.image.protocol != &vmlinux_protocol || (b->packed.found && b->packed.size != ELF_SIZE_UNKNOWN))
		return OK;
	text_add(&path, "%s.relocs", b->kernel.path);
	if (text_cut(&path))
		return OK;
	status = fw_open(file->path, &file->handle, &file->size, why);
	if (status == NOT_FOUND)
		return OK;
	TRY(status);
	TRY(vmlinux_check_table_size(file->path, file->size, why));
	b->relocs.size = file->size;
	b->situation.image.has_table = true;
	return OK;
}

/* The first whole->size bytes; @more: bytes behind them for what is added. */
static enum status read_whole(struct boot *b, struct whole *whole, uint64_t more, struct fail *why)
{
	struct file *file = &whole->file;
	size_t size, got;

	if (file->handle == NULL)
		return OK;
	if (checked_add(whole->size, more, &whole->room) || (whole->at = fw_take(whole->room)) == NULL)
		return fail(why, IO_ERROR, "%s: no memory to read it", file->path);
	/* By the buffer below 4 GiB, for firmware chose where it lies [C7]. */
	for (uint64_t done = 0; done < whole->size; done += got) {
		size =
		    whole->size - done < b->loading.bounce_size ? (size_t)(whole->size - done) : b->loading.bounce_size;
		TRY(load_some(file, done, b->loading.bounce, size, &got, why));
		if (got != size)
			return fail(why, BAD_INPUT, "%s ends at byte %" PRIu64, file->path, done + got);
		memcpy(whole->at + done, b->loading.bounce, got);
	}
	b->loading.read += whole->size;
	return OK;
}

static void give_back(struct whole *whole)
{
	if (whole->at != NULL)
		fw_give(whole->at, whole->room);
	whole->at = NULL;
}

enum status boot_read_relocs(struct boot *b, struct fail *why)
{
	return read_whole(b, &b->relocs, 0, why);
}

/* Of a tree in a file first its head alone, which tells how long it is: all of it would lie in the plan's way. */
static enum status find_named_tree(struct boot *b, struct word path, struct fail *why)
{
	struct file *file = &b->tree.file;
	uint8_t head[TREE_HEADER];
	uint64_t size;
	size_t got;

	TRY(open_file(file, path, why));
	TRY(load_some(file, 0, head, sizeof(head), &got, why));
	size = got == sizeof(head) ? tree_total_size(head) : 0;
	if (size < TREE_HEADER || size > file->size)
		return fail_by(why, BAD_INPUT, C11, "%s: no device tree, or not all of it, in %" PRIu64 " bytes",
			       file->path, file->size);
	TRY(chosen_check_size(size, b->situation.image.protocol->most_tree, why));
	b->situation.cargo.tree = (struct tree){NULL, size};
	b->tree.size = size;
	return OK;
}

static enum status learn_tree(const struct situation *p, const struct tree *tree, struct machine *machine,
			      struct fail *why)
{
	return p->image.protocol->learn_tree == NULL ? OK : p->image.protocol->learn_tree(tree, machine, why);
}

/*
 * The tree that the entry names, and with what firmware adds to it. Only where it was learnt from before: what firmware
 * adds takes room that is planned then.
 */
static enum status read_named_tree(struct boot *b, struct tree *tree, struct fail *why)
{
	struct whole *whole = &b->tree;

	TRY(read_whole(b, whole, FIX_ROOM, why));
	TRY(tree_check(tree, whole->file.path, (struct bytes){whole->at, (size_t)whole->size}, why));
	if (b->situation.image.protocol->learn_tree == NULL || !fw_fix_tree(whole->at, whole->room))
		return OK;
	return tree_check(tree, whole->file.path, (struct bytes){whole->at, (size_t)whole->room}, why);
}

static bool is_reserved(const struct machine *machine, struct range range)
{
	for (size_t i = 0; i < machine->n_reserved; i++)
		if (range_contains(machine->reserved[i], range))
			return true;
	return false;
}

/* A kernel that is not told of SBI firmware's memory takes it for its own and dies without a word (rule R3). */
static void warn_of_lost_ranges(const struct situation *p)
{
	struct machine own = p->machine;
	struct tree tree;
	struct fail ignored;

	if (p->machine.tree.at == NULL || tree_check(&tree, "", p->machine.tree, &ignored) != OK ||
	    learn_tree(p, &tree, &own, &ignored) != OK)
		return;
	for (size_t i = 0; i < own.n_reserved; i++)
		if (!is_reserved(&p->machine, own.reserved[i]))
			fw_log(LOG_QUIET,
			       "the entry's device tree does not reserve %#" PRIx64 "-%#" PRIx64
			       ", as firmware's own does: the kernel may take it [R3]",
			       own.reserved[i].start, own.reserved[i].end);
}

/* What is learnt of a named tree decides where things lie: it is read for that, and given back before memory is looked
 * at. */
static enum status learn_named_tree(struct boot *b, struct fail *why)
{
	struct situation *p = &b->situation;
	struct tree tree;
	enum status status;

	if (b->situation.image.protocol->learn_tree == NULL)
		return OK;
	b->loading.bounce = b->spare;
	b->loading.bounce_size = sizeof(b->spare);
	status = read_named_tree(b, &tree, why);
	if (status == OK)
		status = learn_tree(p, &tree, &p->machine, why);
	give_back(&b->tree);
	TRY(status);
	p->cargo.tree = (struct tree){NULL, tree.size};
	warn_of_lost_ranges(p);
	return OK;
}

/* The plan was made by what the tree told before. */
static bool tells_the_same(const struct machine *a, const struct machine *b)
{
	return a->n_reserved == b->n_reserved && a->riscv.levels == b->riscv.levels &&
	       memcmp(a->reserved, b->reserved, a->n_reserved * sizeof(a->reserved[0])) == 0;
}

enum status boot_find_tree(struct boot *b, const struct entry *entry, struct fail *why)
{
	struct situation *p = &b->situation;

	if (!p->image.protocol->told_by_tree) {
		if (entry->devicetree.length != 0)
			fw_log(LOG_QUIET, "the entry's device tree is left out: this kernel reads none");
		return OK;
	}
	if (entry->devicetree.length != 0) {
		TRY(find_named_tree(b, entry->devicetree, why));
		return learn_named_tree(b, why);
	}
	if (p->machine.tree.at != NULL)
		TRY(tree_check(&p->cargo.tree, "firmware's device tree", p->machine.tree, why));
	return learn_tree(p, &p->cargo.tree, &p->machine, why);
}

enum status boot_read_tree(struct boot *b, struct fail *why)
{
	struct tree *tree = &b->situation.cargo.tree;
	uint64_t planned = tree->size;
	struct machine machine;

	if (b->tree.file.handle == NULL)
		return OK;
	TRY(read_named_tree(b, tree, why));
	machine = b->situation.machine;
	TRY(learn_tree(&b->situation, tree, &machine, why));
	if (tree->size > planned || !tells_the_same(&machine, &b->situation.machine))
		return fail(why, BAD_INPUT, "%s changed while it was read", b->tree.file.path);
	return OK;
}

const char *boot_relocations_in(const struct boot *b)
{
	return b->relocs.at != NULL ? b->relocs.file.path : b->kernel.path;
}

struct bytes boot_relocations(const struct boot *b)
{
	if (b->relocs.at != NULL)
		return (struct bytes){b->relocs.at, (size_t)b->relocs.file.size};
	return packed_table(&b->packed);
}

enum status boot_identify(struct boot *b, const struct entry *entry, struct fail *why)
{
	struct image *image = &b->situation.image;
	struct bytes head = {b->head, 0};

	image->name = b->kernel.path;
	image->file_size = b->kernel.size;
	if (b->kernel.size != 0)
		TRY(fw_read(b->kernel.handle, 0, b->head, sizeof(b->head), &head.size, why));
	if (!packed_as_a_whole(head))
		TRY(image_identify(image, head, why));
	TRY(identify_packed(b, head, entry->loader_unpacks, why));
	TRY(check_machine(&b->situation, why));
	/* Of a bzImage not read again: its payload starts behind two sectors at the earliest. */
	b->loading.read += head.size;
	TRY(learn(b, why));
	TRY(find_relocs(b, why));
	return stay_in_place(b, entry, why);
}

static void close_file(struct file *file)
{
	fw_close(file->handle);
	file->handle = NULL;
}

void boot_close(struct boot *b)
{
	for (size_t i = 0; i < MAX_INITRDS; i++)
		close_file(&b->initrd[i]);
	close_file(&b->kernel);
	close_file(&b->relocs.file);
	close_file(&b->tree.file);
}

void boot_give_back(struct boot *b)
{
	packed_close(&b->packed);
	give_back(&b->relocs);
	give_back(&b->tree);
}
