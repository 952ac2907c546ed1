/* SPDX-License-Identifier: BSD-2-Clause */
#include "loaded.h"

#include "kernel.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#define MOST_MEMORY GIB(1) /* arch/x86/include/asm/page_64_types.h, KERNEL_IMAGE_SIZE; others' are smaller */
#define STEP	    MIB(4)

/* ---- bytes in memory as a source ---- */

static enum status read_bytes(void *context, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	const struct bytes *file = context;
	uint64_t left = offset < file->size ? file->size - offset : 0;

	(void)why;
	*got = size < left ? size : (size_t)left;
	if (*got != 0)
		memcpy(to, file->at + offset, *got);
	return OK;
}

static struct source source_of(const char *name, struct bytes *file)
{
	return (struct source){.name = name, .size = file->size, .read = read_bytes, .context = file};
}

/* ---- a kernel ---- */

static enum status make_window(struct loaded *l, struct fail *why)
{
	uint64_t size = 0, end;

	for (size_t i = 0; i < l->image.n_pieces; i++)
		if (checked_add(l->image.piece[i].at, l->image.piece[i].memory, &end) || end > MOST_MEMORY)
			return fail(why, BAD_INPUT,
				    "%s: it needs more than the %" PRIu64 " bytes that a kernel may have",
				    l->image.name, MOST_MEMORY);
		else if (end > size)
			size = end;
	l->window = calloc(1, (size_t)size + 1);
	l->size = (size_t)size;
	return l->window != NULL ? OK : fail(why, IO_ERROR, "%s: no memory for it", l->image.name);
}

static enum status read_pieces(struct loaded *l, const struct source *file, struct fail *why)
{
	for (size_t i = 0; i < l->image.n_pieces; i++) {
		const struct image_piece *piece = &l->image.piece[i];

		TRY(source_read_all(file, piece->offset, l->window + piece->at, (size_t)piece->size, why));
	}
	l->from_file = l->image.piece[0].size;
	return OK;
}

/* Behind the kernel, as the loader reads it (loader/relocations.c). */
static struct bytes table_behind(const struct loaded *l, struct bytes file)
{
	return (struct bytes){file.at + l->image.image_end, (size_t)l->image.table_size};
}

static enum status unpack_pieces(struct loaded *l, struct packed *packed, struct fail *why)
{
	TRY(packed_load(packed, &l->image, l->window, why));
	l->packing = packed->packing;
	l->is_wrapped = packed->where.start != 0;
	l->packed_size = range_size(packed->where);
	l->unpacked_size = packed->unpack.unpacked;
	l->from_file = l->image.piece[0].size < l->unpacked_size ? l->image.piece[0].size : l->unpacked_size;
	return OK;
}

/* A copy of it: the packed kernel's is given back. */
static enum status keep_table(struct loaded *l, struct bytes table, struct fail *why)
{
	uint8_t *at = malloc(table.size + 1);

	if (at == NULL)
		return fail(why, IO_ERROR, "%s: no memory for its relocation table", l->image.name);
	if (table.size != 0)
		memcpy(at, table.at, table.size);
	l->table.at = at;
	l->table.size = table.size;
	return OK;
}

static enum status read_table_beside(struct loaded *l, const char *path, struct fail *why)
{
	uint64_t size;

	TRY(file_head(path, SIZE_MAX - 1, &l->table, &size, why));
	return identify_beside(&l->image, path, l->table.size, why);
}

static enum status load(struct loaded *l, struct bytes file, struct packed *packed, struct fail *why)
{
	char beside[4096];

	TRY(make_window(l, why));
	if (packed->found)
		TRY(unpack_pieces(l, packed, why));
	else
		TRY(read_pieces(l, packed->file, why));
	if (kernel_beside(&l->image, packed, beside, sizeof(beside)))
		return read_table_beside(l, beside, why);
	return keep_table(l, packed->found ? packed_table(packed) : table_behind(l, file), why);
}

enum status loaded_make(struct loaded *l, const char *path, struct bytes file, struct fail *why)
{
	static uint8_t buffer[MIB(1)];
	const struct source source = source_of(path, &file);
	const struct wanted wanted = {.payload = true};
	struct packed packed = {
	    .file = &source, .take = kernel_take, .give = kernel_give, .buffer = buffer, .buffer_size = sizeof(buffer)};
	enum status status;
	uint64_t read;

	*l = (struct loaded){.window = NULL};
	status = identify(&l->image, &packed, &wanted, &read, why);
	if (status == OK)
		status = load(l, file, &packed, why);
	packed_close(&packed);
	return status;
}

void loaded_free(struct loaded *l)
{
	free(l->window);
	free((void *)(uintptr_t)l->table.at);
	*l = (struct loaded){.window = NULL};
}

/* ---- all that a file unpacks to ---- */

static enum status more(void *context, struct bytes *piece, struct fail *why)
{
	struct bytes *file = context;

	(void)why;
	*piece = *file;
	file->size = 0;
	return OK;
}

static enum status unpack_on(struct unpack *u, const char *name, struct bytes *out, struct fail *why)
{
	uint64_t got;

	do {
		uint8_t *grown = realloc((void *)(uintptr_t)out->at, out->size + STEP);

		if (grown == NULL)
			return fail(why, IO_ERROR, "%s: no memory for what it unpacks to", name);
		out->at = grown;
		TRY(unpack_read(u, grown + out->size, STEP, &got, why));
		out->size += (size_t)got;
	} while (got == STEP);
	return unpack_finish(u, why);
}

enum status loaded_unpack(const char *name, struct bytes file, struct bytes *out, struct fail *why)
{
	const struct unpack_from from = {
	    .name = name, .context = &file, .more = more, .take = kernel_take, .give = kernel_give};
	struct unpack u;
	enum status status;

	*out = (struct bytes){NULL, 0};
	TRY(unpack_open(&u, packing_of(file), &from, MOST_MEMORY, why));
	status = unpack_on(&u, name, out, why);
	unpack_close(&u);
	if (status != OK) {
		free((void *)(uintptr_t)out->at);
		*out = (struct bytes){NULL, 0};
	}
	return status;
}
