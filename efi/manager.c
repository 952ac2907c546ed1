/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chooses an entry and boots it. When it fails, says why; a key asks for the menu then, and where nobody presses one,
 * config/attempts.h says what follows.
 */
#include "manager.h"

#include "catalogue.h"
#include "counting.h"
#include "dialog.h"
#include "dropins.h"
#include "enroll.h"
#include "extras.h"
#include "home.h"
#include "interface.h"
#include "log.h"
#include "oem.h"
#include "other_disks.h"
#include "start.h"
#include "stub.h"
#include "sums.h"
#include "tree.h"
#include "windows.h"

#include "../base/version.h"
#include "../config/attempts.h"
#include "../config/menu.h"
#include "../loader/boot.h"

#define UNASKED_MENU_SECONDS 10 /* for a menu that a key called up */

static struct catalogue catalogue;
static struct boot attempt; /* too large for firmware's stack, of which 128 KiB are promised */

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

/* A person at a menu has time to wait for all disks, and then the system learns of what is there. */
static void look_further(size_t *index, bool connects)
{
	if (other_disks_read(&catalogue, index, connects))
		interface_tell_entries(&catalogue);
}

/* Who names a disk in full has it connected, unless firmware has done so: that takes seconds. */
static bool find_named(struct word name, size_t *index)
{
	if (names_other_disk(name))
		look_further(index, false);
	if (entries_named(catalogue.sorted, catalogue.n, name, index))
		return true;
	if (!names_other_disk(name))
		return false;
	look_further(index, true);
	return entries_named(catalogue.sorted, catalogue.n, name, index);
}

/* What a boot option or a shell passes, without blanks around it; empty when that is nothing. */
static struct word load_option(char *option, size_t room)
{
	struct word name;

	if (!efi_load_option(option, room))
		return (struct word){option, 0};
	name = word_of(skip_own_name(option));
	while (name.length > 0 && name.at[name.length - 1] == ' ')
		name.length--;
	return name;
}

/* The entry that it names; false when it names none, or one that does not exist. */
static bool named_entry(size_t *index)
{
	char option[1024];
	struct word name = load_option(option, sizeof(option));

	if (name.length == 0)
		return false;
	if (find_named(name, index))
		return true;
	/* The machine may be unattended: it boots all the same. */
	fw_log(LOG_QUIET, "the load option names the entry \"%s\", which does not exist", word_shown(name).at);
	return false;
}

/* What firmware starts: a program, or a kernel by its EFI stub. */
static enum status start_program(const struct entry *entry, struct fail *why)
{
	enum status status;

	TRY(extras_offer(&attempt, entry, why));
	status = efi_give_tree(&attempt, entry, why);
	if (status == OK)
		status = efi_goes_by_stub(entry) ? efi_start_stub(&attempt, entry, why) : efi_start(entry, why);
	efi_take_tree_away();
	extras_take_away();
	return status;
}

/* OK when a program came back that has had its turn; else the reason why the entry does not start. */
static enum status start(struct entry *entry, struct fail *why)
{
	fw_keep_anew();
	fw_keep(KEPT_SAID, "boots %s", entry->id);
	entry_remarks(entry, &catalogue_remarks);
	(void)dropins_for(entry);
	if (entry->broken) {
		*why = entry->broken_why;
		return why->status;
	}
	if (catalogue.conf.reboot_for_bitlocker && entry_is_automatic(entry, "auto-windows"))
		windows_restart(entry);
	if (entry->kind == ENTRY_KEYS)
		return enroll(entry->program, &catalogue.conf, why);
	if (entry->kind != ENTRY_LINUX || efi_goes_by_stub(entry))
		return start_program(entry, why);
	return boot(&attempt, entry, &catalogue.conf, why);
}

/*
 * systemd-boot lists no entry whose kernel is not there. Here it stays in the menu, which says what it lacks, and is
 * nobody's default. Only the one that is about to be it is looked at: each look costs a slow disk some time.
 */
