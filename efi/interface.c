/* SPDX-License-Identifier: BSD-2-Clause */
#include "interface.h"
#include "oem.h"

#include "disc.h"
#include "log.h"
#include "tpm.h"

#include "../arch/arch.h"
#include "../base/version.h"

/* What the system may have left. */
enum told { ONE_SHOT, PREFERRED, DEFAULT, LAST_BOOTED, TIMEOUT, TIMEOUT_ONE_SHOT, MODE, SYS_FAIL, N_TOLD };

static struct {
	char text[N_TOLD][INTERFACE_TEXT];
	bool was_last_booted; /* there is a LoaderEntryLastBooted */
	struct asked asked;
	const struct entry *once; /* the entry that was asked for once */
	bool saves;		  /* somebody asks for the last booted */
	bool is_substitute;	  /* what boots now does so because something else has failed */
} interface;

#define MOST_VENDOR 128 /* characters of the firmware's vendor that are believed */

/* Nothing rather than a wrong time: systemd-analyze adds them up. */
static void write_time(CHAR16 *name)
{
	uint64_t now = arch_is_virtual() ? 0 : fw_microseconds();
	char line[24];
	struct text text = TEXT(line);

	if (now == 0)
		return;
	text_add(&text, "%" PRIu64, now);
	efi_variable_write_text(name, line, false);
}

/* These may be an earlier loader's, which knows better where the machine was started from. */
static void write_unless_there(CHAR16 *name, const char *utf8)
{
	if (!efi_variable_exists(name))
		efi_variable_write_text(name, utf8, false);
}

/* UEFI 2.10, 4.2 and 4.3: a revision has its minor part, in hundredths, in the low half. */
static void add_revision(struct text *text, UINT32 revision)
{
	text_add(text, " %u.%02u", (unsigned int)(revision >> 16), (unsigned int)(revision & 0xffff));
}

bool interface_firmware_words(struct text *out)
{
	char vendor[3 * MOST_VENDOR + 5];

	if (efi.system->FirmwareVendor == NULL ||
	    !utf8_from_utf16(vendor, sizeof(vendor), efi.system->FirmwareVendor, MOST_VENDOR) || vendor[0] == '\0')
		return false;
	text_add(out, "%s", vendor);
	add_revision(out, efi.system->FirmwareRevision);
	return true;
}

/* Whoever writes these writes the same: to ask whether they are there would cost firmware a search through its store.
 */
static void write_firmware(void)
{
	char line[3 * MOST_VENDOR + 32];
	struct text text = TEXT(line);

	if (interface_firmware_words(&text))
		efi_variable_write_text(L"LoaderFirmwareInfo", line, false);
	text = TEXT(line);
	text_add(&text, "UEFI");
	add_revision(&text, efi.system->Hdr.Revision);
	efi_variable_write_text(L"LoaderFirmwareType", line, false);
}

static void write_banks(void)
{
	char line[12];
	struct text text = TEXT(line);
	uint32_t banks;

	(void)tpm_is_there(&banks);
	text_add(&text, "0x%08x", (unsigned int)banks);
	efi_variable_write_text(L"LoaderTpm2ActivePcrBanks", line, false);
}

static void write_origin(void)
{
	char partition[EFI_GUID_TEXT], path[MAX_PATH_TEXT];
	uint8_t guid[16];
	bool has_partition = efi_partition(partition);

	if (!has_partition && disc_partition(efi_device_of(NULL), guid)) {
		efi_show_guid(guid, partition);
		has_partition = true;
	}
	if (has_partition)
		write_unless_there(L"LoaderDevicePartUUID", partition);
	if (efi_own_url(path, sizeof(path)))
		write_unless_there(L"LoaderDeviceURL", path);
	if (efi_own_path(path, sizeof(path)))
		write_unless_there(L"LoaderImageIdentifier", path);
}

/* Kernels for x86 have no device tree of an entry's. */
bool interface_takes_tree(void)
{
	return arch_enters(arch_here(), ELF_AARCH64) || arch_enters(arch_here(), ELF_RISCV);
}

static void write_language(void)
{
	char language[LANGUAGE_TAG];

	if (efi_keyboard_language(language))
		write_unless_there(L"LoaderKeyboardLayout", language);
}

void interface_start(void)
{
	uint64_t features = interface_features(interface_takes_tree());

	write_time(L"LoaderTimeInitUSec");
	efi_variable_write_text(L"LoaderInfo", BERTH_NAME, false);
	efi_variable_write(L"LoaderFeatures", &features, sizeof(features), false);
	write_firmware();
	write_banks();
	write_origin();
	write_language();
}

static bool read_text(CHAR16 *name, bool once, char out[INTERFACE_TEXT])
{
	static CHAR16 units[INTERFACE_UNITS];
	size_t size = sizeof(units);
	enum variable_state variable = efi_variable_read(name, units, &size);

	if (once && variable != VARIABLE_NONE)
		efi_variable_remove(name);
	if (variable != VARIABLE_READ || !interface_text(units, size, out))
		out[0] = '\0';
	return variable != VARIABLE_NONE;
}

