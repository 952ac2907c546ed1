/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/prepared.md has the format of what is made here. */
#include "prepare.h"

#include "pack.h"
#include "record.h"

#include "../base/utf8.h"
#include "../codecs/sha256.h"
#include "../protocol/elf/elf_fields.h"
#include "../protocol/x86/linux_relocs.h"
#include "../protocol/x86/vmlinux.h"
#include "../protocol/x86/x86.h"

#include <stdlib.h>
#include <string.h>

#define FILE_ALIGN                                                                                                     \
	EFI_PAGE     /* of the kernel in the file: firmware reads whole sectors and clusters without a buffer          \
		      */
#define LOAD	   1 /* PT_LOAD */
#define NOTE	   4 /* PT_NOTE */
#define NOTE_ALIGN 4
#define READABLE   4u /* PF_R */
#define WRITABLE   2u /* PF_W */

/* ---- an ELF file of the kernel, the record and the table ---- */

struct elf_plan {
	const struct elf *elf;
	struct bytes record;
	unsigned int n_headers;
	uint64_t record_at, image_at, image_size; /* in the new file; the table follows */
};

/*
 * Where the bytes of a note lie in the window: with the segment that has them in the file. False: they are in none, and
 * the note is left out.
 */
static bool note_place(const struct elf *elf, const struct elf_piece *note, uint64_t *place)
{
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *s = &elf->segment[i];

		if (note->offset < s->offset || note->offset - s->offset > s->filesz ||
		    note->size > s->filesz - (note->offset - s->offset))
			continue;
		*place = s->place + (note->offset - s->offset);
		return true;
	}
	return false;
}

static enum status plan_elf(struct elf_plan *plan, struct fail *why)
{
	const struct elf *elf = plan->elf;
	uint64_t ignored;

	plan->n_headers = 2;
	for (size_t i = 0; i < elf->n_notes; i++)
		plan->n_headers += note_place(elf, &elf->note[i], &ignored) ? 1 : 0;
	plan->record_at = elf_header_size(true) + (uint64_t)plan->n_headers * elf_program_header_size(true);
	plan->image_at = FILE_ALIGN;
	for (size_t i = 0; i < elf->n_segments; i++)
		if (elf->segment[i].filesz != 0)
			plan->image_size = elf->segment[i].place + elf->segment[i].filesz;
	if (plan->record_at + plan->record.size <= IMAGE_HEAD)
		return OK;
	return fail(why, BAD_INPUT,
		    "%s: %u program headers and the record of the original take more than the first %u bytes\n"
		    "  try: the kernel under a shorter name",
		    elf->name, plan->n_headers, (unsigned int)IMAGE_HEAD);
}

static void put(uint8_t *at, struct elf_field field, uint64_t value)
{
	store_le(at + field.at_64, field.width_64, value);
}

struct program_header {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

static uint8_t *put_header(uint8_t *at, const struct program_header *h)
{
	put(at, P_TYPE, h->type);
	put(at, P_FLAGS, h->flags);
	put(at, P_OFFSET, h->offset);
	put(at, P_VADDR, h->vaddr);
	put(at, P_PADDR, h->paddr);
	put(at, P_FILESZ, h->filesz);
	put(at, P_MEMSZ, h->memsz);
	put(at, P_ALIGN, h->align);
	return at + elf_program_header_size(true);
}

/* One segment for all of the kernel: its file is read, or unpacked, in one run to where it stays. */
static void put_program_headers(const struct elf_plan *plan, uint8_t *at)
{
	const struct elf *elf = plan->elf;
	uint64_t place;

	at = put_header(at, &(struct program_header){LOAD, READABLE | WRITABLE | ELF_EXECUTABLE, plan->image_at,
						     elf->virtual_base, elf->window.start, plan->image_size,
						     range_size(elf->window), elf->align});
	for (size_t i = 0; i < elf->n_notes; i++) {
		const struct elf_piece *n = &elf->note[i];

		if (note_place(elf, n, &place))
			at = put_header(at, &(struct program_header){NOTE, READABLE, plan->image_at + place, n->vaddr,
								     elf->window.start + place, n->size, n->size,
								     n->align});
	}
	(void)put_header(at, &(struct program_header){NOTE, READABLE, plan->record_at, 0, 0, plan->record.size,
						      plan->record.size, NOTE_ALIGN});
}

static void put_elf_header(const struct elf_plan *plan, uint8_t *at)
{
	static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1}; /* 64 bits, little-endian, version 1 */
	const struct elf *elf = plan->elf;

