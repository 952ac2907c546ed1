/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unpacks a file by the very objects that the loader is linked with, piece by piece as it reads, to one run. Valgrind
 * counts what unpack_all() takes (unpacking.py); what comes out is written to the second file, to be compared.
 */
#include "../../codecs/unpack.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE MIB(1) /* what the loader reads at once */

struct file {
	uint8_t *at;
	size_t size, next;
};

static enum status more(void *context, struct bytes *piece, struct fail *why)
{
	struct file *file = context;
	size_t left = file->size - file->next;

	(void)why;
	*piece = (struct bytes){file->at + file->next, left < PIECE ? left : PIECE};
	file->next += piece->size;
	return OK;
}

static void *take(void *context, uint64_t size)
{
	(void)context;
	return aligned_alloc(16, ((size_t)size + 15) & ~(size_t)15);
}

static void give(void *context, void *at, uint64_t size)
{
	(void)context;
	(void)size;
	free(at);
}

static bool read_file(const char *name, struct file *file)
{
	FILE *in = fopen(name, "rb");
	long size;
	bool good;

	if (in == NULL)
		return false;
	good = fseek(in, 0, SEEK_END) == 0 && (size = ftell(in)) > 0 && fseek(in, 0, SEEK_SET) == 0;
	if (good) {
		file->size = (size_t)size;
		file->at = malloc(file->size);
		good = file->at != NULL && fread(file->at, 1, file->size, in) == file->size;
	}
	fclose(in);
	return good;
}

/* What is counted, by its name: there must be one function that has it. gcc names copies otherwise, clang makes none.
 */
#if __has_attribute(noclone)
#define COUNTED __attribute__((noinline, noclone, used))
#else
#define COUNTED __attribute__((noinline, used))
#endif

COUNTED static enum status unpack_all(struct unpack *u, uint8_t *to, uint64_t size, struct fail *why)
{
	uint64_t got;

	TRY(unpack_read(u, to, size, &got, why));
	return got == size ? unpack_finish(u, why)
			   : fail(why, BAD_INPUT, "%s: %" PRIu64 " bytes came out", u->from.name, got);
}

static bool write_file(const char *name, const uint8_t *at, size_t size)
{
	FILE *out = fopen(name, "wb");
	bool good = out != NULL && fwrite(at, 1, size, out) == size;

	return out != NULL && fclose(out) == 0 && good;
}

static bool read_size(const char *text, size_t *size)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	*size = (size_t)value;
	return isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0 && value != 0 && value <= SIZE_MAX;
}

int main(int n, char **argument)
{
	struct file file = {NULL, 0, 0};
	struct unpack u;
	struct fail why;
	size_t size;
	uint8_t *to;
	enum status status;

	if (n != 4 || !read_file(argument[1], &file) || !read_size(argument[3], &size)) {
		fprintf(stderr, "usage: unpack_count PACKED OUT BYTES\n");
		return 2;
	}
	to = malloc(size);
	if (to == NULL) {
		fprintf(stderr, "no memory of %zu bytes for what comes out\n", size);
		return 2;
	}
	struct unpack_from from = {.name = argument[1], .context = &file, .more = more, .take = take, .give = give};
	enum packing packing = packing_of((struct bytes){file.at, file.size});

	status = unpack_open(&u, packing, &from, size, &why);
	if (status == OK) {
		memset(to, 0, size);
		status = unpack_all(&u, to, size, &why);
		unpack_close(&u);
	}
	if (status != OK) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	printf("%s memory %" PRIu64 "\n", packing_name(packing), u.memory);
	return write_file(argument[2], to, size) ? 0 : 2;
}
