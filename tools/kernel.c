/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel.h"

#include "tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct host_file {
	const char *path;
	FILE *file;
};

static enum status read_file(void *context, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	const struct host_file *from = context;

	*got = 0;
	if (offset <= INT64_MAX && fseek(from->file, (long)offset, SEEK_SET) == 0) {
		*got = fread(to, 1, size, from->file);
		if (ferror(from->file) == 0)
			return OK;
	}
	return fail(why, IO_ERROR, "%s: byte %" PRIu64 " cannot be read: %s", from->path, offset, strerror(errno));
}

void *kernel_take(void *context, uint64_t size)
{
	(void)context;
	return malloc((size_t)size);
}

void kernel_give(void *context, void *at, uint64_t size)
{
	(void)context;
	(void)size;
	free(at);
}

bool kernel_beside(const struct image *image, const struct packed *packed, char *path, size_t room)
{
	const char *suffix = identify_suffix_beside(image, packed);
	struct text text = {path, room, 0};
	struct stat found;

	if (suffix == NULL)
		return false;
	text_add(&text, "%s%s", image->name, suffix);
	return !text_cut(&text) && stat(path, &found) == 0;
}

static enum status find_relocs(struct image *image, const struct packed *packed, struct fail *why)
{
	char path[4096];
	struct stat found;

	if (!kernel_beside(image, packed, path, sizeof(path)) || stat(path, &found) != 0)
		return OK;
	return identify_beside(image, path, S_ISREG(found.st_mode) ? (uint64_t)found.st_size : 0, why);
}

static enum status identify_file(struct image *image, const struct source *file, bool loader_unpacks, struct fail *why)
{
	static uint8_t buffer[IMAGE_WANT_MOST];
	struct wanted wanted = {.payload = loader_unpacks};
	struct packed packed = {
	    .file = file,
	    .take = kernel_take,
	    .give = kernel_give,
	    .buffer = buffer,
	    .buffer_size = sizeof(buffer),
	};
	uint64_t read;
	enum status status = identify(image, &packed, &wanted, &read, why);

	packed_close(&packed);
	return status == OK ? find_relocs(image, &packed, why) : status;
}

static const struct arch *const all[] = {
#define MACHINE(id, number, bits, name, pe, flat, folder, file) &arch_##folder,
#include "../base/machines.def"
#undef MACHINE
};

const struct arch *kernel_arch(const struct image *image)
{
	size_t i = 0;

	while (i + 1 < sizeof(all) / sizeof(all[0]) && !arch_enters(all[i], image->machine))
		i++;
	return all[i];
}

static enum status identify_open(struct image *image, struct host_file *from, bool loader_unpacks, struct fail *why)
{
	struct source source = {.name = from->path, .read = read_file, .context = from};
	struct stat found;

	if (fstat(fileno(from->file), &found) != 0)
		return fail(why, IO_ERROR, "%s: %s", from->path, strerror(errno));
	if (!S_ISREG(found.st_mode))
		return fail(why, IO_ERROR, "%s: not a file", from->path);
	source.size = (uint64_t)found.st_size;
	return identify_file(image, &source, loader_unpacks, why);
}

enum status kernel_identify(struct image *image, const char *path, bool loader_unpacks, struct fail *why)
{
	struct host_file from = {path, fopen(path, "rb")};
	enum status status;

	if (from.file == NULL)
		return fail(why, IO_ERROR, "%s: %s", path, strerror(errno));
	status = identify_open(image, &from, loader_unpacks, why);
	fclose(from.file);
	return status;
}