	memcpy(at, ident, sizeof(ident));
	put(at, E_TYPE, 2); /* ET_EXEC */
	put(at, E_MACHINE, elf->machine);
	put(at, E_VERSION, 1);
	put(at, E_ENTRY, elf->window.start + elf->entry);
	put(at, E_PHOFF, elf_header_size(true));
	put(at, E_EHSIZE, elf_header_size(true));
	put(at, E_PHENTSIZE, elf_program_header_size(true));
	put(at, E_PHNUM, plan->n_headers);
}

static enum status write_elf(const struct elf_plan *plan, const struct loaded *kernel, struct bytes *out,
			     struct fail *why)
{
	const struct elf *elf = plan->elf;
	size_t end = (size_t)(plan->image_at + plan->image_size), size = end + kernel->table.size;
	uint8_t *at = calloc(1, size);

	if (at == NULL)
		return fail(why, IO_ERROR, "%s: no memory for the prepared file", elf->name);
	put_elf_header(plan, at);
	put_program_headers(plan, at + elf_header_size(true));
	memcpy(at + plan->record_at, plan->record.at, plan->record.size);
	memcpy(at + plan->image_at, kernel->window, (size_t)plan->image_size);
	if (kernel->table.size != 0)
		memcpy(at + end, kernel->table.at, kernel->table.size);
	*out = (struct bytes){at, size};
	return OK;
}

/* ---- vmlinux ---- */

static enum status sum_table(struct prepared_kernel *made, struct prepared *prepared, struct fail *why)
{
	const struct loaded *kernel = &made->kernel;
	struct linux_image image = {kernel->window, kernel->size, x86_of(&kernel->image)->virtual_base};
	struct linux_relocs relocs;

	if (kernel->table.size == 0)
		return OK;
	TRY(linux_relocs_parse(&relocs, kernel->image.name, kernel->table, why));
	prepared->has_table = true;
	prepared->table_size = kernel->table.size;
	made->n_relocations = linux_relocs_count(&relocs);
	return linux_relocs_sum(&relocs, &image, &prepared->table_sum, why);
}

static enum status make_vmlinux(struct prepared_kernel *made, struct prepared *prepared, struct fail *why)
{
	const struct x86 *own = x86_of(&made->kernel.image);
	uint8_t record[RECORD_MOST];
	struct elf_plan plan = {.elf = &own->elf};

	TRY(sum_table(made, prepared, why));
	if (made->kernel.is_wrapped) /* in a bzImage; a bare vmlinux gets a header made up when it is started */
		prepared->header = (struct bytes){own->setup.header, own->setup.header_size};
	plan.record = (struct bytes){record, record_write(prepared, record)};
	TRY(plan_elf(&plan, why));
	return write_elf(&plan, &made->kernel, &made->plain, why);
}

/* ---- Image ---- */

/* What follows the kernel in its file, its record, lies where its BSS is, which it clears itself. */
static enum status make_flat(struct prepared_kernel *made, const struct prepared *prepared, struct fail *why)
{
	const struct loaded *kernel = &made->kernel;
	size_t size = (size_t)kernel->from_file, padded = (size + 7) & ~(size_t)7;
	uint8_t *at = calloc(1, padded + RECORD_MOST + RECORD_END);

	if (at == NULL)
		return fail(why, IO_ERROR, "%s: no memory for the prepared file", kernel->image.name);
	memcpy(at, kernel->window + kernel->image.piece[0].at, size);
	made->plain.at = at;
	made->plain.size = padded + record_write_behind(prepared, at + padded);
	return OK;
}

/* ---- both ---- */

static enum status check_is_new(const char *path, struct bytes original, struct fail *why)
{
	struct prepared found;
	struct bytes unpacked = {NULL, 0};
	enum status status;

	if (packing_of(original) != PACKED_NOT)
		TRY(loaded_unpack(path, original, &unpacked, why));
	status = record_find(&found, path, unpacked.at != NULL ? unpacked : original, why);
	status = status != OK
		     ? OK
		     : fail(why, BAD_INPUT, "%s: it is prepared already, from %s\n  try: berth prepare of that", path,
			    record_name(&found).at);
	free((void *)(uintptr_t)unpacked.at);
	return status;
}

static enum status make_plain(struct prepared_kernel *made, struct prepared *prepared, struct fail *why)
{
	const struct image *image = &made->kernel.image;

