/* SPDX-License-Identifier: BSD-2-Clause */
#include "relocations.h"

#include "summed.h"
#include "verify.h"

#include "../base/text.h"
#include "../kernel/identify.h"
#include "../plan/copies.h"
#include "../policy/linux_words.h"
#include "../policy/policy.h"

enum status boot_find_relocs(struct boot *b, struct fail *why)
{
	struct file *file = &b->relocs.file;
	struct text path = {file->path, sizeof(file->path), 0};
	const char *suffix = identify_suffix_beside(&b->situation.image, &b->packed);
	bool is_bound = sums_count(b->record, SUMS_RELOCS) != 0;
	enum status status;

	if (suffix == NULL || (must_verify(&b->situation.machine) && !is_bound)) /* nobody has signed it */
		return OK;
	text_add(&path, "%s%s", b->kernel.path, suffix);
	if (text_cut(&path))
		return OK;
	file->volume = b->kernel.volume;
	status = file_open(file, why);
	if (status == NOT_FOUND && !is_bound)
		return OK;
	TRY(status);
	b->relocs.size = file->size;
	return identify_beside(&b->situation.image, file->path, file->size, why);
}

/* Behind the kernel in its own file: what is packed brings it when it is unpacked. */
static bool is_behind(const struct boot *b)
{
	return !b->packed.found && b->situation.image.table_size != 0;
}

enum status boot_read_relocs(struct boot *b, struct fail *why)
{
	const struct image *image = &b->situation.image;
	struct whole *relocs = &b->relocs;

	if (is_behind(b)) {
		if (!linux_words_randomise(image, b->command_line))
			return OK;
		relocs->size = image->table_size;
		return whole_read_from(relocs, &b->kernel.source, image->image_end, 0, &b->loading, why);
	}
	TRY(whole_read(relocs, 0, &b->loading, why));
	if (relocs->at == NULL)
		return OK;
	return summed_check(b->record, SUMS_RELOCS, 0, relocs->file.path,
			    (struct bytes){relocs->at, (size_t)relocs->size}, why);
}

/* Of whichever file; empty when the kernel has none. */
static struct bytes table_of(const struct boot *b, const char **name)
{
	*name = b->relocs.file.handle != NULL ? b->relocs.file.path : b->kernel.path;
	if (b->relocs.at != NULL)
		return (struct bytes){b->relocs.at, (size_t)b->relocs.size};
	return packed_table(&b->packed);
}

uint8_t *boot_kernel_now(const struct boot *b)
{
	const struct plan *plan = &b->situation.plan;
	uint64_t run;

	return fw_memory_at(copies_now(&plan->copies, plan->part[PART_KERNEL].at.start, &run));
}

static enum status randomise(struct boot *b, struct fail *why)
{
	struct situation *p = &b->situation;
	struct virtual_move move;
	struct bytes table;
	const char *name;
	uint64_t entropy;

	if (!linux_words_randomise(&p->image, b->command_line))
		return OK;
	if (!fw_random(&entropy, sizeof(entropy)) && !arch_random(&entropy)) {
		fw_log(LOG_QUIET, "no entropy: the kernel keeps the virtual addresses that it was linked for [X10]");
		return OK;
	}
	table = table_of(b, &name);
	TRY(p->image.protocol->randomise(&p->image, boot_kernel_now(b), table, name, entropy, &move, why));
	p->cargo.randomised = true;
	/* Not kept: everybody on the booted system may read the log. */
	fw_show(LOG_DEBUG, "virtual %#" PRIx64 " moved by %#" PRIx64 " [X10]", move.from + move.by, move.by);
	return OK;
}

enum status boot_relocate(struct boot *b, struct fail *why)
{
	const struct image *image = &b->situation.image;
	uint64_t start = b->situation.plan.part[PART_KERNEL].at.start;

	TRY(randomise(b, why));
	return image->protocol->relocate == NULL ? OK
						 : image->protocol->relocate(image, boot_kernel_now(b), start, why);
}
