/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines that are kept, in any order and room: the text has room, is UTF-8 that a terminal may show, and holds
 * nothing that matters less than what it lacks. And any memory map is read back from its lines as it was.
 */
#include "fuzz.h"

#include "../../base/journal.h"
#include "../../base/utf8.h"
#include "../../plan/mapline.h"
#include "../../tools/mapread.h"

#define ROOM 300

static void check_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		uint32_t code;
		size_t length = utf8_next(text + i, size - i, &code);

		REQUIRE(length != 0 && utf8_is_shown(code));
		i += length;
	}
	REQUIRE(size == 0 || text[size - 1] == '\n');
}

/* Each line begins with the digit of its class, which are counted. */
static void check_classes(const char *text, size_t size, const struct journal *journal)
{
	size_t seen[N_KEPT] = {0}, missing = 0;

	for (size_t i = 0; i < size; i++)
		if (i == 0 || text[i - 1] == '\n') {
			size_t end = i;

			while (text[end] != '\n')
				end++;
			if (text[i] >= '0' && text[i] < '0' + N_KEPT)
				seen[text[i] - '0'] += end + 1 - i;
		}
	for (unsigned int c = 0; c < N_KEPT; c++) {
		REQUIRE(missing == 0 || seen[c] == 0);
		REQUIRE(seen[c] <= journal->bytes[c]);
		missing += journal->bytes[c] - seen[c];
	}
}

static void try_lines(struct bytes input)
{
	static char lines[ROOM], out[ROOM + 1];
	struct journal journal;
	size_t room = 1 + take_number(&input, 2) % ROOM;

	journal_open(&journal, lines, room);
	while (input.size != 0) {
		unsigned int what = (unsigned int)take_number(&input, 1), c = what % (N_KEPT + 1);
		size_t length = what / (N_KEPT + 1), size;
		char line[64] = {(char)('0' + c)};

		for (size_t i = 1; i < length; i++) {
			line[i] = (char)take_number(&input, 1);
			line[i] = line[i] == '\n' ? ' ' : line[i];
		}
		if (c == N_KEPT)
			journal_begin(&journal);
		else
			journal_add(&journal, (enum kept)c, line, length == 0 ? 1 : length);
		REQUIRE(journal.used <= room);
		size = JOURNAL_LEAST + what % (ROOM - JOURNAL_LEAST);
		out[size] = '#';
		length = journal_text(&journal, out, size);
		REQUIRE(length <= size && out[size] == '#');
		check_text(out, length);
		check_classes(out, length, &journal);
	}
}

static void try_map(struct bytes input)
{
	static struct memory entry[40];
	struct memmap map = {entry, 0, 40};
	char log[1 << 14], line[MAPLINE_ROOM];
	struct text text = TEXT(log);
	struct map_source source;
	uint64_t page = 0;
	size_t next = 0;
	struct fail why;

	while (input.size != 0 && map.count < 40) {
		page += take_number(&input, 1) % 3;
		entry[map.count].at.start = page * EFI_PAGE;
		page += 1 + take_number(&input, 3);
		entry[map.count].at.end = page * EFI_PAGE;
		entry[map.count].type = (uint32_t)take_number(&input, 1);
		entry[map.count++].attribute = take_number(&input, 1) << (take_number(&input, 1) % 57);
	}
	text_add(&text,
		 "berth: facts descriptors 0 size 48 room 9 bits 64 levels 4 la57 1 gib-pages 1 seed 1 entropy 0x0\n");
	while (mapline_write(line, &map, &next))
		text_add(&text, "berth: %s\n", line);
	REQUIRE(!text_cut(&text));
	if (map.count == 0)
		return;
	REQUIRE(map_read_text("log", (uint8_t *)log, text.used, &source, &why) == OK);
	REQUIRE(source.map.count == map.count);
	for (size_t i = 0; i < map.count; i++)
		REQUIRE(memcmp(&source.map.entry[i].at, &entry[i].at, sizeof(entry[i].at)) == 0 &&
			source.map.entry[i].type == entry[i].type &&
			source.map.entry[i].attribute == entry[i].attribute);
	map_source_free(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};

	if (take_number(&input, 1) % 2 == 0)
		try_lines(input);
	else
		try_map(input);
	return 0;
}
