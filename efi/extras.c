/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stub of a unified kernel image finds an initrd by the protocol by which Linux's stub does, and puts its own
 * behind it (systemd, src/boot/initrd.c, initrd_read_previous). The archives are whole before the image starts, as
 * systemd-boot has them, because they are measured then.
 */
#include "extras.h"

#include "initrd.h"
#include "programs.h"
#include "start.h"
#include "tpm.h"

#include "../base/mem.h"
#include "../config/extra.h"
#include "../config/magic.h"
#include "../loader/files.h"

static struct {
	uint8_t *at; /* pages; NULL: none */
	uint64_t size;
} packed;

struct extras {
	const struct entry *entry;
	uint32_t size[MAX_EXTRAS];
	uint64_t at[MAX_EXTRAS]; /* behind the start of all archives, */
	uint64_t end[N_EXTRAS];	 /* of each of which this is the end */
};

static enum status open_one(struct boot *b, const struct extras *extras, size_t i, struct fail *why)
{
	struct file *file = &b->initrd[0];

	file->volume = extras->entry->volume;
	TRY(entry_path(extras->entry->extra[i], file->path, sizeof(file->path), why));
	return file_open(file, why);
}

static enum status look_at(struct boot *b, struct extras *extras, struct fail *why)
{
	for (size_t i = 0; i < extras->entry->n_extras; i++) {
		uint64_t size;

		TRY(open_one(b, extras, i, why));
		size = b->initrd[0].size;
		file_close(&b->initrd[0]);
		if (size > EXTRA_MOST)
			return fail(why, BAD_INPUT, "%s: has %" PRIu64 " bytes; at most %" PRIu64 " are handed over",
				    b->initrd[0].path, size, (uint64_t)EXTRA_MOST);
		if (size == 0)
			fw_log(LOG_NORMAL, "%s: is empty, and not handed over", b->initrd[0].path);
		extras->size[i] = (uint32_t)size;
	}
	return OK;
}

/* Measures all archives, or writes them, without what is in the files. */
static void pack(struct extras *extras, uint8_t *to)
{
	struct cpio cpio = {.at = to};

	for (unsigned int which = 0; which < N_EXTRAS; which++) {
		extra_pack(extras->entry, (enum extra)which, extras->size, &cpio, extras->at);
		extras->end[which] = cpio.used;
	}
}

/* Rule C7: @distrust_high: firmware was caught lying, and all is read again. */
static enum status read_all(struct boot *b, const struct extras *extras, bool distrust_high, struct fail *why)
{
	b->loading =
	    (struct loading){.bounce = b->spare, .bounce_size = sizeof(b->spare), .distrust_high = distrust_high};
	for (size_t i = 0; i < extras->entry->n_extras; i++) {
		enum status status;

		if (extras->size[i] == 0)
			continue;
		TRY(open_one(b, extras, i, why));
		status = load_file(&b->loading, &b->initrd[0], 0, (uintptr_t)packed.at + extras->at[i], extras->size[i],
				   why);
		file_close(&b->initrd[0]);
		TRY(status);
	}
	return OK;
}

static enum status copy(void *context, struct range place, struct fail *why)
{
	(void)context;
	(void)why;
	memcpy(fw_memory_at(place.start), packed.at, (size_t)packed.size);
	return OK;
}

/* Nothing has been started yet: here systemd-boot measures each of them. */
static void archive_is_whole(enum extra which, struct bytes archive)
{
	if (archive.size == 0)
		return;
	fw_log(LOG_DEBUG, "%zu bytes of an initrd with /%s", archive.size, extra_folder(which));
	(void)tpm_measure(extra_measured(which), archive);
}

/* What is wrong with the image otherwise is said when it is started. */
static enum status check_image(const struct entry *entry, struct fail *why)
{
	static struct program_file program; /* its path is too large to be added to those on the stack */
	char text[MAGIC_ROOM(EXTRA_STUB) + 4];
	struct word magic;

	if (entry->kind == ENTRY_UKI_URL) /* nothing of it is here */
		return OK;
	program.file.volume = entry->volume;
	TRY(efi_path_of(entry, program.file.path, why));
	if (program_open(&program, why) != OK)
		return OK;
	magic = program_magic(&program, text, sizeof(text));
	program_close(&program);
	if (extra_is_taken(magic))
		return OK;
	return fail(why, BAD_INPUT,
		    "%s: its stub is of a systemd before 261, and fails when there is anything beside the image\n"
		    "  try: an image with a newer stub, or the entry without `extra`",
		    program.file.path);
}

static enum status offer(struct boot *b, struct extras *extras, struct fail *why)
{
	uint64_t start = 0;

	TRY(check_image(extras->entry, why));
	TRY(look_at(b, extras, why));
	pack(extras, NULL);
	packed.size = extras->end[N_EXTRAS - 1];
	if (packed.size == 0)
		return OK;
	TRY(initrd_can_be_offered(packed.size, "the machine without an initrd of its own, such as QEMU's -initrd",
				  why));
	if (extras->entry->kind == ENTRY_UKI)
		fw_trying(extras->entry);
	packed.at = fw_take(packed.size);
	if (packed.at == NULL)
		return fail(why, IO_ERROR, "no memory for the %" PRIu64 " bytes of `extra`", packed.size);
	pack(extras, packed.at);
	TRY(read_all(b, extras, false, why));
	if (b->loading.spoilt)
		TRY(read_all(b, extras, true, why));
	for (unsigned int which = 0; which < N_EXTRAS; start = extras->end[which++])
		archive_is_whole((enum extra)which,
				 (struct bytes){packed.at + start, (size_t)(extras->end[which] - start)});
	return initrd_offer(&(struct initrd_source){packed.size, copy, NULL}, why);
}

enum status extras_offer(struct boot *b, const struct entry *entry, struct fail *why)
{
	struct extras extras = {.entry = entry};
	enum status status;

	if (entry->n_extras == 0)
		return OK;
	boot_clear(b);
	status = offer(b, &extras, why);
	boot_close(b);
	if (status != OK)
		extras_take_away();
	return status;
}

void extras_take_away(void)
{
	initrd_take_away();
	if (packed.at != NULL)
		fw_give(packed.at, packed.size);
	packed.at = NULL;
}
