/* SPDX-License-Identifier: BSD-2-Clause */
#include "beside.h"

#include "../base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum status beside_name(const char *path, char out[HOST_PATH], struct fail *why)
{
	struct text text = {out, HOST_PATH, 0};

	text_add(&text, "%s.new", path);
	return text_cut(&text) ? fail(why, BAD_INPUT, "%s: the name is too long", path) : OK;
}

/* Whoever else wrote it, as sbsign does, has not waited for the disk. */
static bool sync_file(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	bool is_synced = file >= 0 && fsync(file) == 0;
	int error = errno;

	if (file >= 0)
		(void)close(file);
	errno = error;
	return is_synced;
}

enum status beside_take(const char *beside, const char *path, struct fail *why)
{
	if (sync_file(beside) && rename(beside, path) == 0)
		return OK;
	return fail(why, IO_ERROR, "%s: it cannot be written: %s", path, strerror(errno));
}
