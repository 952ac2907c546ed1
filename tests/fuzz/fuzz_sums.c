/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * berth.sums of any bytes: as a text, and as the section of a file. Of what is taken each record is found by its
 * entry's id and by no other, lies in the text, has its two parts that every entry has and no more of any than that may
 * have; all lines are somebody's; and what lacks its last byte is not taken.
 */
#include "fuzz.h"

#include "../../config/sums.h"

static unsigned int lines_in(struct word text)
{
	unsigned int n = 0;

	for (size_t i = 0; i < text.length; i++)
		n += text.at[i] == '\n';
	return n;
}

static void check_record(struct word record)
{
	unsigned int n = 0;

	for (enum sums_part part = 0; part < N_SUMS_PARTS; part++) {
		unsigned int count = sums_count(record, part);
		bool is_many = part == SUMS_INITRD || part == SUMS_OVERLAY;

		REQUIRE(count <= (is_many ? 16 : 1) && (part > SUMS_OPTIONS || count == 1));
		REQUIRE(!sums_match(record, part, count, (struct bytes){(const uint8_t *)"", 0}));
		n += count;
	}
	REQUIRE(n == lines_in(record));
}

/* Walks the lines by itself: each `entry` must lead to what follows it. */
static void check_all(const struct sums *sums)
{
	struct word rest = sums->records;
	char id[MAX_ENTRY_ID];

	while (rest.length != 0) {
		const char *end = memchr(rest.at, '\n', rest.length);
		size_t length = end == NULL ? 0 : (size_t)(end - rest.at);
		struct word record;

		REQUIRE(length > 6 && length - 6 < sizeof(id) && memcmp(rest.at, "entry ", 6) == 0);
		memcpy(id, rest.at + 6, length - 6);
		id[length - 6] = '\0';
		if (strlen(id) != length - 6) /* no file has such a name, so nobody asks for it */
			return;
		REQUIRE(sums_record(sums, id, &record));
		REQUIRE(record.at == end + 1 && record.length <= rest.length - length - 1);
		check_record(record);
		rest.at = record.at + record.length;
		rest.length -= length + 1 + record.length;
	}
}

static void check_text(struct word text)
{
	struct sums sums;
	struct word record;
	struct fail why;

	if (sums_parse(&sums, "berth.sums", text, &why) != OK) {
		REQUIRE(why.status == BAD_INPUT && why.text[0] != '\0');
		return;
	}
	REQUIRE(sums.version != 0 && sums.least <= sums.version && !(sums.clears && sums.least != 0));
	REQUIRE(sums.records.at + sums.records.length == text.at + text.length);
	REQUIRE(!sums_record(&sums, "", &record) && record.at == NULL);
	check_all(&sums);
	text.length--;
	REQUIRE(sums_parse(&sums, "berth.sums", text, &why) != OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes file = {data, size};
	struct word text;
	struct fail why;

	check_text((struct word){(const char *)data, size});
	if (sums_in_file(file, "berth.sums", &text, &why) != OK)
		return 0;
	REQUIRE((const uint8_t *)text.at >= data && text.length <= SUMS_MOST_TEXT &&
		text.length <= size - (size_t)((const uint8_t *)text.at - data));
	check_text(text);
	return 0;
}
