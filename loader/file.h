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
	struct source source;	/* its bytes; *this file must stay where it is */
};

/* Opens what file->path names on file->volume. NOT_FOUND when there is none. */
enum status file_open(struct file *file, struct fail *why) MUST_CHECK;

/* More than once does no harm. */
void file_close(struct file *file);

#endif
