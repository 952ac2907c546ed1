/* SPDX-License-Identifier: BSD-2-Clause */
#include "file.h"

#include "../base/mem.h"

/* UEFI 2.10, 13.5: after an error a handle may be of no use any more, and with some firmware it is. */
static enum status reopen(struct file *file, struct fail *why)
{
	uint64_t size;

	file_close(file);
	TRY(fw_open(file->volume, file->path, &file->handle, &size, why));
	if (size != file->size)
		return fail(why, BAD_INPUT, "%s has %" PRIu64 " bytes now and had %" PRIu64 " before", file->path, size,
			    file->size);
	file->is_broken = false;
	return OK;
}

static enum status read(void *context, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	struct file *file = context;
	enum status status;

	if (file->is_broken)
		TRY(reopen(file, why));
	status = fw_read(file->handle, offset, to, size, got, why);
	file->is_broken = status != OK;
	return status;
}

enum status file_open(struct file *file, struct fail *why)
{
	TRY(fw_open(file->volume, file->path, &file->handle, &file->size, why));
	file->is_broken = false;
	file->bytes = NULL;
	file->source = (struct source){.name = file->path, .size = file->size, .read = read, .context = file};
	return OK;
}

static enum status read_memory(void *context, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	const struct file *file = context;
	uint64_t from = offset < file->n_bytes ? offset : file->n_bytes, left = file->n_bytes - from;

	(void)why;
	*got = size < left ? size : (size_t)left;
	memcpy(to, file->bytes + from, *got);
	return OK;
}

void file_in_memory(struct file *file, const uint8_t *bytes, uint64_t n_bytes)
{
	file->bytes = bytes;
	file->n_bytes = n_bytes;
	file->source.read = bytes != NULL ? read_memory : read;
}

void file_close(struct file *file)
{
	fw_close(file->handle);
	file->handle = NULL;
}
