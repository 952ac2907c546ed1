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
static bool show_verdict(struct inspection *in)
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
	} else if (bootable) {
		printf("  Berth boots it: %s\n", image.protocol->name);
	} else {
		printf("  Berth does not boot it: %s\n", why.text);
	}
	return bootable;
}

static int show_all(struct inspection *in, const char *against)
{
	bool good = show_verdict(in) ? inspect_prepared(in, against) : against == NULL;

	return good ? EXIT_YES : EXIT_NO;
}

static int inspect_open(struct inspection *in, const char *against)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (readers[i](in))
			return show_all(in, against);
	return EXIT_USAGE;
}

static int inspect_file(const char *path, struct json *json, const char *against)
{
	struct inspection in = {.path = path, .file = fopen(path, "rb"), .json = json};
	struct stat stat_of;
	int status;

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
	status = inspect_open(&in, against);
	if (status == EXIT_USAGE) {
		complain("%s: not a kernel, EFI file or wrapper that Berth knows", path);
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
	const char *against = NULL;
	bool wants_json = false, lacks_value = false;
	int status = EXIT_YES, files = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			wants_json = true;
		else if (option_value(argc, argv, &i, "--against", &against))
			lacks_value = against == NULL;
		else if (argv[i][0] == '-')
			return misused(&command_inspect, "no option %s", argv[i]);
		else
			argv[++files] = argv[i];
	}
	if (lacks_value)
		return misused(&command_inspect, "--against needs a value");
	if (files == 0)
		return misused(&command_inspect, "which file?");
	if (wants_json && files > 1)
		json_array(&json, NULL);
	for (int i = 1; i <= files; i++) {
		int one = inspect_file(argv[i], wants_json ? &json : NULL, against);

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
	"usage: berth inspect [--json] [--against ORIGINAL] FILE...\n"
	"Says what a file is: a Linux bzImage, an ELF file, an arm64 or RISC-V Image, a PE file and the sections of a\n"
	"unified kernel image, an EFI zboot file, or one compressed by gzip, LZ4, zstd, xz and others; shows every\n"
	"field of its header with its meaning; and says whether Berth boots it, and if not, why; and of a kernel that\n"
	"`berth prepare` made, from which file.\n\n"
	"  --against ORIGINAL  whether that is the file, by size and SHA-256\n"
	"  --json              for machines: an object, or a list of them for several files\n\n"
	"Status: 0 all files are known, 1 one was prepared from another file than ORIGINAL, or from none, or its\n"
	"record is broken, 2 a wrong command or a file that is not known.\n\n"
	"examples:\n"
	"  berth inspect /boot/vmlinuz\n"
	"  berth inspect --against /boot/vmlinuz /boot/efi/debian/vmlinuz.berth\n"
	"  berth inspect --json /boot/vmlinuz | jq '.fields[] | select(.name == \"init_size\").value'\n",
    .operands = "FILE",
    .run = run,
};
