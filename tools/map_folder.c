/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /sys/firmware/memmap or a copy: a folder of folders 0, 1, 2 ..., each with the files start, end (the last byte) and
 * type. Source: Linux Documentation/ABI/testing/sysfs-firmware-memmap.
 */
#include "map_folder.h"

#include "map_e820.h"
#include "tool.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT 256

/* The first line of FOLDER/N/WHAT. */
static enum status read_file(struct reader *r, const char *folder, const char *n, const char *what,
			     char line[FILE_LIMIT])
{
	struct bytes head;
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s/%s", folder, n, what) >= sizeof(path))
		return fail(r->why, IO_ERROR, "%s: its name is too long", folder);
	TRY(file_head(path, FILE_LIMIT - 1, &head, NULL, r->why));
	memcpy(line, head.at, head.size);
	line[head.size] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	free((void *)head.at);
	return OK;
}

static enum status read_number(struct reader *r, const char *folder, const char *n, const char *what, uint64_t *value)
{
	char line[FILE_LIMIT];
	const char *at = line;

	TRY(read_file(r, folder, n, what, line));
	if (!take_number(&at, value) || *at != '\0')
		return fail(r->why, BAD_INPUT, "%s/%s/%s: `%.*s` is not an address such as 0x100000", folder, n, what,
			    shown(strlen(line)), line);
	return OK;
}

static enum status read_entry(struct reader *r, const char *folder, const char *n)
{
	char label[FILE_LIMIT];
	struct memory memory;
	struct range range;
	uint64_t start, last;

	TRY(read_number(r, folder, n, "start", &start));
	TRY(read_number(r, folder, n, "end", &last));
	TRY(read_file(r, folder, n, "type", label));
	if (!range_from_last(start, last, &range))
		return fail(r->why, BAD_INPUT, "%s/%s: the end %#" PRIx64 " lies below the start %#" PRIx64, folder, n,
			    last, start);
	memory = memory_of_label(label);
	r->found = true;
	return map_add(r, range, memory.type, memory.attribute);
}

enum status map_read_folder(struct reader *r, const char *path)
{
	DIR *folder = opendir(path);
	enum status status = OK;
	struct dirent *entry;

	if (folder == NULL)
		return fail(r->why, IO_ERROR, "%s: %s", path, strerror(errno));
	while (status == OK && (entry = readdir(folder)) != NULL)
		if (entry->d_name[strspn(entry->d_name, "0123456789")] == '\0')
			status = read_entry(r, path, entry->d_name);
	closedir(folder);
	if (status == OK && !r->found)
		return fail(r->why, BAD_INPUT,
			    "%s: a folder, but not one like /sys/firmware/memmap, which has 0/start, "
			    "0/end and 0/type",
			    path);
	return status;
}

const struct map_kind kind_folder = {"/sys/firmware/memmap", false, NULL, NULL};
