/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PE files of any bytes: the Authenticode hash of one that has it does not depend on its checksum, which signers
 * change, and depends on its first byte.
 */
#include "fuzz.h"

#include "../../base/pe.h"
#include "../../tools/authenticode.h"

/* Sections, and the table of them, may lie over the checksum in a file that is made for that. */
static bool is_plain(struct bytes file, uint64_t at, uint64_t headers)
{
	struct pe_section section;
	struct pe pe;

	REQUIRE(pe_read(file, &pe));
	if (load_le(file.at + at + 20, 2) < 68) /* SizeOfOptionalHeader: the table follows */
		return false;
	for (unsigned int n = 0; pe_section_at(file, &pe, n, &section); n++)
		if (section.size != 0 && section.offset < headers)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t before[SHA256_SIZE], after[SHA256_SIZE], *copy;
	uint64_t at;

	if (!authenticode_sum((struct bytes){data, size}, before))
		return 0;
	copy = malloc(size);
	memcpy(copy, data, size);
	REQUIRE(pe_header((struct bytes){data, size}, &at) && at + 24 + 68 <= size);
	if (at >= 0x40 && is_plain((struct bytes){data, size}, at, load_le(data + at + 24 + 60, 4))) {
		copy[at + 24 + 64] ^= 1;
		REQUIRE(authenticode_sum((struct bytes){copy, size}, after));
		REQUIRE(memcmp(before, after, SHA256_SIZE) == 0);
	}
	copy[2] ^= 1;
	if (at > 2)
		REQUIRE(!authenticode_sum((struct bytes){copy, size}, after) ||
			memcmp(before, after, SHA256_SIZE) != 0);
	free(copy);
	return 0;
}
