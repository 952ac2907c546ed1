/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entry point: choose an entry and boot it. When it fails, say why; a key asks for the menu then, and where nobody
 * presses one, config/attempts.h says what follows.
 */
#include "counting.h"
#include "interface.h"
#include "reset.h"
#include "start.h"
#include "stub.h"

#include "../config/attempts.h"
#include "../loader/boot.h"
#include "../base/version.h"

#define UNASKED_MENU_SECONDS 10	 /* for a menu that a key called up */
#define MOST_TYPED_AHEAD     100 /* keys; a keyboard that has more of them is stuck */

/* The section holds it and nothing more, not even a NUL. */
#define MAGIC LOADER_MAGIC BERTH_VERSION " ####"
__attribute__((used, section(".sdmagic"))) static const char magic[sizeof(MAGIC) - 1] = MAGIC;

/* rhboot/shim SBAT.md: which generation of which component this is, so that a bad one can be revoked. */
__attribute__((used, section(".sbat"))) static const char sbat[] =
    "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
    "berth,1,The Berth developers,berth," BERTH_VERSION ",-\n";

struct efi_state efi;

static struct catalogue catalogue;
static struct boot attempt; /* too large for firmware's stack, of which 128 KiB are promised */

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

/* Shows the reason until a key is pressed, and for a time at most; whether one was. */
static bool wait_for_key(uint32_t seconds, const char *what_then)
{
	char line[256];
	struct text text = TEXT(line);
	enum menu_key key;
	uint32_t character;

	text_add(&text, "berth: press any key%s in %u s\n", what_then, (unsigned int)seconds);
	console_write(line);
	/* What was typed before there was a reason to read is no sign that somebody reads it. */
	for (unsigned int i = 0; i < MOST_TYPED_AHEAD && console_key_pressed(); i++)
		;
	return console_key(seconds, &key, &character);
}

static void wait_to_leave(void)
{
	(void)wait_for_key(reason_seconds(&catalogue.conf), ", or firmware goes on");
}

