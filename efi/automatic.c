/* SPDX-License-Identifier: BSD-2-Clause */
/* Source of paths, ids and titles: systemd, src/boot/boot.c. */
#include "automatic.h"

#include "programs.h"
#include "reset.h"

#include "../arch/arch.h"
#include "../base/mem.h"
#include "../config/bcd.h"

/* One that lacks memory is missing, and the log says so. @path: NULL for what is no program. */
static struct listed *add(struct catalogue *c, const char *id, const char *title, enum entry_kind kind,
			  const char *path)
{
	struct listed *listed;
	struct text text;
	struct fail why;

	if (listed_new(c, id, &listed, &why) != OK) {
		fw_log(LOG_QUIET, "%s", why.text);
		return NULL;
	}
	listed->entry =
	    (struct entry){.file_name = listed->name, .kind = kind, .automatic = true, .title = word_of(title)};
	if (path != NULL)
		listed->entry.program = word_of(path);
	text = (struct text){listed->entry.id, sizeof(listed->entry.id), 0};
	text_add(&text, "%s", id);
	listed_keep(c, listed);
	return listed;
}

static bool is_there(struct fw_volume *volume, const char *path)
{
	struct fw_file *file;
	uint64_t size;
	struct fail why;

	if (fw_open(volume, path, &file, &size, &why) != OK)
		return false;
	fw_close(file);
	return true;
}

/* macOS starts on Apple's firmware alone: on others no volume is opened for it, which may be slow to answer. */
static bool is_apples(void)
{
	static const CHAR16 apple[] = L"Apple";
	const CHAR16 *vendor = efi.system->FirmwareVendor;

	for (size_t i = 0; apple[i] != 0; i++)
		if (vendor == NULL || vendor[i] != apple[i])
			return false;
	return true;
}

/* Another volume than the loader's own. */
static bool add_macos_on(struct catalogue *c, EFI_HANDLE device)
{
	static const char path[] = "\\System\\Library\\CoreServices\\boot.efi";
	struct fw_volume *volume = efi_volume(device, "the volume of macOS");
	struct listed *listed;

	if (volume == NULL)
		return false;
	listed = is_there(volume, path) ? add(c, "auto-osx", "macOS", ENTRY_EFI, path) : NULL;
	if (listed != NULL)
		listed->entry.volume = volume;
	else
		efi_forget_volume();
	return listed != NULL;
}

static void add_macos(struct catalogue *c)
{
	EFI_HANDLE *volume;
	UINTN n;

	if (!is_apples())
		return;
	n = efi_handles_with(&efi_file_system_guid, &volume);
	for (UINTN i = 0; i < n; i++)
		if (add_macos_on(c, volume[i]))
			break;
	efi_free(volume);
}

/* What Windows calls itself is a better title, where it can be found out. */
static void name_windows(struct listed *listed)
{
	struct fail why;
	char *hive;
	size_t size;

	if (efi_read_file(listed->entry.volume, "\\EFI\\Microsoft\\Boot\\BCD", BCD_MOST, &hive, &size, &why) != OK)
		return;
	listed->text = efi_alloc(BCD_TITLE_ROOM);
	if (listed->text != NULL && bcd_title((struct bytes){(const uint8_t *)hive, size}, listed->text))
		listed->entry.title = word_of(listed->text);
	efi_free(hive);
}

void automatic_windows(struct catalogue *c, struct fw_volume *volume)
{
	static const char path[] = "\\EFI\\Microsoft\\Boot\\bootmgfw.efi";
	struct listed *listed =
	    is_there(volume, path) ? add(c, "auto-windows", "Windows Boot Manager", ENTRY_EFI, path) : NULL;

	if (listed == NULL)
		return;
	listed->entry.volume = volume;
	name_windows(listed);
}

static void add_shell(struct catalogue *c)
{
	static char path[32];
	struct text text = TEXT(path);

	text_add(&text, "\\shell%s.efi", arch_here()->bls);
	if (is_there(NULL, path))
		(void)add(c, "auto-efi-shell", "EFI Shell", ENTRY_EFI, path);
}

enum found_program { PROGRAM_NONE, PROGRAM_BERTH, PROGRAM_OTHER };

static enum found_program look_at(const char *path)
{
	static struct program_file program; /* its path is too large to be added to those on the stack */
	struct text text = TEXT(program.file.path);
	enum found_program found;
	struct fail why;

	text_add(&text, "%s", path);
	if (program_open(&program, &why) != OK)
		return PROGRAM_NONE;
	found = program_is_berth(&program) ? PROGRAM_BERTH : PROGRAM_OTHER;
	program_close(&program);
	return found;
}

/* The loader that firmware starts from removable media, unless it is this one, here or there. */
static void add_default_loader(struct catalogue *c)
{
	static char path[32];
	struct text text = TEXT(path);
	char own[MAX_PATH_TEXT], behind[32];

	text_add(&text, "\\EFI\\BOOT\\BOOT%s.EFI", arch_here()->bls);
	if (efi_own_path(own, sizeof(own)) && word_is_ascii_case(word_of(own), path))
		return;
	if (look_at(path) != PROGRAM_OTHER)
		return;
	/* shim starts what stands there: where that is Berth, the two would start each other. */
	text = (struct text){behind, sizeof(behind), 0};
	text_add(&text, "\\EFI\\BOOT\\GRUB%s.EFI", arch_here()->bls);
	if (look_at(behind) != PROGRAM_BERTH)
		(void)add(c, "auto-efi-default", "EFI Default Loader", ENTRY_EFI, path);
}

void automatic_programs(struct catalogue *c)
{
	if (!c->conf.auto_entries)
		return;
	add_macos(c);
	automatic_windows(c, NULL);
	add_shell(c);
	add_default_loader(c);
}

void automatic_actions(struct catalogue *c)
{
	if (c->conf.auto_firmware && efi_has_setup())
		(void)add(c, "auto-reboot-to-firmware-setup", "Reboot Into Firmware Interface", ENTRY_SETUP, NULL);
	if (c->conf.auto_poweroff)
		(void)add(c, "auto-poweroff", "Power Off The System", ENTRY_POWER_OFF, NULL);
	if (c->conf.auto_reboot)
		(void)add(c, "auto-reboot", "Reboot The System", ENTRY_REBOOT, NULL);
}
