/* SPDX-License-Identifier: BSD-2-Clause */
/* berth inspect: what a file is, and every field of its header with its meaning; and whether Berth boots it. */
#include "inspect.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel.h"

/* A file may be several things at once: the first is what it would be booted as. */
static bool (*const readers[])(struct inspection *) = {
    inspect_uki, inspect_bzimage, inspect_zboot, inspect_arm64, inspect_riscv, inspect_pe, inspect_elf, inspect_wrapper,
};

/* The verdict is the loader's own: the same function reads the same bytes. */
static void show_verdict(struct inspection *in)
{
	struct image image = {.name = in->path};
	struct fail why = {.text = ""};
	bool bootable = kernel_identify(&image, in->path, false, &why) == OK;

	if (in->json != NULL) {
		json_bool(in->json, "bootable", bootable);
		if (bootable)
			json_null(in->json, "reason");
		else
			json_string(in->json, "reason", why.text);
		return;
	}
	if (bootable)
		printf("  Berth boots it: %s\n", image.protocol->name);
	else
		printf("  Berth does not boot it: %s\n", why.text);
}

static bool inspect_open(struct inspection *in)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (readers[i](in)) {
			show_verdict(in);
			return true;
		}
	return false;
}

static int inspect_file(const char *path, struct json *json)
{
	struct inspection in = {.path = path, .file = fopen(path, "rb"), .json = json};
	struct stat stat_of;
	int status = EXIT_YES;

	if (in.file == NULL)
		return complain("%s: %s", path, strerror(errno));
	if (fstat(fileno(in.file), &stat_of) != 0 || !S_ISREG(stat_of.st_mode)) {
		fclose(in.file);
		return complain("%s: not a file", path);
	}
	in.size = (uint64_t)stat_of.st_size;
	if (json != NULL) {
		json_object(json, NULL);
		json_string(json, "file", path);
	}
	if (!inspect_open(&in)) {
		status = complain("%s: not a kernel, EFI file or wrapper that Berth knows", path);
		if (json != NULL)
			json_null(json, "format");
	}
	if (json != NULL)
		json_close(json, '}');
	fclose(in.file);
	return status;
}

static int run(int argc, char **argv)
{
	struct json json = {.out = stdout};
	bool wants_json = false;
	int status = EXIT_YES, files = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			wants_json = true;
		else if (argv[i][0] == '-')
			return misused(&command_inspect, "no option %s", argv[i]);
		else
			argv[++files] = argv[i];
	}
	if (files == 0)
		return misused(&command_inspect, "which file?");
	if (wants_json && files > 1)
		json_array(&json, NULL);
	for (int i = 1; i <= files; i++) {
		int one = inspect_file(argv[i], wants_json ? &json : NULL);

		status = one == EXIT_YES ? status : one;
	}
	if (wants_json && files > 1)
		json_close(&json, ']');
	return status;
}

const struct command command_inspect = {
    .name = "inspect",
    .summary = "says what a file is, and what every field of its header means",
    .help =
	"usage: berth inspect [--json] FILE...\n"
	"Says what a file is: a Linux bzImage, an ELF file, an arm64 or RISC-V Image, a PE file and the sections of a\n"
	"unified kernel image, an EFI zboot file, or one compressed by gzip, LZ4, zstd, xz and others; shows every\n"
	"field of its header with its meaning; and says whether Berth boots it, and if not, why.\n\n"
	"  --json   for machines: an object, or a list of them for several files\n\n"
	"Status: 0 all files are known, 2 a wrong command or a file that is not.\n\n"
	"examples:\n"
	"  berth inspect /boot/vmlinuz\n"
	"  berth inspect --json /boot/vmlinuz | jq '.fields[] | select(.name == \"init_size\").value'\n",
    .run = run,
};
