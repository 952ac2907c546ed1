/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal.h"

#include "bytes.h"
#include "mem.h"
#include "text.h"
#include "utf8.h"

#define BEFORE_LINE 3 /* bytes: its class, and its length in 16 bits */

void journal_open(struct journal *journal, char *at, size_t room)
{
	*journal = (struct journal){.at = at, .room = room, .full_from = N_KEPT};
}

static enum kept class_of(const char *record)
{
	return (enum kept)record[0];
}

static size_t length_of(const char *record)
{
	return (size_t)load_le((const uint8_t *)record + 1, 2);
}

/* Removes the lines of the classes whose bit is set in @classes; returns how many. */
static size_t take_out(struct journal *journal, unsigned int classes)
{
	size_t to = 0, n = 0, size;

	for (size_t from = 0; from < journal->used; from += size) {
		const char *record = journal->at + from;

		size = BEFORE_LINE + length_of(record);
		if ((classes >> class_of(record) & 1) != 0) {
			n++;
			continue;
		}
		if (to != from)
			memmove(journal->at + to, record, size);
		to += size;
	}
	journal->used = to;
	for (unsigned int c = 0; c < N_KEPT; c++)
		if ((classes >> c & 1) != 0)
			journal->bytes[c] = 0;
	return n;
}

/* False when there is no room for @size bytes even without all lines that matter less. */
static bool make_room(struct journal *journal, enum kept kept, size_t size)
{
	if (size > journal->room)
		return false;
	while (size > journal->room - journal->used) {
		enum kept least = (enum kept)(N_KEPT - 1);

		while (least > kept && journal->bytes[least] == 0)
			least = (enum kept)(least - 1);
		if (least <= kept)
			return false;
		journal->left_out[least] += take_out(journal, 1u << least);
		journal->full_from = least;
	}
	return true;
}

/* True only when all eight bytes are from ' ' to '~'; it may miss some that are. */
static bool are_plain(uint64_t eight)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	return (((eight - 0x20 * ones) | (eight + ones) | eight) & 0x80 * ones) == 0;
}

/* A log is nearly all ASCII, and every line passes here. */
static void clean(char *line, size_t length)
{
	for (size_t i = 0, size; i < length; i += size) {
		uint32_t code = 0;

		size = sizeof(uint64_t);
		if (length - i >= size && are_plain(load_le((const uint8_t *)line + i, sizeof(uint64_t))))
			continue;
		size = utf8_next(line + i, length - i, &code);
		if (size != 0 && utf8_is_shown(code))
			continue;
		size = size == 0 ? 1 : size;
		memset(line + i, '?', size);
	}
}

void journal_add(struct journal *journal, enum kept kept, const char *line, size_t length)
{
	char *record;

	if (kept >= journal->full_from || length > UINT16_MAX || !make_room(journal, kept, BEFORE_LINE + length)) {
		journal->left_out[kept]++;
		if (kept < journal->full_from)
			journal->full_from = kept;
		return;
	}
	record = journal->at + journal->used;
	record[0] = (char)kept;
	store_le((uint8_t *)record + 1, 2, length);
	memcpy(record + BEFORE_LINE, line, length);
	clean(record + BEFORE_LINE, length);
	journal->used += BEFORE_LINE + length;
	journal->bytes[kept] += length + 1;
}

void journal_begin(struct journal *journal)
{
	unsigned int of_a_plan = 0;

	for (unsigned int c = 0; c < N_KEPT; c++)
		if (c != KEPT_SAID) {
			of_a_plan |= journal->bytes[c] != 0 ? 1u << c : 0;
			journal->left_out[c] = 0;
		}
	if (of_a_plan != 0)
		(void)take_out(journal, of_a_plan);
	journal->full_from = N_KEPT;
}

static size_t left_out(const struct journal *journal)
{
	size_t n = 0;

	for (unsigned int c = 0; c < N_KEPT; c++)
		n += journal->left_out[c];
	return n;
}

/* What each class may use of @room; in what is left over there is always room for the last sentence. */
static void share(const struct journal *journal, size_t room, size_t allowed[N_KEPT])
{
	size_t all = 0;

	for (unsigned int c = 0; c < N_KEPT; c++)
		all += journal->bytes[c];
	if (left_out(journal) != 0 || all > room)
		room -= JOURNAL_LEAST;
	for (unsigned int c = 0; c < N_KEPT; c++) {
		allowed[c] = journal->bytes[c] < room ? journal->bytes[c] : room;
		/* A class that is cut leaves nothing to those behind it. */
		room = allowed[c] < journal->bytes[c] ? 0 : room - allowed[c];
	}
}

size_t journal_text(const struct journal *journal, char *out, size_t room)
{
	size_t allowed[N_KEPT], used = 0, n_left_out = left_out(journal), length;

	share(journal, room, allowed);
	for (size_t from = 0; from < journal->used; from += BEFORE_LINE + length) {
		const char *record = journal->at + from;
		size_t *left = &allowed[class_of(record)];

		length = length_of(record);
		if (length + 1 > *left) {
			*left = 0;
			n_left_out++;
			continue;
		}
		memcpy(out + used, record + BEFORE_LINE, length);
		used += length;
		out[used++] = '\n';
		*left -= length + 1;
	}
	if (n_left_out != 0) {
		struct text text = {out + used, room - used, 0};

		text_add(&text, "berth: %zu lines are left out for want of room\n", n_left_out);
		used += text.used;
	}
	return used;
}