	if (image->protocol == &vmlinux_protocol)
		return make_vmlinux(made, prepared, why);
	if (image->protocol->is_flat)
		return make_flat(made, prepared, why);
	return fail(why, BAD_INPUT,
		    "%s: %s, and no kernel that unpacks itself or comes packed\n"
		    "  try: Linux's bzImage, Image.gz, EFI zboot file, vmlinux or Image",
		    image->name, image->protocol->name);
}

static enum status pack(struct prepared_kernel *made, enum prepare_form form, struct fail *why)
{
	if (form == PREPARE_LZ4)
		return pack_lz4(made->plain, &made->file, why);
	if (form == PREPARE_ZSTD)
		return pack_zstd(made->plain, &made->file, why);
	made->file = made->plain;
	return OK;
}

/* ---- read back ---- */

static enum status differs(const char *path, const char *what, struct fail *why)
{
	return fail(why, BAD_INPUT, "%s: %s of what was prepared is not what was meant; please report this", path,
		    what);
}

/* Moved by one step, so that the table is held against its sum as the loader does it. */
static enum status check_table(struct loaded *again, const char *path, struct fail *why)
{
	struct bytes table = again->table;
	struct virtual_move move;

	if (table.size == 0)
		return OK;
	return vmlinux_randomise(&again->image, again->window, table, path, 1, &move, why);
}

/* A flat image is compared up to the end of its file: behind that is the record. */
static bool is_same_kernel(const struct loaded *again, const struct loaded *kernel)
{
	const struct image *image = &kernel->image;
	size_t size = image->protocol->is_flat ? (size_t)(image->piece[0].at + kernel->from_file) : kernel->size;

	return again->image.protocol == image->protocol && again->image.entry_at == image->entry_at &&
	       again->size >= size && memcmp(again->window, kernel->window, size) == 0;
}

static enum status check_loaded(const struct prepared_kernel *made, struct loaded *again, const char *path,
				struct fail *why)
{
	const struct loaded *kernel = &made->kernel;

	if (!is_same_kernel(again, kernel))
		return differs(path, "the kernel", why);
	if (again->table.size != kernel->table.size ||
	    (kernel->table.size != 0 && memcmp(again->table.at, kernel->table.at, kernel->table.size) != 0))
		return differs(path, "the table", why);
	return check_table(again, path, why);
}

static enum status check_made(const struct prepared_kernel *made, const char *path, const struct prepared *prepared,
			      struct fail *why)
{
	struct prepared found;
	struct loaded again;
	enum status status;

	TRY(record_find(&found, path, made->plain, why));
	if (found.size != prepared->size || memcmp(found.sha256.at, prepared->sha256.at, PREPARED_SHA256) != 0 ||
	    found.table_sum != prepared->table_sum)
		return differs(path, "the record", why);
	status = loaded_make(&again, path, made->file, why);
	if (status == OK)
		status = check_loaded(made, &again, path, why);
	loaded_free(&again);
	return status;
}

static enum status check_name(const char *path, const char *name, struct fail *why)
{
	size_t size = strlen(name), length;
	uint32_t code;

	if (size > PREPARED_NAME)
		return fail(why, BAD_INPUT, "%s: its name has %zu bytes, and %u can be recorded", path, size,
			    PREPARED_NAME);
	for (; size != 0; name += length, size -= length) {
		length = utf8_next(name, size, &code);
		if (length == 0)
			return fail(why, BAD_INPUT, "%s: its name is not UTF-8, and cannot be recorded", path);
	}
	return OK;
}

enum status prepare_make(struct prepared_kernel *made, const char *path, const char *name, struct bytes original,
			 enum prepare_form form, struct fail *why)
{
	uint8_t sha256[PREPARED_SHA256];
	struct prepared prepared = {
	    .size = original.size,
	    .sha256 = {sha256, sizeof(sha256)},
	    .name = {(const uint8_t *)name, strlen(name)},
	};

	*made = (struct prepared_kernel){.n_relocations = 0};
	TRY(check_name(path, name, why));
	TRY(check_is_new(path, original, why));
	sha256_of(original, sha256);
	TRY(loaded_make(&made->kernel, path, original, why));
	TRY(make_plain(made, &prepared, why));
	TRY(pack(made, form, why));
	return check_made(made, path, &prepared, why);
}

void prepared_kernel_free(struct prepared_kernel *made)
{
	if (made->file.at != made->plain.at)
		free((void *)(uintptr_t)made->file.at);
	free((void *)(uintptr_t)made->plain.at);
	loaded_free(&made->kernel);
	*made = (struct prepared_kernel){.n_relocations = 0};
}
