/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strings of the Boot Loader Interface's variables, and tables of firmware's behind them: what is read is text within
 * its room; whatever is asked for, an entry that can boot is chosen, by one that means it; and what is no timeout
 * changes nothing.
 */
#include "fuzz.h"

#include "../../base/utf8.h"
#include "../../config/interface.h"

#define ENTRIES 4

/* The next string: a byte says how long it is, in bytes. */
static struct word next_text(struct bytes *input, char out[INTERFACE_TEXT])
{
	uint16_t units[128] = {0};
	size_t size = (size_t)take_number(input, 1), length;

	size = size < input->size ? size : input->size;
	memcpy(units, input->at, size);
	input->at += size;
	input->size -= size;
	if (!interface_text(units, size, out)) {
		REQUIRE(out[0] == '\0');
		return (struct word){NULL, 0};
	}
	REQUIRE(size % 2 == 0);
	length = strlen(out);
	REQUIRE(length != 0 && length <= 3 * (size / 2));
	for (size_t at = 0; at < length;) {
		uint32_t code;
		size_t step = utf8_next(out + at, length - at, &code);

		REQUIRE(step != 0);
		at += step;
	}
	return (struct word){out, length};
}

static bool is_same(const struct loader_conf *a, const struct loader_conf *b)
{
	return a->timeout_seconds == b->timeout_seconds && a->menu_disabled == b->menu_disabled &&
	       a->menu_forced == b->menu_forced;
}

static void use_timeout(struct word value)
{
	const struct loader_conf before = {.timeout_seconds = 3, .menu_disabled = true};
	struct loader_conf after = before, once = before;
	bool taken = interface_timeout(&after, value);

	REQUIRE(interface_timeout_one_shot(&once, value) == taken);
	REQUIRE(taken || (is_same(&after, &before) && is_same(&once, &before)));
	REQUIRE(!taken || (once.menu_forced && once.timeout_seconds != TIMEOUT_NONE && !once.menu_disabled));
}

static void use_choice(struct entry *const *entries, const struct loader_conf *conf, const struct asked *asked)
{
	size_t index = ENTRIES;
	enum chooser by = entries_choose(entries, ENTRIES, conf, asked, &index);
	struct word pattern = by == BY_NOBODY ? (struct word){NULL, 0} : chooser_pattern(by, conf, asked);
	bool all_broken = true;

	for (size_t i = 0; i < ENTRIES; i++)
		all_broken = all_broken && entries[i]->broken;
	REQUIRE(index < ENTRIES && (!entries[index]->broken || (all_broken && by == BY_NOBODY)));
	REQUIRE((by != BY_PREFERRED && by != BY_CONF_PREFERRED) || !entries[index]->tries_exhausted);
	REQUIRE(by == BY_NOBODY || entry_is_meant(entries[index], is_saved(pattern) ? asked->last_booted : pattern));
}

static void use_tables(struct bytes table)
{
	char language[LANGUAGE_TAG];
	size_t nodes = interface_place(table);

	REQUIRE(nodes == 0 || (nodes >= 4 && nodes <= table.size - 4 && table.at[nodes] == 0x7f));

	if (interface_language(table, language))
		REQUIRE(language[0] != '\0' &&
			strlen(language) == strspn(language, "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							     "abcdefghijklmnopqrstuvwxyz"));
	if (table.size >= ESRT_HEADER && esrt_size(table.at) <= table.size)
		REQUIRE(!esrt_tells_failure((struct bytes){table.at, esrt_size(table.at)}) || table.size > ESRT_HEADER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	static char text[7][INTERFACE_TEXT];
	struct word word[7];
	struct entry entry[ENTRIES] = {{.id = "debian-6.1.conf"}, {.id = "a.conf"}, {.id = "[x].conf"}};
	struct entry *list[ENTRIES];
	uint64_t flags = take_number(&input, 1);

	for (size_t i = 0; i < 7; i++)
		word[i] = next_text(&input, text[i]);
	for (size_t i = 0; i < ENTRIES; i++) {
		entry[i].broken = (flags >> i & 1) != 0;
		entry[i].tries_exhausted = (flags >> (4 + i) & 1) != 0;
		list[i] = &entry[i];
	}
	for (size_t i = 0; i < word[0].length && i + 1 < MAX_ENTRY_ID; i++)
		entry[3].id[i] = word[0].at[i];
	use_timeout(word[1]);
	use_choice(list, &(struct loader_conf){.default_pattern = word[4], .preferred_pattern = word[5]},
		   &(struct asked){word[1], word[2], word[3], word[0], word[6]});
	use_tables(input);
	return 0;
}
