/* SPDX-License-Identifier: BSD-2-Clause */
/* A file as a source of bytes. */
#ifndef BERTH_FILE_H
#define BERTH_FILE_H

#include "../base/source.h"
#include "firmware.h"

struct file {
	struct fw_volume *volume; /* that it is on; NULL: the one that the loader came from */
	char path[MAX_PATH_TEXT];
	uint64_t size;
	struct fw_file *handle; /* NULL: not open */
	bool is_broken;		/* firmware failed at it: the next read opens it anew */
	const uint8_t *bytes;	/* in memory, where it is read from; NULL: from the volume */
	uint64_t n_bytes;	/* of those: its first ones, or all of them */
	struct source source;	/* its bytes; *this file must stay where it is */
};

/* Opens what file->path names on file->volume. NOT_FOUND when there is none. */
enum status file_open(struct file *file, struct fail *why) MUST_CHECK;

/* From now on the open @file is read from @bytes, where its first @n_bytes are; NULL: from the volume again. */
void file_in_memory(struct file *file, const uint8_t *bytes, uint64_t n_bytes);

/* More than once does no harm. */
void file_close(struct file *file);

#endif
