/* SPDX-License-Identifier: BSD-2-Clause */
/* An entry, loader.conf, patterns and versions: what is accepted names a kernel by a path that leaves no folder. */
#include "fuzz.h"

#include "../../config/dropins.h"
#include "../../config/entry.h"
#include "../../config/extra.h"
#include "../../config/url.h"
#include "../../policy/linux_words.h"
#include "../../policy/policy.h"
#include "../../protocol/kept_out.h"

/* Measured and written alike, each file's bytes lie in an archive of their own place, and no byte is written behind. */
static void use_extras(const struct entry *entry)
{
	static uint8_t out[64 * 1024];
	uint32_t size[MAX_EXTRAS];
	uint64_t at[MAX_EXTRAS], before[MAX_EXTRAS];
	struct cpio counted = {.at = NULL}, written = {.at = out};

	REQUIRE(entry->n_extras <= MAX_EXTRAS && (entry->n_extras == 0 || entry_is_image(entry)));
	for (size_t i = 0; i < entry->n_extras; i++)
		size[i] = (uint32_t)entry->extra[i].length;
	for (unsigned int which = 0; which < N_EXTRAS; which++)
		extra_pack(entry, (enum extra)which, size, &counted, before);
	if (counted.used >= sizeof(out))
		return;
	memset(out, 0xee, sizeof(out));
	for (unsigned int which = 0; which < N_EXTRAS; which++)
		extra_pack(entry, (enum extra)which, size, &written, at);
	REQUIRE(written.used == counted.used && out[written.used] == 0xee);
	for (size_t i = 0; i < entry->n_extras; i++)
		REQUIRE(at[i] == before[i] && at[i] % 4 == 0 && at[i] + size[i] <= written.used);
}

/* Whatever is fetched goes into a device path, and to a server: letters of a URL alone, and all of them. */
static void use_url(struct word value, struct word origin)
{
	char from[64], url[256];
	struct text text = TEXT(from);
	struct fail why;
	enum status status;

	for (size_t i = 0; i < origin.length; i++)
		if (origin.at[i] > ' ' && origin.at[i] <= '~')
			text_add(&text, "%.*s", 1, origin.at + i);
	status = url_meant(value, from, url, sizeof(url), &why);
	REQUIRE(status == OK || status == BAD_INPUT);
	if (status != OK)
		return;
	REQUIRE(strlen(url) >= (value.at[0] == ':' ? value.length - 1 : value.length) && strchr(url, ':') != NULL);
	REQUIRE(value.at[0] != ':' || strncmp(url, from, (size_t)(strchr(url, ':') - url)) == 0);
	for (const char *at = url; *at != '\0'; at++)
		REQUIRE(*at > ' ' && *at <= '~');
}

static void use_entry(const struct entry *entry)
{
	char path[MAX_PATH_TEXT], line[4096];
	struct fail why;
	bool added;

	REQUIRE(entry->program.length != 0);
	if (entry_path(entry->program, path, sizeof(path), &why) == OK) {
		REQUIRE(path[0] == '\\' && strlen(path) > 1 && strlen(path) < sizeof(path));
		REQUIRE(strstr(path, "\\..\\") == NULL && strchr(path, '/') == NULL);
	}
	if (entry_command_line(entry, line, sizeof(line), &why) == OK &&
	    linux_words_keep_in_place(entry, line, sizeof(line), &added, &why) == OK) {
		REQUIRE(memchr(line, '\0', sizeof(line)) != NULL);
		REQUIRE(!added || command_line_has(line, "nokaslr"));
	}
	use_extras(entry);
	use_url(entry->program, entry->title);
	REQUIRE(entry->kind != ENTRY_UKI_URL || url_meant(entry->program, NULL, path, sizeof(path), &why) != BAD_INPUT);
	REQUIRE(entry->wish.at % EFI_PAGE == 0 && entry->wish.end % EFI_PAGE == 0);
	REQUIRE(entry->wish.policy != PLACE_WITHIN || entry->wish.at < entry->wish.end);
}

/* Two files in a row: a line that ends where it should, without an end of a line in it, or what was there before. */
static void use_dropins(const char *text, size_t half, size_t size)
{
	size_t room = 1 + size % 97, used = 0, before;
	char line[100];
	struct fail why;

	line[0] = '\0';
	for (unsigned int i = 0; i < 2; i++) {
		struct word file = {i == 0 ? text : text + half, i == 0 ? half : size - half};

		before = used;
		if (dropin_append(line, room, &used, "a.conf", file, &why) != OK)
			REQUIRE(used == before && why.text[0] != '\0');
		REQUIRE(used < room && strlen(line) == used);
		REQUIRE(strchr(line, '\n') == NULL && strchr(line, '\r') == NULL);
		REQUIRE(used == 0 || (line[0] != ' ' && line[used - 1] != ' '));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	size_t half = size / 2;
	struct loader_conf conf;
	struct entry entry;
	struct fail why;
	struct kept_out kept_out;
	uint64_t limit;

	memcpy(text, data, size);
	text[size] = '\0';
	if (entry_parse(&entry, "fuzz.conf", text, size, &why) == OK)
		use_entry(&entry);
	else
		REQUIRE(entry.broken && why.text[0] != '\0');
	use_dropins(text, half, size);
	(void)loader_conf_parse(&conf, text, size, &why);
	(void)command_line_mem(text, &limit);
	if (command_line_kept_out(text, true, &kept_out, &why) == OK)
		for (size_t i = 0; i < kept_out.n; i++)
			REQUIRE(kept_out.at[i].start < kept_out.at[i].end &&
				(i == 0 || kept_out.at[i - 1].end < kept_out.at[i].start));
	(void)glob_match((struct word){text, half}, text + half);
	REQUIRE(version_compare((struct word){text, half}, (struct word){text, half}) == 0);
	REQUIRE((version_compare((struct word){text, half}, (struct word){text + half, size - half}) < 0) ==
		(version_compare((struct word){text + half, size - half}, (struct word){text, half}) > 0));
	free(text);
	return 0;
}