/* Whether a key asked for the menu, while the reason and what follows stood there. */
static bool menu_is_wanted(const struct follow *follow)
{
	char what[192];
	struct text text = TEXT(what);

	if (follow->seconds == 0)
		return false;
	text_add(&text, " for the menu, or ");
	if (follow->step == NEXT_ENTRY)
		text_add(&text, "%s boots", word_shown(word_of(catalogue.sorted[follow->index]->id)).at);
	else
		text_add(&text, "%s",
			 follow->step == NEXT_MENU     ? "it comes"
			 : follow->step == NEXT_REBOOT ? "the machine reboots"
						       : "firmware goes on");
	return wait_for_key(follow->seconds, what);
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

/* How the menu was left. */
enum chosen { LEFT, BY_HAND, BY_TIME, WITHOUT_KEYS };

/* Shows the menu until an entry is chosen, or the user leaves to firmware. @why: why *index failed, or NULL. */
static enum chosen choose(size_t *index, uint32_t seconds, const struct fail *why)
{
	static bool timed;
	enum menu_result result = MENU_STAY;
	enum chosen by = BY_TIME;
	unsigned int columns, rows;
	struct menu menu;

	if (!timed)
		interface_menu();
	timed = true;
	console_size(&columns, &rows);
	menu_open(&menu, catalogue.sorted, catalogue.n, *index, seconds);
	if (why != NULL)
		menu_tell(&menu, catalogue.sorted[*index], why->text);
	while (result == MENU_STAY) {
		uint32_t character;
		enum menu_key key;

		draw(&menu, columns, rows);
		if (console_key(menu.counting ? 1 : UINT32_MAX, &key, &character)) {
			by = key == KEY_GONE ? WITHOUT_KEYS : BY_HAND;
			result = menu_press(&menu, key, character);
		} else {
			by = BY_TIME;
			result = menu_tick(&menu);
		}
	}
	console_clear();
	*index = menu.selected;
	return result == MENU_BOOT ? by : LEFT;
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

/* OK when a program came back that has had its turn; else the reason why the entry does not start. */
static enum status start(const struct entry *entry, struct fail *why)
{
	entry_remarks(entry, &catalogue_remarks);
	if (entry->broken) {
		*why = entry->broken_why;
		return why->status;
	}
	if (entry->kind != ENTRY_LINUX)
		return efi_start(entry, why);
	if (entry->by_stub)
		return efi_start_stub(&attempt, entry, why);
	return boot(&attempt, entry, &catalogue.conf, why);
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
	return conf->menu_forced || (!named && by == BY_NOBODY && catalogue.sorted[*index]->automatic) ||
	       (!named && (conf->timeout_seconds != TIMEOUT_NONE || (!conf->menu_disabled && console_key_pressed())));
}

static void say_failure(const struct entry *entry, const struct fail *why)
{
	if (catalogue.n > 1)
		fw_log(LOG_QUIET, "%s does not boot", word_shown(word_of(entry->id)).at);
	say_why(why);
}

/* Starts @entry. True when it has had its turn, and a person who chose it goes on; else it has failed, which is said.
 */
static bool came_back(const struct entry *entry, bool by_hand, struct fail *why)
{
	enum status status = start(entry, why);

	if (status == OK && by_hand)
		return true;
	if (status == OK)
		(void)fail(why, IO_ERROR, "the program of this entry came back, and nobody is there to choose another");
	say_failure(entry, why);
	return false;
}

/*
 * Boots entries[*index], and if it fails finds the next one and how it was chosen; false when there is none, and then
 * *step says what is left: NEXT_REBOOT, NEXT_LEAVE, or NEXT_MENU when the user left the menu.
 */
static bool boot_one(struct attempts *attempts, size_t *index, enum chosen *by, enum next_step *step)
{
	static struct fail why;
	size_t failed = *index;
	struct follow follow;

	if (came_back(attempts->entries[failed], *by == BY_HAND, &why)) {
		*by = choose(index, TIMEOUT_FOREVER, NULL);
		*step = NEXT_MENU;
		return *by == BY_HAND;
	}
	if (counting_failed())
		attempts->entries[failed]->counted = true;
	attempts_failed(attempts, failed);
	follow = attempts_follow(attempts, failed, *by == BY_HAND);
	if (menu_is_wanted(&follow) || follow.step == NEXT_MENU) {
		*by = choose(index, TIMEOUT_FOREVER, &why);
		if (*by != WITHOUT_KEYS) {
			*step = NEXT_MENU;
			return *by == BY_HAND;
		}
		follow = attempts_follow(attempts, failed, false);
	}
	*by = BY_TIME;
	*index = follow.index;
	*step = follow.step;
	return follow.step == NEXT_ENTRY;
}

static void reboot(void)
{
	struct fail why;

	console_write("berth: reboots\n");
	if (efi_reset(ENTRY_REBOOT, &why) != OK)
		fw_log(LOG_QUIET, "%s", why.text);
}

/* Sets *reboots when the machine is to be started anew. */
static EFI_STATUS run(bool *reboots)
{
	struct attempts attempts;
	enum chosen by = BY_TIME;
	enum next_step step;
	struct fail why;
	size_t index;
	bool menu;

	interface_start();
	interface_read();
	if (catalogue_read(&catalogue, &why) != OK) {
		say_why(&why);
		wait_to_leave();
		return EFI_NOT_FOUND;
	}
	fw_log(LOG_DEBUG, BERTH_NAME " runs at %#" PRIx64, (uint64_t)(uintptr_t)efi.loaded->ImageBase);
	interface_timeouts(&catalogue.conf);
	menu = choose_default(&index);
	if (menu) {
		uint32_t seconds = catalogue.conf.timeout_seconds;

		by = choose(&index, seconds == TIMEOUT_NONE ? UNASKED_MENU_SECONDS : seconds, NULL);
		if (by == LEFT)
			return EFI_SUCCESS;
	}
	attempts = (struct attempts){catalogue.sorted, catalogue.n, &catalogue.conf, false};
	while (boot_one(&attempts, &index, &by, &step))
		;
	*reboots = step == NEXT_REBOOT;
	return step == NEXT_MENU ? EFI_SUCCESS : EFI_LOAD_ERROR;
}

static EFI_STATUS say_unknown(EFI_STATUS status)
{
	struct fail why;

	(void)fail(&why, NOT_FOUND, "firmware does not tell where Berth was started from: %s",
		   efi_status_words(status));
	say_why(&why);
	wait_to_leave();
	return EFI_NOT_FOUND;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
	bool reboots = false;
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
		status = run(&reboots);
	catalogue_free(&catalogue);
	efi_close_volume();
	if (reboots)
		reboot();
	return status;
}
