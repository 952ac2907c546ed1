/* SPDX-License-Identifier: BSD-2-Clause */
#include "interface.h"
#include "scan.h"

#include "../base/utf16.h"

/* docs/BOOT_LOADER_INTERFACE.md, "LoaderFeatures": bits by number. logind and bootctl refuse what is not claimed. */
enum feature {
	CONFIG_TIMEOUT = 0,
	CONFIG_TIMEOUT_ONE_SHOT = 1,
	ENTRY_DEFAULT = 2,
	ENTRY_ONESHOT = 3,
	BOOT_COUNTING = 4, /* of all entries: each on its own volume */
	XBOOTLDR = 5,
	RANDOM_SEED = 6, /* a unified kernel image's stub leaves it to a loader that claims this */
	LOAD_DRIVER = 7,
	SORT_KEY = 8,
	SAVED_ENTRY = 9,
	DEVICETREE = 10,
	SECUREBOOT_ENROLL = 11,
	RETAIN_SHIM = 12,
	MENU_DISABLE = 13, /* and the other words of `timeout` in variables, for bootctl */
	MULTI_PROFILE_UKI = 14,
	REPORT_URL = 15,
	TYPE1_UKI = 16,
	TYPE1_UKI_URL = 17,
	TPM2_ACTIVE_PCR_BANKS = 18,
	ENTRY_PREFERRED = 19,
	KEYBOARD_LAYOUT = 20,
	SMBIOS_MEASURED = 21,
};

static uint64_t bit(enum feature feature)
{
	return UINT64_C(1) << feature;
}

uint64_t interface_features(bool takes_tree)
{
	return bit(CONFIG_TIMEOUT) | bit(CONFIG_TIMEOUT_ONE_SHOT) | bit(ENTRY_DEFAULT) | bit(ENTRY_ONESHOT) |
	       bit(BOOT_COUNTING) | bit(XBOOTLDR) | bit(RANDOM_SEED) | bit(LOAD_DRIVER) | bit(SORT_KEY) |
	       bit(SAVED_ENTRY) | (takes_tree ? bit(DEVICETREE) : 0) | bit(SECUREBOOT_ENROLL) | bit(RETAIN_SHIM) |
	       bit(MENU_DISABLE) | bit(MULTI_PROFILE_UKI) | bit(REPORT_URL) | bit(TPM2_ACTIVE_PCR_BANKS) |
	       bit(TYPE1_UKI) | bit(TYPE1_UKI_URL) | bit(ENTRY_PREFERRED) | bit(KEYBOARD_LAYOUT) | bit(SMBIOS_MEASURED);
}

size_t interface_ids(struct entry *const *entries, size_t n, uint16_t *out)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t id[MAX_ENTRY_ID]; /* a byte of UTF-8 becomes at most one unit */
		size_t units = 0;

		(void)utf16_from_utf8(id, MAX_ENTRY_ID, entries[i]->id);
		do {
			if (out != NULL)
				out[used] = id[units];
			used++;
		} while (id[units++] != 0);
	}
	return used;
}

#define LAYOUT_HEADER 23 /* bytes: length, GUID, where the descriptions are, number of keys */
#define DESCRIPTIONS  18 /* in it: their offset */

static bool is_of_tag(uint64_t unit)
{
	return (unit >= '0' && unit <= '9') || (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') ||
	       unit == '-';
}

bool interface_language(struct bytes layout, char out[LANGUAGE_TAG])
{
	size_t n = 0;
	uint64_t at;

	if (layout.size < LAYOUT_HEADER || load_le(layout.at, 2) != layout.size)
		return false;
	at = load_le(layout.at + DESCRIPTIONS, 4);
	/* How many there are, and then of each its language, a blank, and what people call it. */
	if (at > layout.size - 2 || load_le(layout.at + at, 2) == 0)
		return false;
	for (at += 2; at + 2 <= layout.size && n + 1 < LANGUAGE_TAG && is_of_tag(load_le(layout.at + at, 2)); at += 2)
		out[n++] = (char)layout.at[at];
	out[n] = '\0';
	return n != 0 && at + 2 <= layout.size && load_le(layout.at + at, 2) == ' ';
}

bool interface_text(const uint16_t *units, size_t size, char out[INTERFACE_TEXT])
{
	out[0] = '\0';
	if (size % sizeof(*units) != 0 || size > INTERFACE_UNITS * sizeof(*units))
		return false;
	return utf8_from_utf16(out, INTERFACE_TEXT, units, size / sizeof(*units)) && out[0] != '\0';
}

/* UEFI 2.10, 10.3.1: type, subtype, and the whole length of a node; what ends a whole path. */
#define NODE	 4
#define NODE_END 0x7f
#define END_ALL	 0xff

size_t interface_place(struct bytes variable)
{
	uint64_t type, subtype, length;
	size_t at = 0;

	while (bytes_get(variable, at, 1, &type) && bytes_get(variable, at + 1, 1, &subtype) &&
	       bytes_get(variable, at + 2, 2, &length) && length >= NODE && length <= variable.size - at) {
		if (type == NODE_END)
			return subtype == END_ALL ? at : 0;
		at += (size_t)length;
	}
	return 0;
}

#define ESRT_VERSION	 1
#define ESRT_LAST_STATUS 36 /* in an entry: LastAttemptStatus, 0 for success */

size_t esrt_size(const uint8_t *table)
{
	uint64_t count = load_le(table, 4), most = load_le(table + 4, 4);

	if (load_le(table + 8, 8) != ESRT_VERSION || count > most || count > ESRT_RESOURCES)
		return 0;
	return ESRT_HEADER + (size_t)count * ESRT_RESOURCE;
}

bool esrt_tells_failure(struct bytes table)
{
	for (size_t at = ESRT_HEADER; at + ESRT_RESOURCE <= table.size; at += ESRT_RESOURCE)
		if (load_le(table.at + at + ESRT_LAST_STATUS, 4) != 0)
			return true;
	return false;
}

static bool has_digits_alone(struct word value)
{
	for (size_t i = 0; i < value.length; i++)
		if (!is_digit(value.at[i]))
			return false;
	return value.length != 0;
}

bool interface_timeout(struct loader_conf *conf, struct word value)
{
	uint64_t seconds;

	if (!is_digit(first(value)))
		return loader_conf_timeout(conf, value);
	if (!has_digits_alone(value))
		return false;
	if (!word_number(value, &seconds) || seconds > TIMEOUT_FOREVER)
		seconds = TIMEOUT_FOREVER;
	conf->timeout_seconds = (uint32_t)seconds;
	conf->menu_disabled = false;
	return true;
}

bool interface_timeout_one_shot(struct loader_conf *conf, struct word value)
{
	if (!interface_timeout(conf, value))
		return false;
	if (conf->timeout_seconds == TIMEOUT_NONE)
		conf->timeout_seconds = TIMEOUT_FOREVER;
	conf->menu_disabled = false;
	conf->menu_forced = true;
	return true;
}
