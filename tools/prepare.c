/* SPDX-License-Identifier: BSD-2-Clause */
/* berth prepare: a kernel unpacked once, when it is installed, instead of at every boot. */
#include "prepare.h"

#include "beside.h"
#include "record.h"
#include "tool.h"
#include "../install/volume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".berth"

struct options {
	const char *kernel, *out;
	enum prepare_form form;
};

/* ---- the file ---- */

static bool is_folder(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* Where it goes: beside the kernel, into a folder, or under a name. */
static bool name_output(const struct options *options, char *path, size_t room)
{
	struct text text = {path, room, 0};
	const char *name = record_name_of(options->kernel);

	if (options->out == NULL)
		text_add(&text, "%s" SUFFIX, options->kernel);
	else if (is_folder(options->out))
		text_add(&text, "%s/%s" SUFFIX, options->out, name);
	else
		text_add(&text, "%s", options->out);
	return !text_cut(&text);
}

static bool write_all(const char *path, struct bytes bytes)
{
	FILE *file = fopen(path, "wb");
	bool good = file != NULL && fwrite(bytes.at, 1, bytes.size, file) == bytes.size;

	return file != NULL && fclose(file) == 0 && good;
}

static enum status write_file(const char *path, struct bytes bytes, struct fail *why)
{
	char beside[HOST_PATH];
	enum status status;

	TRY(beside_name(path, beside, why));
	status = write_all(beside, bytes) ? beside_take(beside, path, why)
					  : fail(why, IO_ERROR, "%s: it cannot be written: %s", path, strerror(errno));
	if (status != OK)
		(void)unlink(beside);
	return status;
}

/* The original is what a boot falls back to, and what `berth check` compares with. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

/* ---- what is said ---- */

static void say_size(const char *what, uint64_t size)
{
	printf("  %-12s %s (%" PRIu64 " bytes)", what, size_words(size).at, size);
}

/*
 * Instructions that unpacking takes, in hundredths for a byte that comes out: docs/figures.md, "Prepared kernels",
 * whose boots differ in that and in what is read. 0: not measured.
 */
static uint64_t price_of(enum packing packing)
{
	return packing == PACKED_ZSTD ? 1320 : packing == PACKED_LZ4_LEGACY ? 175 : 0;
}

static void say_saved(const struct loaded *kernel, bool is_packed_anew)
{
	uint64_t millions = kernel->unpacked_size / 1000000 * price_of(kernel->packing) / 100;

	printf("  %-12s %s by %s, at every boot", "not unpacked", size_words(kernel->unpacked_size).at,
	       packing_name(kernel->packing));
	if (is_packed_anew)
		printf("; but once from what was prepared\n");
	else if (millions != 0)
		printf(": some %" PRIu64 " million instructions of an x86-64 CPU\n", millions);
	else
		putchar('\n');
}

static void say(const struct prepared_kernel *made, struct bytes original, const char *path)
{
	const struct loaded *kernel = &made->kernel;

	printf("%s: %s\n", path, kernel->image.protocol->name);
	say_size("original", original.size);
	if (kernel->packing != PACKED_NOT)
		printf(", %s", packing_name(kernel->packing));
	putchar('\n');
	say_size("prepared", made->file.size);
	if (made->file.size >= original.size)
		printf(", a boot reads %s more", size_words(made->file.size - original.size).at);
	else
		printf(", a boot reads %s less", size_words(original.size - made->file.size).at);
	putchar('\n');
	if (kernel->packing != PACKED_NOT)
		say_saved(kernel, made->file.at != made->plain.at);
	if (made->n_relocations != 0)
		printf("  %-12s %zu: Berth puts it at random physical and virtual addresses [X10]\n", "relocations",
		       made->n_relocations);
	else if (!kernel->image.protocol->is_flat)
		printf("  no relocation table: it was built without RANDOMIZE_BASE, and its virtual addresses stay\n");
}

/* ---- the command ---- */

static int prepare(const struct options *options)
{
	struct prepared_kernel made;
	struct bytes original;
	char path[HOST_PATH];
	struct fail why;
	int status = EXIT_YES;
	uint64_t size;

	if (!name_output(options, path, sizeof(path)))
		return complain("%s: the name is too long", options->kernel);
	if (is_same_file(options->kernel, path))
		return complain("%s: the prepared kernel would take the place of its original\n"
				"  try: another name or folder with -o",
				options->kernel);
	if (file_head(options->kernel, SIZE_MAX - 1, &original, &size, &why) != OK)
		return complain("%s", why.text);
	if (prepare_make(&made, options->kernel, record_name_of(options->kernel), original, options->form, &why) != OK)
		status = complain("%s", why.text);
	if (status == EXIT_YES && write_file(path, made.file, &why) != OK)
		status = complain("%s", why.text);
	if (status == EXIT_YES)
		say(&made, original, path);
	prepared_kernel_free(&made);
	free((void *)(uintptr_t)original.at);
	return status;
}

bool prepare_form_of(const char *word, enum prepare_form *form)
{
	static const char *const names[N_PREPARE_FORMS] = {"vmlinux", "lz4", "zstd"};

	for (unsigned int i = 0; i < N_PREPARE_FORMS; i++)
		if (strcmp(word, names[i]) == 0) {
			*form = (enum prepare_form)i;
			return true;
		}
	return false;
}

static int run(int argc, char **argv)
{
	struct options options = {.form = PREPARE_PLAIN};

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *value = "", *form = NULL;

		if (option_value(argc, argv, &i, "-o", &value))
			options.out = value;
		else if (option_value(argc, argv, &i, "--format", &form))
			value = form;
		else if (word[0] == '-')
			return misused(&command_prepare, "no option %s", word);
		else if (options.kernel != NULL)
			return misused(&command_prepare, "one kernel at a time: %s and %s", options.kernel, word);
		else
			options.kernel = word;
		if (value == NULL)
			return misused(&command_prepare, "%s needs a value", word);
		if (form != NULL && !prepare_form_of(form, &options.form))
			return misused(&command_prepare, "--format takes vmlinux, lz4 or zstd");
	}
	if (options.kernel == NULL)
		return misused(&command_prepare, "which kernel?");
	return prepare(&options);
}