static struct word text_of(enum told which)
{
	const char *text = interface.text[which];

	return text[0] == '\0' ? (struct word){NULL, 0} : word_of(text);
}

/* UEFI 2.10, 23.4: EFI_SYSTEM_RESOURCE_TABLE_GUID. */
static EFI_GUID esrt_guid = {0xb122a263, 0x3661, 0x4f68, {0x99, 0x29, 0x78, 0xf8, 0xb0, 0xd6, 0x21, 0x80}};

/* The reason is spelt as systemd's tools know it (src/boot/sysfail.c). */
static void read_sys_fail(void)
{
	const uint8_t *table = efi_table(&esrt_guid);

	if (table == NULL || !esrt_tells_failure((struct bytes){table, esrt_size(table)}))
		return;
	efi_variable_write_text(L"LoaderSysFailReason", "firmware-updare-failure", false);
	(void)read_text(L"LoaderEntrySysFail", false, interface.text[SYS_FAIL]);
}

void interface_read(void)
{
	read_sys_fail();
	(void)read_text(L"LoaderEntryOneShot", true, interface.text[ONE_SHOT]);
	(void)read_text(L"LoaderConfigTimeoutOneShot", true, interface.text[TIMEOUT_ONE_SHOT]);
	(void)read_text(L"LoaderConfigTimeout", false, interface.text[TIMEOUT]);
	(void)read_text(L"LoaderEntryPreferred", false, interface.text[PREFERRED]);
	(void)read_text(L"LoaderEntryDefault", false, interface.text[DEFAULT]);
	interface.was_last_booted = read_text(L"LoaderEntryLastBooted", false, interface.text[LAST_BOOTED]);
	interface.asked = (struct asked){text_of(ONE_SHOT), text_of(PREFERRED), text_of(DEFAULT), text_of(LAST_BOOTED),
					 text_of(SYS_FAIL)};
}

static void set_timeout(struct loader_conf *conf, struct word value, const char *where,
			bool (*set)(struct loader_conf *conf, struct word value))
{
	if (value.length != 0 && !set(conf, value))
		fw_log(LOG_QUIET, "%s: \"%s\" is not " TIMEOUT_VALUES "; it is ignored", where, word_shown(value).at);
}

void interface_timeouts(struct loader_conf *conf)
{
	set_timeout(conf, text_of(TIMEOUT), "variable LoaderConfigTimeout", interface_timeout);
	set_timeout(conf, oem_asked()->timeout, "SMBIOS: io.systemd.boot.timeout", interface_timeout);
	set_timeout(conf, text_of(TIMEOUT_ONE_SHOT), "variable LoaderConfigTimeoutOneShot", interface_timeout_one_shot);
}

/* Read when there is a menu: other boots need not ask firmware for it. */
void interface_console_mode(struct console_mode *mode)
{
	(void)read_text(L"LoaderConfigConsoleMode", false, interface.text[MODE]);
	if (text_of(MODE).length != 0 && !console_mode_parse(mode, text_of(MODE)))
		fw_log(LOG_QUIET, "variable LoaderConfigConsoleMode: \"%s\" is not " MODE_VALUES "; it is ignored",
		       word_shown(text_of(MODE)).at);
}

void interface_tell_entries(const struct catalogue *c)
{
	size_t size = interface_ids(c->sorted, c->n, NULL) * sizeof(CHAR16);
	CHAR16 *ids = efi_alloc(size);

	if (ids == NULL)
		return;
	(void)interface_ids(c->sorted, c->n, ids);
	efi_variable_write(L"LoaderEntries", ids, size, false);
	efi_free(ids);
}

bool interface_asks_for_other_disk(const struct catalogue *c, bool once)
{
	const struct asked one_shot = {.one_shot = interface.asked.one_shot};

	if (once)
		return asks_for_other_disk(c->sorted, c->n, &LOADER_CONF_DEFAULT, &one_shot);
	return asks_for_other_disk(c->sorted, c->n, &c->conf, &interface.asked);
}

enum chooser interface_choose(const struct catalogue *c, bool (*is_out)(struct entry *entry), size_t *index)
{
	enum chooser by;

	do
		by = entries_choose(c->sorted, c->n, &c->conf, &interface.asked, index);
	while (is_out(c->sorted[*index]));
	interface_tell_entries(c);
	interface.saves = asks_for_saved(&c->conf, &interface.asked);
	if (by <= BY_ONE_SHOT)
		interface.once = c->sorted[*index];
	else if (interface.asked.one_shot.length != 0)
		fw_log(LOG_QUIET, "variable LoaderEntryOneShot: \"%s\" matches no entry that can boot, and is gone",
		       word_shown(interface.asked.one_shot).at);
	if (by == BY_SYS_FAIL)
		fw_log(LOG_QUIET, "the last update of firmware failed: variable LoaderEntrySysFail chooses %s",
		       word_shown(word_of(c->sorted[*index]->id)).at);
	return by;
}

