/* SPDX-License-Identifier: BSD-2-Clause */
/* berth status: which loaders are installed, and what this machine's firmware makes of them. */
#include <stdlib.h>
#include <string.h>

#include "../config/interface.h"
#include "../install/option.h"
#include "json.h"
#include "site.h"

/* What is printed: rows of a table, or members of an object. */
struct showing {
	struct json *json; /* NULL: text */
	const char *last;  /* label, which a row under the same one does not repeat */
};

static void row(struct showing *showing, const char *label, const char *text)
{
	if (showing->json != NULL)
		return;
	printf("%-12s %s\n", showing->last == label ? "" : label, text);
	showing->last = label;
}

/* ---- loaders on the partition ---- */

static void show_loader(struct showing *showing, struct medium *medium, const char *path, const struct found *found,
			const char *role)
{
	char words[FOUND_WORDS], shown[MEDIUM_PATH], line[MEDIUM_PATH + FOUND_WORDS + 8];
	struct text text = TEXT(line);

	found_words(found, words);
	medium_shown(medium, path, shown);
	if (showing->json == NULL) {
		text_add(&text, "%s: %s%s", shown, words, strcmp(role, "kept") == 0 ? ", kept" : "");
		row(showing, "loader", line);
		return;
	}
	json_object(showing->json, NULL);
	json_string(showing->json, "path", path);
	json_string(showing->json, "role", role);
	json_string(showing->json, "product", found->loader.product);
	json_string(showing->json, "version", found->loader.version);
	json_bool(showing->json, "is_berth", found->loader.is_berth);
	json_bool(showing->json, "has_signature", found->loader.has_signature);
	json_close(showing->json, '}');
}

/* *n counts those of Berth's. */
static enum status show_if_there(struct showing *showing, struct site *site, const char *path, const char *role,
				 size_t *n, struct fail *why)
{
	struct found found;

	TRY(site_read(&site->esp, path, &found, why));
	if (found.is_there)
		show_loader(showing, &site->esp, path, &found, role);
	*n += found.loader.is_berth;
	found_free(&found);
	return OK;
}

static enum status show_loaders(struct showing *showing, struct site *site, size_t *n, struct fail *why)
{
	struct loader_names names;

	for (size_t i = 0; loader_names(i, &names); i++) {
		TRY(show_if_there(showing, site, names.own, "own", n, why));
		TRY(show_if_there(showing, site, names.removable, "removable", n, why));
		TRY(show_if_there(showing, site, names.kept, "kept", n, why));
	}
	return OK;
}

/* ---- entries ---- */

struct counting {
	const char *ending;
	size_t n;
};

static void count_name(void *context, const char *name)
{
	struct counting *counting = context;
	size_t length = strlen(name), ending = strlen(counting->ending);

	if (length > ending && word_is_ascii_case(word_of(name + length - ending), counting->ending))
		counting->n++;
}

static enum status count(struct medium *medium, const char *folder, const char *ending, size_t *n, struct fail *why)
{
	struct counting counting = {.ending = ending};
	enum status status = medium->calls->list(medium, folder, count_name, &counting, why);

	*n += counting.n;
	return status == NOT_FOUND ? OK : status;
}

static enum status show_entries(struct showing *showing, struct site *site, struct fail *why)
{
	struct medium *media[] = {&site->esp, &site->boot};
	size_t files = 0, images = 0;
	char line[96];

	for (size_t i = 0; i < (site->has_boot ? 2u : 1u); i++) {
		TRY(count(media[i], ENTRIES_PATH, ".conf", &files, why));
		TRY(count(media[i], "\\EFI\\Linux", ".efi", &images, why));
	}
	snprintf(line, sizeof(line), "%zu in \\loader\\entries, %zu in \\EFI\\Linux (berth check)", files, images);
	row(showing, "entries", line);
	if (showing->json != NULL) {
		json_number(showing->json, "entry_files", files);
		json_number(showing->json, "image_files", images);
	}
	return OK;
}

/* ---- what firmware says ---- */

#define GLOBAL(name) name "-" GLOBAL_GUID
#define LOADER(name) name "-" LOADER_GUID

static bool read_variable(const char *folder, const char *name, struct variable *out)
{
	struct fail why;

	return folder != NULL && variable_read(folder, name, out, &why) == OK;
}