const struct command command_prepare = {
    .name = "prepare",
    .summary = "unpacks a kernel once, so that no boot has to",
    .help =
	"usage: berth prepare KERNEL [-o DIR | FILE] [--format vmlinux | lz4 | zstd]\n"
	"Makes of a distribution's kernel the file that is entered without decompression, for the key `linux` of an\n"
	"entry: of a bzImage for x86-64, or a vmlinux, the ELF file with its relocation table, so that Berth puts the\n"
	"kernel at random addresses as its own decompressor would; of an Image.gz or EFI zboot file for arm64 or\n"
	"RISC-V the Image, which relocates itself. The original's name, size and SHA-256 are recorded in it, for\n"
	"`berth check` and `berth inspect --against`.\n\n"
	"  -o DIR, -o FILE   where it goes; else beside KERNEL, under its name with .berth behind it\n"
	"  --format F        vmlinux: not packed, the fastest to boot and the largest, and the default (an Image is\n"
	"                    not packed either); lz4: half of that, fast to unpack; zstd: the smallest\n\n"
	"An ELF file cannot be signed: with Secure Boot on an entry names the original, or has a record (berth sums).\n"
	"Status: 0 it is there, 2 a wrong command, or a kernel that cannot be prepared.\n\n"
	"examples:\n"
	"  berth prepare /boot/vmlinuz-6.1.0-56-amd64\n"
	"  berth prepare vmlinuz -o /boot/efi/debian/ --format lz4\n",
    .operands = "KERNEL",
    .run = run,
};
