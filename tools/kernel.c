/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel.h"

#include "../kernel/packed.h"
#include "../protocol/x86/vmlinux.h"
#include "tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE 65536

static enum status read_file(void *context, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	FILE *file = context;

	*got = 0;
	if (offset > INT64_MAX || fseek(file, (long)offset, SEEK_SET) != 0)
		return fail(why, IO_ERROR, "byte %" PRIu64 " cannot be read: %s", offset, strerror(errno));
	*got = fread(to, 1, size, file);
	if (ferror(file) != 0)
		return fail(why, IO_ERROR, "byte %" PRIu64 " cannot be read: %s", offset, strerror(errno));
	return OK;
}

static void *take(void *context, uint64_t size)
{
	(void)context;
	return malloc((size_t)size);
}

static void give(void *context, void *at, uint64_t size)
{
	(void)context;
	(void)size;
	free(at);
}

/* A kernel's build leaves vmlinux.relocs beside vmlinux. */
static enum status find_relocs(struct image *image, struct fail *why)
{
	char path[4096];
	struct text text = TEXT(path);
	struct stat found;

	text_add(&text, "%s.relocs", image->name);
	if (text_cut(&text) || stat(path, &found) != 0)
		return OK;
	TRY(vmlinux_check_table_size(path, S_ISREG(found.st_mode) ? (uint64_t)found.st_size : 0, why));
	image->has_table = true;
	return OK;
}

/* What of the file behind its head tells more of the image. */
static enum status learn(struct image *image, FILE *file, uint8_t buffer[PIECE], struct fail *why)
{
	_Static_assert(PIECE >= IMAGE_WANT_MOST, "a piece does not fit");
	for (size_t i = 0; i < image->n_wants; i++) {
		const struct image_want *want = &image->want[i];
		struct bytes piece = {buffer, 0};

		TRY(read_file(file, want->offset, buffer, (size_t)want->size, &piece.size, why));
		if (piece.size != want->size)
			return fail(why, IO_ERROR, "%s ends at byte %" PRIu64, image->name, want->offset + piece.size);
		TRY(image->protocol->learn(image, i, piece, why));
	}
	return OK;
}

static enum status identify(struct image *image, struct bytes head, FILE *file, bool loader_unpacks, struct fail *why)
{
	static uint8_t buffer[PIECE];
	static struct packed packed;
	enum status status;

	if (!packed_as_a_whole(head))
		TRY(image_identify(image, head, why));
	packed = (struct packed){
	    .context = file,
	    .read = read_file,
	    .take = take,
	    .give = give,
	    .buffer = buffer,
	    .buffer_size = sizeof(buffer),
	    .size = ELF_SIZE_UNKNOWN,
	};
	status = packed_identify(&packed, image, head, loader_unpacks, why);
	packed_close(&packed);
	TRY(status);
	TRY(learn(image, file, buffer, why));
	return image->protocol == &vmlinux_protocol && packed.size == ELF_SIZE_UNKNOWN ? find_relocs(image, why) : OK;
}

const struct arch *kernel_arch(const struct image *image)
{
	static const struct arch *const all[] = {&arch_x86_64, &arch_aarch64, &arch_riscv64};
	size_t i = 0;

	while (i + 1 < sizeof(all) / sizeof(all[0]) && !arch_enters(all[i], image->machine))
		i++;
	return all[i];
}

enum status kernel_identify(struct image *image, const char *path, bool loader_unpacks, struct fail *why)
{
	struct bytes head = {NULL, 0};
	enum status status;
	FILE *file;

	image->name = path;
	TRY(file_head(path, IMAGE_HEAD, &head, &image->file_size, why));
	file = fopen(path, "rb");
	if (file == NULL)
		status = fail(why, IO_ERROR, "%s: %s", path, strerror(errno));
	else
		status = identify(image, head, file, loader_unpacks, why);
	if (file != NULL)
		fclose(file);
	free((void *)(uintptr_t)head.at);
	return status;
}
