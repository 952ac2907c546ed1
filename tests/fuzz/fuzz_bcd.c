/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registry hives as Windows' boot configuration data: a title that is found is text that a menu may show, within its
 * room, and stands somewhere in the hive. The first page of a hive says little: the input has of it the root's place.
 */
#include "fuzz.h"

#include "../../base/utf8.h"
#include "../../config/bcd.h"

#define FIRST 4096

/* Some units of UTF-16 in a row that begin with the title's first character. */
static bool is_in(struct bytes hive, uint32_t first)
{
	for (size_t i = 0; i + 2 <= hive.size; i++)
		if (load_le(hive.at + i, 2) == first)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	uint64_t root = take_number(&input, 4);
	uint8_t *at = malloc(FIRST + input.size);
	struct bytes hive = {at, FIRST + input.size};
	char title[BCD_TITLE_ROOM];

	memset(at, 0, FIRST);
	memcpy(at, "regf", 4);
	store_le(at + 36, 4, root);
	memcpy(at + FIRST, input.at, input.size);
	if (bcd_title(hive, title)) {
		size_t length = strlen(title);
		uint32_t code = 0;

		REQUIRE(length != 0 && length < sizeof(title));
		REQUIRE(utf8_next(title, length, &code) != 0);
		REQUIRE(code >= 0x10000 || code == '?' || is_in(hive, code));
		for (size_t i = 0; i < length; i++)
			REQUIRE((unsigned char)title[i] >= ' ' && title[i] != 0x7f);
		REQUIRE(size >= 2 * 40);
	}
	REQUIRE(!bitlocker_has((struct bytes){data, size}) || (size >= 11 && data[3] == '-' && data[10] == '-'));
	REQUIRE(!load_option_is_windows((struct bytes){data, size}, (const uint8_t *)"BitLockerOfOurs!") ||
		(size >= 90 && data[6] == 'W' && data[46] == 0 && load_le(data + 4, 2) >= 42));
	free(at);
	return 0;
}