/* A boot option as one line: "Boot0003 Berth, this partition". */
static void show_option(struct showing *showing, const struct site *site, const char *folder, const char *label,
			uint16_t number)
{
	char name[VARIABLE_NAME], words[OPTION_WORDS] = "", line[OPTION_WORDS + 64];
	struct loader_names names;
	struct variable option;
	bool is_ours = false;

	snprintf(name, sizeof(name), "Boot%04X-%s", number, GLOBAL_GUID);
	if (read_variable(folder, name, &option)) {
		struct bytes bytes = {option.value, option.size};

		option_words(bytes, words);
		for (size_t i = 0; loader_names(i, &names); i++)
			is_ours = is_ours || option_starts(bytes, &site->esp.partition.at, names.own) ||
				  option_starts(bytes, &site->esp.partition.at, names.removable);
	}
	snprintf(line, sizeof(line), "Boot%04X %s%s", number, word_shown(word_of(words)).at,
		 is_ours ? ", from this partition" : "");
	row(showing, label, line);
	if (showing->json == NULL)
		return;
	json_object(showing->json, NULL);
	json_number(showing->json, "number", number);
	json_string(showing->json, "description", words);
	json_bool(showing->json, "from_this_partition", is_ours);
	json_close(showing->json, '}');
}

static void show_options(struct showing *showing, const struct site *site, const char *folder)
{
	static struct boot_order order;
	struct variable found;

	if (read_variable(folder, GLOBAL("BootCurrent"), &found) && found.size == 2) {
		if (showing->json != NULL)
			json_number(showing->json, "boot_current", load_le(found.value, 2));
		else
			show_option(showing, site, folder, "started by", (uint16_t)load_le(found.value, 2));
	}
	if (showing->json != NULL)
		json_array(showing->json, "boot_order");
	if (read_variable(folder, GLOBAL("BootOrder"), &found) &&
	    order_read((struct bytes){found.value, found.size}, &order))
		for (size_t i = 0; i < order.n; i++)
			show_option(showing, site, folder, "boot order", order.at[i]);
	if (showing->json != NULL)
		json_close(showing->json, ']');
}

/* What the loader of this boot has said of itself. */
static void show_told(struct showing *showing, const char *folder)
{
	static const struct {
		const char *name, *label, *member;
	} told[] = {
	    {LOADER("LoaderInfo"), "this boot", "loader_info"},
	    {LOADER("LoaderImageIdentifier"), "this boot", "loader_image"},
	    {LOADER("LoaderEntrySelected"), "this boot", "loader_entry"},
	};

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		static char words[INTERFACE_TEXT];
		static uint16_t units[INTERFACE_UNITS];
		struct variable found;

		if (!read_variable(folder, told[i].name, &found) || found.size > sizeof(units))
			continue;
		memcpy(units, found.value, found.size);
		if (!interface_text(units, found.size, words))
			continue;
		row(showing, told[i].label, word_shown(word_of(words)).at);
		if (showing->json != NULL)
			json_string(showing->json, told[i].member, words);
	}
}

static void show_firmware(struct showing *showing, const struct site *site, const char *folder)
{
	static const char *const words[] = {
	    [SECURE_STATE_UNKNOWN] = "unknown", [SECURE_STATE_OFF] = "off", [SECURE_STATE_ON] = "on"};
	struct variable token;

	if (folder == NULL)
		return;
	row(showing, "Secure Boot", words[site->secure_boot]);
	if (showing->json != NULL)
		json_string(showing->json, "secure_boot", words[site->secure_boot]);
	show_options(showing, site, folder);
	show_told(showing, folder);
	if (showing->json != NULL)
		json_bool(showing->json, "system_token", read_variable(folder, TOKEN_NAME, &token));
}

/* ---- all of it ---- */

static void show_partition(struct showing *showing, const struct medium *medium, const char *label)
{
	char words[PARTITION_WORDS] = "", line[MEDIUM_PATH + PARTITION_WORDS + 8];

	if (medium->partition.at.number != 0)
		partition_words(&medium->partition, words);
	snprintf(line, sizeof(line), "%s%s%s%s", medium->name, words[0] != '\0' ? " (" : "", words,
		 words[0] != '\0' ? ")" : "");
	row(showing, label, line);
	if (showing->json == NULL)
		return;
	json_object(showing->json, label);
	json_string(showing->json, "name", medium->name);
	if (words[0] != '\0')
		json_string(showing->json, "uuid", words);
	json_close(showing->json, '}');
}