static bool lacks_kernel(struct entry *entry)
{
	static char path[MAX_PATH_TEXT]; /* too large to be added to those on the stack */
	struct fw_file *file;
	struct fail why;
	uint64_t size;
	enum status status;

	if (catalogue.actions < 2 || entry->broken || entry->kind != ENTRY_LINUX ||
	    entry_path(entry->program, path, sizeof(path), &why) != OK)
		return false;
	status = fw_open(entry->volume, path, &file, &size, &why);
	if (status == OK)
		fw_close(file);
	if (status != NOT_FOUND)
		return false;
	entry->broken = true;
	entry->broken_why = why;
	fw_log(LOG_QUIET, "%s is passed over: %s", word_shown(word_of(entry->id)).at, why.text);
	return true;
}

/* To connect all disks takes seconds: that is for what a person has just asked for, not for each boot. */
static void read_disk_asked_for(size_t *index)
{
	if (interface_asks_for_other_disk(&catalogue, false))
		(void)other_disks_read(&catalogue, index, false);
	if (interface_asks_for_other_disk(&catalogue, true))
		(void)other_disks_read(&catalogue, index, true);
}

/* Something on another disk is to boot, by its whole id, and is there. */
static bool has_what_is_asked_for(void)
{
	char option[1024];
	struct word name = load_option(option, sizeof(option));
	size_t index = 0;

	if (names_other_disk(name) && find_named(name, &index))
		return true;
	if (!interface_asks_for_other_disk(&catalogue, false))
		return false;
	read_disk_asked_for(&index);
	return catalogue.n != 0 && !interface_asks_for_other_disk(&catalogue, false);
}

/*
 * A key that is held down, or was pressed before there was a loader, asks for a menu that is not configured, or for
 * what it boots in systemd-boot's. A stray one must not stop the machine.
 */
static bool key_asks_for_menu(size_t *index, enum chosen *by)
{
	const struct rows rows = {catalogue.sorted, catalogue.n, catalogue.conf.menu_fold, catalogue.n};
	struct key_press press;

	if (catalogue.conf.menu_disabled || !console_key_pressed(&press))
		return false;
	if (!menu_hotkey(&rows, &press, index))
		return true;
	*by = BY_HAND;
	return false;
}

/* Which entry, by whom, and whether a menu shows before it boots. */
static bool choose_default(size_t *index, enum chosen *by)
{
	const struct loader_conf *conf = &catalogue.conf;
	enum chooser chooser;
	bool named;

	*index = 0;
	*by = BY_TIME;
	read_disk_asked_for(index);
	chooser = interface_choose(&catalogue, lacks_kernel, index);
	named = chooser > BY_ONE_SHOT && named_entry(index);
	catalogue.boots_unasked = catalogue.sorted[*index];
	if (!named)
		interface_say_passed_over(&catalogue, chooser, catalogue.sorted[*index]);
	if (conf->menu_forced || named)
		return conf->menu_forced;
	return (chooser == BY_NOBODY && !entry_starts_unasked(catalogue.sorted[*index])) ||
	       conf->timeout_seconds != TIMEOUT_NONE || key_asks_for_menu(index, by);
}

static void say_failure(const struct entry *entry, const struct fail *why)
{
	log_show();
	if (catalogue.n > 1)
		fw_log(LOG_QUIET, "%s does not boot", word_shown(word_of(entry->id)).at);
	say_why(why);
}

/* Starts @entry, and says why it failed, or came back although nobody is there to choose another. */
static enum status try_entry(struct entry *entry, bool by_hand, struct fail *why)
{
	enum status status = start(entry, why);

	if (status == OK && by_hand)
		return OK;
	if (status == OK)
		(void)fail(why, IO_ERROR, "%s came back without an error",
			   word_shown(entry->program.length != 0 ? entry->program : word_of(entry->file_name)).at);
	say_failure(entry, why);
	return status;
}

