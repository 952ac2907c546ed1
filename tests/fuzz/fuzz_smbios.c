/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMBIOS entry points and structures of any bytes: a table is never longer than what is read of it, each string lies in
 * the structures behind the one before and ends in a NUL there, and what it asks for is a part of it.
 */
#include "fuzz.h"

#include "../../config/smbios.h"

static bool lies_in(struct word word, struct word in)
{
	return word.at >= in.at && word.at + word.length <= in.at + in.length;
}

static void check_string(struct bytes structures, struct word string, const uint8_t **before)
{
	const uint8_t *start = (const uint8_t *)string.at;
	char name[MAX_ENTRY_ID];
	struct word text;

	REQUIRE(start > *before && start + string.length < structures.at + structures.size);
	REQUIRE(string.length != 0 && start[string.length] == 0 && memchr(start, 0, string.length) == NULL);
	*before = start;
	if (!oem_entry(string, name, &text))
		return;
	REQUIRE(lies_in(text, string) && strlen(name) < MAX_ENTRY_ID);
	REQUIRE(entry_is_named(name, ".conf") && strpbrk(name, "/\\ \n") == NULL);
}

static void check_asked(struct bytes structures, struct word word)
{
	struct word whole = {(const char *)structures.at, structures.size};

	REQUIRE(word.at == NULL || lies_in(word, whole));
}

static void check_table(bool found, struct range table)
{
	REQUIRE(!found || (range_size(table) != 0 && range_size(table) <= SMBIOS_MOST && table.start != 0));
}

/* Structures lie one behind the other, each with its header and the NUL that ends it. */
static void check_structures(struct bytes structures)
{
	const uint8_t *end = structures.at + structures.size;
	struct bytes structure;

	for (const uint8_t *at = structures.at; smbios_next(&structures, &structure); at += structure.size) {
		REQUIRE(structure.at == at && structures.at == at + structure.size && structures.at <= end);
		REQUIRE(structures.size == (size_t)(end - structures.at));
		REQUIRE(structure.size > structure.at[1] && structure.at[1] >= 4 && structure.at[0] != 127);
		REQUIRE(structure.at[structure.size - 1] == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes structures = {data, size};
	struct oem_strings walk = {.rest = structures};
	const uint8_t *before = data;
	struct range table = {0, 0};
	struct word string;
	struct oem oem;

	if (size >= SMBIOS_2_ENTRY) {
		check_table(smbios_3_table(data, &table), table);
		check_table(smbios_2_table(data, &table), table);
	}
	check_structures(structures);
	while (oem_string_next(&walk, &string))
		check_string(structures, string, &before);
	(void)smbios_is_virtual(structures);
	oem_read(structures, &oem);
	check_asked(structures, oem.timeout);
	check_asked(structures, oem.options);
	check_asked(structures, oem.level);
	return 0;
}