static enum status show_seed(struct showing *showing, struct site *site, struct fail *why)
{
	struct found seed;

	TRY(site_read(&site->esp, SEED_PATH, &seed, why));
	row(showing, "random seed", seed.is_there ? "there" : "none; the loader makes it, where firmware has entropy");
	if (showing->json != NULL)
		json_bool(showing->json, "random_seed", seed.is_there);
	found_free(&seed);
	return OK;
}

static enum status show_site(struct showing *showing, struct opened_site *opened, size_t *n, struct fail *why)
{
	struct site *site = &opened->site;
	struct json *json = showing->json;

	if (json != NULL)
		json_object(json, NULL);
	show_partition(showing, &site->esp, "esp");
	if (site->has_boot)
		show_partition(showing, &site->boot, "xbootldr");
	if (json != NULL)
		json_array(json, "loaders");
	TRY(show_loaders(showing, site, n, why));
	if (json != NULL) {
		json_close(json, ']');
		json_bool(json, "installed", *n != 0);
	} else if (*n == 0) {
		row(showing, "loader", "none of Berth's");
	}
	TRY(show_entries(showing, site, why));
	TRY(show_seed(showing, site, why));
	show_firmware(showing, site, opened->secure_boot_folder);
	if (json != NULL)
		json_close(json, '}');
	return OK;
}

/* As JSON all of it or nothing: half of an object is none. */
static enum status show(struct opened_site *opened, bool wants_json, size_t *n, struct fail *why)
{
	struct showing showing = {.json = NULL};
	struct json json = {.depth = 0};
	char *text = NULL;
	size_t size = 0;
	enum status status;

	if (!wants_json)
		return show_site(&showing, opened, n, why);
	json.out = open_memstream(&text, &size);
	if (json.out == NULL)
		return fail(why, IO_ERROR, "no memory");
	showing.json = &json;
	status = show_site(&showing, opened, n, why);
	(void)fclose(json.out);
	if (status == OK)
		fputs(text, stdout);
	free(text);
	return status;
}

static int run(int argc, char **argv)
{
	static struct opened_site opened;
	struct site_options options;
	enum status status;
	struct fail why;
	size_t n = 0;
	int wrong = site_options(argc, argv, &command_status, &options);

	if (wrong != EXIT_YES)
		return wrong;
	status = site_open(&opened, &options, &why);
	if (status == OK)
		status = show(&opened, options.json, &n, &why);
	site_close(&opened);
	if (status != OK)
		return complain("%s", why.text);
	return n != 0 ? EXIT_YES : EXIT_NO;
}

const struct command command_status = {
    .name = "status",
    .summary = "says which loaders are installed, and what firmware would start",
    .help = "usage: berth status [OPTION]...\n"
	    "Prints the loaders on the EFI system partition with their versions, how many entries there are, whether\n"
	    "Secure Boot is on, which boot options firmware tries and in which order, and what the loader of this\n"
	    "boot has told of itself.\n\n"
	    "  --esp-path DIR   the EFI system partition; else $SYSTEMD_ESP_PATH, /efi, /boot/efi or /boot\n"
	    "  --boot-path DIR  the XBOOTLDR partition; else $SYSTEMD_XBOOTLDR_PATH, or /boot if it is one\n"
	    "  --root DIR       looks for both below DIR, and asks no firmware\n"
	    "  --image FILE     the partitions in a disk image, without root (mtools)\n"
	    "  --variables DIR  another folder than /sys/firmware/efi/efivars\n"
	    "  --udev DIR       another folder than /run/udev/data, which tells of partitions\n"
	    "  --json           an object for machines\n\n"
	    "Status: 0 Berth is installed, 1 it is not, 2 a wrong command, or a partition that cannot be read.\n\n"
	    "examples:\n"
	    "  berth status\n"
	    "  berth status --image disk.img --json\n",
    .run = run,
};