/*
 * Boots entries[*index], and if it fails finds the next one and how it was chosen; false when there is none, and then
 * *step says what is left: NEXT_REBOOT, NEXT_LEAVE, or NEXT_MENU when the user left the menu.
 */
static bool boot_one(struct attempts *attempts, size_t *index, enum chosen *by, enum next_step *step)
{
	static struct fail why;
	size_t failed = *index;
	enum status status = try_entry(attempts->entries[failed], *by == BY_HAND, &why);
	bool has_reason = status != OK || *by != BY_HAND;
	struct follow follow;

	if (counting_failed())
		attempts->entries[failed]->counted = true;
	attempts_ended(attempts, failed, status != OK);
	follow = attempts_follow(attempts, failed, *by == BY_HAND);
	if (!has_reason || menu_is_wanted(&follow) || follow.step == NEXT_MENU) {
		look_further(index, true);
		failed = *index;
		attempts->entries = catalogue.sorted;
		attempts->n = catalogue.n;
		*by = choose(&catalogue, index, TIMEOUT_FOREVER, has_reason ? &why : NULL);
		if (*by != WITHOUT_KEYS) {
			*step = NEXT_MENU;
			interface_substitute(false);
			return *by == BY_HAND;
		}
		follow = attempts_follow(attempts, failed, false);
	}
	interface_substitute(true);
	*by = BY_TIME;
	*index = follow.index;
	*step = follow.step;
	return follow.step == NEXT_ENTRY;
}

/*
 * There is nothing to start beside the loader, for the reason in @why: a person may look on other disks; true when
 * something is there. Nobody's machine boots from them unasked.
 */
static bool has_others(const struct fail *why)
{
	uint32_t seconds = reason_seconds(&catalogue.conf);
	size_t index = 0;

	say_why(why);
	if (!catalogue.conf.other_disks) {
		(void)wait_for_key(seconds, LEAVES);
		return false;
	}
	if (!wait_for_key(seconds, " for what is on other disks, or firmware goes on"))
		return false;
	look_further(&index, true);
	if (catalogue.n == 0) {
		fw_log(LOG_QUIET, "there is nothing to start on other disks either");
		(void)wait_for_key(seconds, LEAVES);
	}
	return catalogue.n != 0;
}

EFI_STATUS manager_run(bool *reboots)
{
	struct attempts attempts;
	enum chosen by;
	enum next_step step;
	struct fail why;
	size_t index;
	bool menu, others_alone;

	dialog_uses(&attempt);
	home_find();
	oem_start();
	interface_start();
	interface_read();
	others_alone = catalogue_read(&catalogue, &why) != OK && !has_what_is_asked_for();
	if (others_alone && !has_others(&why))
		return EFI_NOT_FOUND;
	fw_log(LOG_DEBUG, BERTH_NAME " runs at %#" PRIx64, (uint64_t)(uintptr_t)efi.loaded->ImageBase);
	interface_timeouts(&catalogue.conf);
	if (others_alone) {
		catalogue.conf.menu_forced = true;
		catalogue.conf.timeout_seconds = TIMEOUT_FOREVER;
	}
	menu = choose_default(&index, &by);
	if (others_alone)
		catalogue.boots_unasked = NULL;
	if (menu) {
		uint32_t seconds = catalogue.conf.timeout_seconds;

		look_further(&index, true);
		by = choose(&catalogue, &index, seconds == TIMEOUT_NONE ? UNASKED_MENU_SECONDS : seconds, NULL);
		if (by == LEFT)
			return EFI_SUCCESS;
	}
	attempts = (struct attempts){catalogue.sorted, catalogue.n, &catalogue.conf, false, false};
	while (boot_one(&attempts, &index, &by, &step))
		;
	*reboots = step == NEXT_REBOOT;
	return step == NEXT_MENU ? EFI_SUCCESS : EFI_LOAD_ERROR;
}

void manager_end(void)
{
	catalogue_free(&catalogue);
	sums_forget();
}