static const char *const chooser_words[N_CHOOSERS] = {
    [BY_SYS_FAIL] = "variable LoaderEntrySysFail:",    [BY_ONE_SHOT] = "variable LoaderEntryOneShot:",
    [BY_PREFERRED] = "variable LoaderEntryPreferred:", [BY_CONF_PREFERRED] = "loader.conf: preferred",
    [BY_DEFAULT] = "variable LoaderEntryDefault:",     [BY_CONF_DEFAULT] = "loader.conf: default",
};

/* The machine boots all the same. Nothing may have been booted yet: "@saved" is not told. */
void interface_say_passed_over(const struct catalogue *c, enum chooser by, const struct entry *entry)
{
	for (enum chooser over = BY_SYS_FAIL; over < by && over < BY_NOBODY; over++) {
		struct word pattern = chooser_pattern(over, &c->conf, &interface.asked);

		if (over != BY_ONE_SHOT && pattern.length != 0 && !is_saved(pattern))
			fw_log(LOG_QUIET, "%s \"%s\" matches no entry that can boot: the default is %s",
			       chooser_words[over], word_shown(pattern).at, word_shown(word_of(entry->id)).at);
	}
}

void interface_settings(const struct catalogue *c, struct menu_settings *s)
{
	struct word timeout = text_of(TIMEOUT);
	struct loader_conf conf;

	*s = (struct menu_settings){.preferred = c->n, .standard = c->n};
	(void)entries_named(c->sorted, c->n, interface.asked.preferred, &s->preferred);
	(void)entries_named(c->sorted, c->n, interface.asked.standard, &s->standard);
	s->has_timeout = timeout.length != 0 && interface_timeout(&conf, timeout);
	s->timeout = s->has_timeout ? conf.timeout_seconds : TIMEOUT_NONE;
}

static void write_or_remove(CHAR16 *name, const char *utf8)
{
	if (utf8 != NULL)
		efi_variable_write_text(name, utf8, true);
	else
		efi_variable_remove(name);
}

/* What is written here is what the next menu of this boot finds. */
static void settle_entry(const struct catalogue *c, CHAR16 *name, struct word *asked, bool is_said, size_t now)
{
	if (!is_said)
		return;
	write_or_remove(name, now < c->n ? c->sorted[now]->id : NULL);
	*asked = now < c->n ? word_of(c->sorted[now]->id) : (struct word){NULL, 0};
}

static void settle_mode(const struct menu_settings *now)
{
	char number[12];
	struct text text = TEXT(number);

	text_add(&text, "%u", (unsigned int)now->mode);
	if (now->mode_said != MODE_UNSAID)
		write_or_remove(L"LoaderConfigConsoleMode", now->mode_said == MODE_SET ? number : NULL);
}

void interface_settle(const struct catalogue *c, const struct menu_settings *now)
{
	struct text text = {interface.text[TIMEOUT], INTERFACE_TEXT, 0};
	struct menu_settings before;

	interface_settings(c, &before);
	settle_entry(c, L"LoaderEntryPreferred", &interface.asked.preferred, now->preferred_said, now->preferred);
	settle_entry(c, L"LoaderEntryDefault", &interface.asked.standard, now->standard_said, now->standard);
	settle_mode(now);
	if (before.has_timeout == now->has_timeout && before.timeout == now->timeout)
		return;
	interface.text[TIMEOUT][0] = '\0';
	if (now->has_timeout && now->timeout == TIMEOUT_FOREVER)
		text_add(&text, "menu-force");
	else if (now->has_timeout && now->timeout == TIMEOUT_NONE)
		text_add(&text, "menu-hidden");
	else if (now->has_timeout)
		text_add(&text, "%u", (unsigned int)now->timeout);
	write_or_remove(L"LoaderConfigTimeout", now->has_timeout ? interface.text[TIMEOUT] : NULL);
}

const struct asked *interface_asked(void)
{
	return &interface.asked;
}

void interface_menu(void)
{
	write_time(L"LoaderTimeMenuUSec");
}

/* For "@saved". What was asked for once, or after a failure, is not booted by habit; and what nobody asks for goes. */
static void save(const struct entry *entry)
{
	CHAR16 *name = L"LoaderEntryLastBooted";

	if (entry == interface.once || interface.is_substitute)
		return;
	if (interface.saves && !word_is(interface.asked.last_booted, entry->id)) {
		efi_variable_write_text(name, entry->id, true);
		interface.asked.last_booted = word_of(entry->id);
	} else if (!interface.saves && interface.was_last_booted) {
		efi_variable_remove(name);
		interface.was_last_booted = false;
	}
}

void interface_substitute(bool is_substitute)
{
	interface.is_substitute = is_substitute;
}

void fw_leaving(const struct entry *entry)
{
	efi_variable_write_text(L"LoaderEntrySelected", entry->id, false);
	save(entry);
	write_time(L"LoaderTimeExecUSec");
	log_leave(); /* last: where there is little room, systemd's tools need theirs */
	log_show_wanted();
}
