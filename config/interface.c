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
	SORT_KEY = 8,
	SAVED_ENTRY = 9,
	DEVICETREE = 10,
	MENU_DISABLE = 13, /* and the other words of `timeout` in variables, for bootctl */
	ENTRY_PREFERRED = 19,
};

static uint64_t bit(enum feature feature)
{
	return UINT64_C(1) << feature;
}

uint64_t interface_features(bool takes_tree)
{
	return bit(CONFIG_TIMEOUT) | bit(CONFIG_TIMEOUT_ONE_SHOT) | bit(ENTRY_DEFAULT) | bit(ENTRY_ONESHOT) |
	       bit(SORT_KEY) | bit(SAVED_ENTRY) | (takes_tree ? bit(DEVICETREE) : 0) | bit(MENU_DISABLE) |
	       bit(ENTRY_PREFERRED);
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

bool interface_text(const uint16_t *units, size_t size, char out[INTERFACE_TEXT])
{
	out[0] = '\0';
	if (size % sizeof(*units) != 0 || size > INTERFACE_UNITS * sizeof(*units))
		return false;
	return utf8_from_utf16(out, INTERFACE_TEXT, units, size / sizeof(*units)) && out[0] != '\0';
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
