/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads an ELF file as a loader does, moves it, and writes what then lies in memory: for a comparison with what the
 * system's linker makes of the same objects at the other address.
 *
 *	relocate image FILE DELTA OUT	by the relocations in its PT_DYNAMIC (elf_reloc.h)
 *	relocate linux FILE DELTA OUT	by Linux's table behind the ELF file (linux_relocs.h)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../protocol/elf/elf_reloc.h"
#include "../../protocol/x86/linux_relocs.h"

static struct bytes read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct bytes none = {NULL, 0};
	uint8_t *at = NULL;
	long size;

	if (file == NULL)
		return none;
	if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0)
		at = malloc((size_t)size);
	if (at != NULL && fread(at, 1, (size_t)size, file) == (size_t)size)
		none = (struct bytes){at, (size_t)size};
	else
		free(at);
	(void)fclose(file);
	return none;
}

/* The window, as many bytes as it has; NULL when that is more than a test should have. */
static uint8_t *load(const struct elf *elf, struct bytes file)
{
	uint8_t *at = range_size(elf->window) > MIB(256) ? NULL : calloc(1, (size_t)range_size(elf->window));

	for (size_t i = 0; at != NULL && i < elf->n_segments; i++)
		if (elf->segment[i].filesz != 0)
			memcpy(at + elf->segment[i].place, file.at + elf->segment[i].offset,
			       (size_t)elf->segment[i].filesz);
	return at;
}

static enum status move_image(const struct elf_image *image, uint64_t delta, struct fail *why)
{
	uint64_t n = 0;

	TRY(elf_relocate(image, delta, &n, why));
	printf("fields %llu\n", (unsigned long long)n);
	return OK;
}

static enum status move_linux(const struct elf_image *image, struct bytes file, uint64_t delta, struct fail *why)
{
	const struct elf *elf = image->elf;
	struct bytes table = {file.at + elf->file_end, file.size - (size_t)elf->file_end};
	struct linux_image kernel = {image->at, image->size, elf->virtual_base};
	struct linux_relocs relocs;

	TRY(linux_relocs_parse(&relocs, elf->name, table, why));
	printf("lists %zu %zu %zu\n", relocs.add_32.size / 4, relocs.subtract_32.size / 4, relocs.add_64.size / 4);
	return linux_relocs_apply(&relocs, &kernel, delta, why);
}

static int write_out(const char *path, const struct elf_image *image)
{
	FILE *file = fopen(path, "wb");
	bool written = file != NULL && fwrite(image->at, 1, image->size, file) == image->size;

	return file != NULL && fclose(file) == 0 && written ? 0 : 1;
}

static int relocate(bool by_linux, struct bytes file, uint64_t delta, const char *out)
{
	struct elf elf;
	struct elf_image image = {.elf = &elf};
	struct fail why;
	enum status status = elf_parse(&elf, "image", file, file.size, &why);
	int result = 1;

	if (status == OK) {
		image.at = load(&elf, file);
		image.size = (size_t)range_size(elf.window);
		if (image.at == NULL)
			return 3;
		printf("window %#llx %#llx entry %#llx virtual %#llx\n", (unsigned long long)elf.window.start,
		       (unsigned long long)elf.window.end, (unsigned long long)elf.entry,
		       (unsigned long long)elf.virtual_base);
		status = by_linux ? move_linux(&image, file, delta, &why) : move_image(&image, delta, &why);
	}
	if (status == OK)
		result = write_out(out, &image);
	else
		printf("refused: %s [%s]\n", why.text, rule_row(why.rule)->id);
	free(image.at);
	return result;
}

int main(int argc, char **argv)
{
	struct bytes file;
	int result;

	if (argc != 5) {
		fprintf(stderr, "usage: relocate image|linux FILE DELTA OUT\n");
		return 2;
	}
	file = read_file(argv[2]);
	if (file.size == 0)
		return 2;
	result = relocate(strcmp(argv[1], "linux") == 0, file, strtoull(argv[3], NULL, 0), argv[4]);
	free((void *)file.at);
	return result;
}
