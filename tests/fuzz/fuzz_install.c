/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an installation reads before it plans. A loader's name stands in its file, and is text; what a manifest is
 * believed to tell is a whole line of it, and what is added to it is found again; a partition that udev tells of lies
 * on whole blocks. The first byte of the input says which of them it is.
 */
#define _GNU_SOURCE /* memmem */

#include "fuzz.h"

#include "../../base/version.h"
#include "../../install/loader.h"
#include "../../install/manifest.h"
#include "../../install/partition.h"

static bool holds(struct bytes input, const char *text)
{
	return memmem(input.at, input.size, text, strlen(text)) != NULL;
}

static void require_word(struct bytes input, const char *word)
{
	REQUIRE(strlen(word) < LOADER_WORD && holds(input, word));
	for (; *word != '\0'; word++)
		REQUIRE(*word > ' ' && *word <= '~');
}

static void use_loader(struct bytes input)
{
	struct loader loader;

	if (!loader_read(input, &loader))
		return;
	require_word(input, loader.product);
	require_word(input, loader.version);
	REQUIRE(!loader.is_berth || holds(input, MAGIC_BEGIN BERTH_PRODUCT " "));
	REQUIRE(!loader.is_shim || holds(input, "\nshim,"));
	REQUIRE(loader.product[0] == '\0' || loader.is_berth == (strcmp(loader.product, BERTH_PRODUCT) == 0));
}

static void use_manifest(struct bytes input)
{
	static struct manifest manifest;
	size_t before;

	manifest_read(input, &manifest);
	REQUIRE(manifest.used == (input.size < MANIFEST_ROOM ? input.size : 0));
	REQUIRE(!manifest_has_thing(&manifest, "Token") || holds(input, "made Token\n"));
	REQUIRE(!manifest_has_folder(&manifest, true, "\\loader") || holds(input, "folder xbootldr \\loader\n"));
	before = manifest.used;
	manifest_add_folder(&manifest, false, "\\EFI");
	REQUIRE(manifest.used <= MANIFEST_ROOM && manifest.used >= before);
	if (before < MANIFEST_ROOM - 256)
		REQUIRE(manifest_has_folder(&manifest, false, "\\EFI"));
}

static void use_udev(struct bytes input)
{
	unsigned int block = input.size % 2 == 0 ? 512 : 4096;
	char words[PARTITION_WORDS];
	struct partition found;

	partition_from_udev(input, block, &found);
	if (found.at.number == 0) {
		REQUIRE(found.kind == PARTITION_UNKNOWN && found.offset == 0);
		return;
	}
	REQUIRE(found.offset % 512 == 0 && found.at.start <= found.offset / block && found.block == block);
	partition_words(&found, words);
	REQUIRE(strlen(words) == 36 || found.at.in_mbr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	uint64_t which = take_number(&input, 1);

	if (which % 3 == 0)
		use_loader(input);
	else if (which % 3 == 1)
		use_manifest(input);
	else
		use_udev(input);
	return 0;
}
