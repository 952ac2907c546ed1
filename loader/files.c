/* SPDX-License-Identifier: BSD-2-Clause */
#include "files.h"

#include "relocations.h"

#include "../base/mem.h"
#include "../kernel/identify.h"
#include "../policy/linux_words.h"
#include "../policy/policy.h"

void boot_clear(struct boot *b)
{
	memset(b, 0, offsetof(struct boot, spare));
}

/* UAPI.1, "Type #1": on the volume that the entry itself is on. */
static enum status open_file(struct file *file, struct fw_volume *volume, struct word path, struct fail *why)
{
	file->volume = volume;
	TRY(entry_path(path, file->path, sizeof(file->path), why));
	return file_open(file, why);
}

enum status boot_open(struct boot *b, const struct entry *entry, struct fail *why)
{
	struct cargo *cargo = &b->situation.cargo;

	TRY(entry_command_line(entry, b->command_line, sizeof(b->command_line), why));
	TRY(open_file(&b->kernel, entry->volume, entry->program, why));
	for (; b->n_initrds < entry->n_initrds; b->n_initrds++)
		TRY(open_file(&b->initrd[b->n_initrds], entry->volume, entry->initrd[b->n_initrds], why));
	TRY(initrds_size(b->initrd, b->n_initrds, &cargo->initrd_size, why));
	cargo->command_line = b->command_line;
	return OK;
}

/* A packed kernel may take long, also to be identified; of another only its head and notes are read. */
static enum status read_and_show(void *context, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	struct boot *b = context;
	struct file *file = &b->kernel;

	TRY(file->source.read(file, offset, to, size, got, why));
	if (b->packed.packing != PACKED_NOT)
		fw_progress(file->path, offset + *got, file->size);
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

static enum status stay_in_place(struct boot *b, const struct entry *entry, struct fail *why)
{
	bool added;

	if (!b->situation.image.moves_itself)
		return OK;
	TRY(linux_words_keep_in_place(entry, b->command_line, sizeof(b->command_line), &added, why));
	if (added && b->record.at != NULL) /* else who writes to the entry could switch KASLR off */
		return fail_by(why, REFUSED, X9,
			       "%s: its `placement` adds nokaslr to a command line that berth.sums has without it\n"
			       "  try: nokaslr among its options, and then `berth sums`",
			       word_shown(word_of(entry->id)).at);
	if (added)
		fw_log(LOG_NORMAL, "added nokaslr to the command line, so that the kernel stays where it is put [X9]");
	return OK;
}

enum status boot_identify(struct boot *b, const struct entry *entry, struct fail *why)
{
	const struct arch *here = b->situation.arch;
	uint64_t read = 0;
	enum status status;

	_Static_assert(sizeof(b->spare) >= IMAGE_WANT_MOST, "notes do not fit");
	b->shown = b->kernel.source;
	b->shown.read = read_and_show;
	b->shown.context = b;
	b->packed = (struct packed){
	    .file = &b->shown,
	    .take = take,
	    .give = give,
	    .buffer = b->spare,
	    .buffer_size = sizeof(b->spare),
	};
	b->wanted = (struct wanted){here->name, {here->enters[0], here->enters[1]}, entry->loader_unpacks};
	status = identify(&b->situation.image, &b->packed, &b->wanted, &read, why);
	fw_progress(b->kernel.path, 0, 0);
	TRY(status);
	/* A bzImage's head is not read again: its payload starts behind two sectors at the earliest. */
	if (b->head_size == 0)
		b->loading.read += read;
	TRY(boot_find_relocs(b, why));
	return stay_in_place(b, entry, why);
}

void boot_close(struct boot *b)
{
	for (size_t i = 0; i < MAX_INITRDS; i++)
		file_close(&b->initrd[i]);
	file_close(&b->kernel);
	file_close(&b->relocs.file);
	file_close(&b->tree.file);
	file_close(&b->overlays.file.file);
}

void boot_give_back(struct boot *b)
{
	packed_close(&b->packed);
	whole_give_back(&b->relocs);
	whole_give_back(&b->tree);
	overlays_give_back(&b->overlays);
}
