/* SPDX-License-Identifier: BSD-2-Clause */
/* The entry point: choose an entry and boot it; if that fails, say why, wait for a key, and show the menu. */
#include "interface.h"

#include "../loader/boot.h"
#include "../base/version.h"

#define UNASKED_MENU_SECONDS 10 /* for a menu that a key called up */

/*
 * bootctl(1) finds a loader's name and version by this text: newer ones in the section alone, older ones wherever it
 * stands. The section holds it and nothing more, not even a NUL.
 */
#define MAGIC "#### LoaderInfo: " BERTH_NAME " ####"
__attribute__((used, section(".sdmagic"))) static const char magic[sizeof(MAGIC) - 1] = MAGIC;

/* rhboot/shim SBAT.md: which generation of which component this is, so that a bad one can be revoked. */
__attribute__((used, section(".sbat"))) static const char sbat[] =
    "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
    "berth,1,The Berth developers,berth," BERTH_VERSION ",-\n";

struct efi_state efi;

static struct catalogue catalogue;
static struct boot attempt; /* too large for firmware's stack, of which 128 KiB are promised */

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

static void wait_for_key(void)
{
	enum menu_key key;
	uint32_t character;

	console_write("berth: press any key\n");
	(void)console_key(UINT32_MAX, &key, &character);
}

static void say_why(const struct fail *why)
{
	const struct rule_row *rule = rule_row(why->rule);

	console_write("\nberth: ");
	console_write(why->text);
	if (rule->id[0] != '\0') {
		console_write("\n  rule ");
		console_write(rule->id);
		console_write(": ");
		console_write(rule->sentence);
	}
	console_write("\n");
}

/* A line at a time: however many there are, and whatever is in them, one buffer holds each. */
static void draw(const struct menu *menu, unsigned int columns, unsigned int rows)
{
	static char line[MENU_LINE_ROOM(MOST_COLUMNS)];

	console_clear();
	for (unsigned int i = 0;; i++) {
		struct text text = TEXT(line);

		if (!menu_line(menu, columns, rows, i, &text))
			return;
		console_write(line);
	}
}

/* Shows the menu until an entry is chosen; false when the user leaves to firmware. */
static bool choose(size_t *index, uint32_t seconds)
{
	static bool timed;
	enum menu_result result = MENU_STAY;
	unsigned int columns, rows;
	struct menu menu;

	if (!timed)
		interface_menu();
	timed = true;
	console_size(&columns, &rows);
	menu_open(&menu, catalogue.sorted, catalogue.n, *index, seconds);
	while (result == MENU_STAY) {
		uint32_t character;
		enum menu_key key;

		draw(&menu, columns, rows);
		if (console_key(menu.counting ? 1 : UINT32_MAX, &key, &character))
			result = menu_press(&menu, key, character);
		else
			result = menu_tick(&menu);
	}
	console_clear();
	*index = menu.selected;
	return result == MENU_BOOT;
}

/* A shell passes the whole line it was given, our own file name first: that word is not meant for us. */
static char *skip_own_name(char *option)
{
	static const char suffix[] = ".efi";
	size_t end = 0, i = 0;

	while (option[end] != '\0' && option[end] != ' ')
		end++;
	if (end < 4)
		return option;
	while (i < 4 && (option[end - 4 + i] | 0x20) == suffix[i])
		i++;
	if (i < 4)
		return option;
	while (option[end] == ' ')
		end++;
	return option + end;
}

/* The entry that a boot option or a shell names; false when it names none, or one that does not exist. */
static bool named_entry(size_t *index)
{
	char option[1024], *name;
	size_t length = 0;

	if (!efi_load_option(option, sizeof(option)))
		return false;
	name = skip_own_name(option);
	while (name[length] != '\0')
		length++;
	while (length > 0 && name[length - 1] == ' ')
		name[--length] = '\0';
	if (length == 0)
		return false;
	if (entries_named(catalogue.sorted, catalogue.n, (struct word){name, length}, index))
		return true;
	/* The machine may be unattended: it boots all the same. */
	fw_log(LOG_QUIET, "the load option names the entry \"%s\", which does not exist",
	       word_shown((struct word){name, length}).at);
	return false;
}

/* Returns only with the reason why the entry does not boot. */
static enum status start(const struct entry *entry, struct fail *why)
{
	entry_remarks(entry, &catalogue_remarks);
	if (!entry->broken)
		return boot(&attempt, entry, &catalogue.conf, why);
	*why = entry->broken_why;
	return why->status;
}

/* Which entry, and whether a menu shows before it boots. */
static bool choose_default(size_t *index)
{
	const struct loader_conf *conf = &catalogue.conf;
	enum chooser by = interface_choose(&catalogue, index);
	bool named = by > BY_ONE_SHOT && named_entry(index);

	if (!named)
		interface_say_passed_over(&catalogue, by, catalogue.sorted[*index]);
	/* A key that is held down asks for a menu that is not configured; a stray one must not stop the machine. */
	return conf->menu_forced ||
	       (!named && (conf->timeout_seconds != TIMEOUT_NONE || (!conf->menu_disabled && console_key_pressed())));
}

static EFI_STATUS run(void)
{
	struct fail why;
	size_t index;
	bool menu;

	interface_start();
	interface_read();
	if (catalogue_read(&catalogue, &why) != OK) {
		say_why(&why);
		wait_for_key();
		return EFI_NOT_FOUND;
	}
	fw_log(LOG_DEBUG, BERTH_NAME " runs at %#" PRIx64, (uint64_t)(uintptr_t)efi.loaded->ImageBase);
	interface_timeouts(&catalogue.conf);
	menu = choose_default(&index);
	for (uint32_t seconds = catalogue.conf.timeout_seconds;; seconds = TIMEOUT_FOREVER) {
		if (menu && !choose(&index, seconds == TIMEOUT_NONE ? UNASKED_MENU_SECONDS : seconds))
			return EFI_SUCCESS;
		if (start(catalogue.sorted[index], &why) != OK)
			say_why(&why);
		wait_for_key();
		menu = true;
	}
}

static EFI_STATUS say_unknown(EFI_STATUS status)
{
	struct fail why;

	(void)fail(&why, NOT_FOUND, "firmware does not tell where Berth was started from: %s",
		   efi_status_words(status));
	say_why(&why);
	wait_for_key();
	return EFI_NOT_FOUND;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
	EFI_STATUS status;

	efi.image = image;
	efi.system = system;
	efi.boot = system->BootServices;
	/* Firmware gives a boot option five minutes (UEFI 2.10, 3.1.2); a user may read the menu for longer. */
	efi.boot->SetWatchdogTimer(0, 0, 0, NULL);
	status = efi.boot->HandleProtocol(image, &loaded_image_guid, (void **)&efi.loaded);
	status = efi_given(status, efi.loaded);
	if (EFI_ERROR(status))
		status = say_unknown(status);
	else
		status = run();
	catalogue_free(&catalogue);
	efi_close_volume();
	return status;
}
