/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boots an entry on the simulated firmware (tests/sim), with files of a folder and memory by a map, and prints what
 * became of it; for test_check_boots.py, which holds `berth check` against it.
 *
 * usage: booted FOLDER ENTRY MAP CPU LOG [secure | measures]
 *   ENTRY   its file's name in loader/entries
 *   LOG     a file for the log that the loader leaves for the system
 *   secure  Secure Boot is on, and firmware trusts whatever has a signature
 *   measures  there is a TPM
 */
#include "../../install/loader.h"
#include "../../install/volume.h"
#include "../../tools/catalogue.h"
#include "../../tools/json.h"
#include "../../tools/mapread.h"
#include "../sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESCRIPTOR 48

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static struct bytes file_of(const struct fw_volume *volume, const char *path)
{
	struct bytes file = {NULL, 0};
	char found[HOST_PATH];
	struct fail why;

	if (volume_has(volume, path, found) && file_head(found, SIZE_MAX - 1, &file, NULL, &why) != OK)
		die("%s", why.text);
	return file;
}

static void add_file(const struct fw_volume *volume, struct word value, const char *suffix)
{
	static char paths[SIM_FILES][MAX_PATH_TEXT + 8];
	char *path = paths[sim.n_files], found[HOST_PATH];
	struct loader loader;
	struct bytes file;
	struct fail why;

	if (entry_path(value, path, MAX_PATH_TEXT, &why) != OK)
		return;
	strcat(path, suffix);
	if (!volume_has(volume, path, found))
		return;
	file = file_of(volume, path);
	if (sim.n_files == 0 && sim.machine.secure_boot == SECURE_BOOT_ENABLED && /* it is the kernel */
	    (!loader_read(file, &loader) || !loader.has_signature))
		sim.untrusted = path;
	sim.file[sim.n_files++] = (struct sim_file){path, file.size, file.at, file.size};
}

static void add_memory(const char *path)
{
	struct map_source source;
	struct fail why;
	uint8_t *raw;

	if (map_read(path, &source, &why) != OK)
		die("%s", why.text);
	raw = calloc(source.map.count, DESCRIPTOR);
	for (size_t i = 0; i < source.map.count; i++) {
		const struct memory *memory = &source.map.entry[i];

		store_le(raw + i * DESCRIPTOR, 4, memory->type);
		store_le(raw + i * DESCRIPTOR + 8, 8, memory->at.start);
		store_le(raw + i * DESCRIPTOR + 24, 8, range_size(memory->at) / EFI_PAGE);
		store_le(raw + i * DESCRIPTOR + 32, 8, memory->attribute);
	}
	sim.descriptors = raw;
	sim.descriptors_size = source.map.count * DESCRIPTOR;
	sim.desc_size = DESCRIPTOR;
}

static void set_cpu(const char *name)
{
	const struct arch *arch = checked_arch(name);

	if (arch == NULL)
		die("no CPU %s", name);
	sim.machine.efi_32_bits = arch == &arch_ia32;
	sim.machine.has_hart = true;
	if (arch == &arch_x86_64)
		return;
	sim.arch = arch;
	sim.cpu = (struct cpu){.gib_pages = true, .page_sizes = 4096 + 16384 + 65536};
}

static void print(const struct situation *p)
{
	struct json json = {.out = stdout};

	json_object(&json, NULL);
	json_bool(&json, "entered", outcome.entered);
	json_string(&json, "reason", outcome.entered ? "" : outcome.why.text);
	json_object(&json, "placements");
	for (size_t i = PART_KERNEL; i <= PART_HANDOFF; i++)
		if (outcome.entered && !range_is_empty(p->plan.part[i].at))
			json_number(&json, part_name((enum part)i), p->plan.part[i].at.start);
	json_close(&json, '}');
	json_close(&json, '}');
	putchar('\n');
}

static void keep_log(const char *path, const char *id)
{
	FILE *out = fopen(path, "w");

	if (out == NULL)
		die("%s cannot be written", path);
	fprintf(out, "berth: boots %s\n", id);
	for (const char *at = sim_kept(); *at != '\0';) {
		size_t length = strcspn(at, "\n");

		fprintf(out, "berth: %.*s\n", (int)length, at);
		at += length + (at[length] != '\0');
	}
	fclose(out);
}

int main(int argc, char **argv)
{
	static struct entry entry;
	static struct loader_conf conf;
	struct fw_volume volume;
	char path[256];
	struct bytes text;
	struct fail why;

	if (argc < 6)
		die("usage: booted FOLDER ENTRY MAP CPU LOG [secure | measures]");
	volume = (struct fw_volume){argv[1], "esp"};
	sim_reset();
	sim.measures = argc > 6 && strcmp(argv[6], "measures") == 0;
	sim.machine.secure_boot =
	    argc > 6 && strcmp(argv[6], "secure") == 0 ? SECURE_BOOT_ENABLED : SECURE_BOOT_DISABLED;
	snprintf(path, sizeof(path), "\\loader\\entries\\%s", argv[2]);
	text = file_of(&volume, path);
	if (entry_parse(&entry, argv[2], (const char *)text.at, text.size, &why) != OK)
		die("%s", why.text);
	text = file_of(&volume, "\\loader\\loader.conf");
	if (loader_conf_parse(&conf, text.at != NULL ? (const char *)text.at : "", text.size, &why) != OK)
		die("%s", why.text);
	entry.volume = sim.volume = &volume;
	add_memory(argv[3]);
	set_cpu(argv[4]);
	add_file(&volume, entry.program, "");
	add_file(&volume, entry.program, ".relocs");
	for (size_t i = 0; i < entry.n_initrds; i++)
		add_file(&volume, entry.initrd[i], "");
	if (entry.devicetree.length != 0)
		add_file(&volume, entry.devicetree, "");
	sim_boot(&entry, &conf);
	print(outcome.situation);
	keep_log(argv[5], entry.id);
	return 0;
}
