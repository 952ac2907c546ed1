/* SPDX-License-Identifier: BSD-2-Clause */
#include "given_maps.h"

struct reading reading;

void read_bytes(const void *at, size_t size)
{
	uint8_t *exact = malloc(size == 0 ? 1 : size);

	assert_non_null(exact);
	memcpy(exact, at, size);
	map_source_free(&reading.source);
	reading.why.text[0] = '\0';
	reading.status = map_read_text("map.txt", exact, size, &reading.source, &reading.why);
	free(exact);
}

void read_text(const char *text)
{
	read_bytes(text, strlen(text));
}

void read_capture(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), CAPTURES "%s", name);
	map_source_free(&reading.source);
	reading.status = map_read(path, &reading.source, &reading.why);
	if (reading.status != OK)
		fail_msg("%s", reading.why.text);
}

char *capture_text(const char *name, size_t *size)
{
	char path[256], *text = malloc(1 << 20);
	FILE *in;

	snprintf(path, sizeof(path), CAPTURES "%s", name);
	in = fopen(path, "rb");
	if (in == NULL || text == NULL)
		fail_msg("%s cannot be read", path);
	*size = fread(text, 1, (1 << 20) - 1, in);
	fclose(in);
	text[*size] = '\0';
	return text;
}

void expect_map(const char *picture)
{
	const struct memmap *map = &reading.source.map;
	size_t n = 0;

	if (reading.status != OK)
		fail_msg("refused: %s", reading.why.text);
	for (; *picture != '\0'; n++) {
		unsigned long start, end, attribute = 0;
		unsigned int type;
		const struct memory *m = &map->entry[n];

		if (sscanf(picture, "%lx-%lx:%u:%lx", &start, &end, &type, &attribute) < 3)
			fail_msg("a test's picture is wrong at \"%s\"", picture);
		if (n >= map->count)
			fail_msg("%zu entries; expected another one at \"%s\"", map->count, picture);
		if (m->at.start != start || m->at.end != end || m->type != type || m->attribute != attribute)
			fail_msg("entry %zu is %#" PRIx64 "-%#" PRIx64 " type %u attribute %#" PRIx64
				 "; expected \"%s\"",
				 n, m->at.start, m->at.end, (unsigned int)m->type, m->attribute, picture);
		picture += strcspn(picture, " ");
		picture += strspn(picture, " ");
	}
	if (n != map->count)
		fail_msg("%zu entries; expected %zu", map->count, n);
}

void expect_kind(const char *kind, bool is_firmwares)
{
	if (reading.status != OK)
		fail_msg("refused: %s", reading.why.text);
	assert_string_equal(reading.source.kind, kind);
	assert_int_equal(reading.source.is_firmwares, is_firmwares);
}

void expect_bad(const char *words)
{
	if (reading.status == OK)
		fail_msg("taken for %s; expected a refusal with \"%s\"", reading.source.kind, words);
	assert_int_equal(reading.status, reading.why.status);
	assert_null(reading.source.map.entry);
	if (strstr(reading.why.text, words) == NULL)
		fail_msg("the message lacks \"%s\":\n%s", words, reading.why.text);
}

uint64_t bytes_of_type(const struct memmap *map, uint32_t type)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < map->count; i++)
		bytes += map->entry[i].type == type ? range_size(map->entry[i].at) : 0;
	return bytes;
}

static const struct memory *holder(const struct memmap *map, uint64_t address)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->entry[i].at.start <= address && address < map->entry[i].at.end)
			return &map->entry[i];
	return NULL;
}

static uint64_t next_edge(const struct memmap *map, uint64_t after, uint64_t best)
{
	for (size_t i = 0; i < map->count; i++) {
		struct range at = map->entry[i].at;

		if (at.start > after && at.start < best)
			best = at.start;
		if (at.end > after && at.end < best)
			best = at.end;
	}
	return best;
}

void compare_maps(const struct memmap *a, const struct memmap *b, uint64_t from,
		  void (*check)(struct range piece, const struct memory *a, const struct memory *b))
{
	for (uint64_t edge; from != UINT64_MAX; from = edge) {
		edge = next_edge(b, from, next_edge(a, from, UINT64_MAX));
		check((struct range){from, edge}, holder(a, from), holder(b, from));
	}
}
