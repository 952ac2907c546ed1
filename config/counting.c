/* SPDX-License-Identifier: BSD-2-Clause */
#include "counting.h"
#include "scan.h"

static size_t count_digits(struct word word, size_t from)
{
	size_t n = 0;

	while (from + n < word.length && is_digit(word.at[from + n]))
		n++;
	return n;
}

static bool is_all(const char *digit, size_t n, char wanted)
{
	for (size_t i = 0; i < n; i++)
		if (digit[i] != wanted)
			return false;
	return true;
}

struct counters counters_of(struct word stem)
{
	const struct counters none = {.id = stem.length};
	struct counters c = none;
	size_t end;

	while (c.id > 0 && stem.at[c.id - 1] != '+')
		c.id--;
	if (c.id < 2) /* no plus, or no id before it */
		return none;
	c.left = count_digits(stem, c.id);
	c.exhausted = is_all(stem.at + c.id, c.left, '0');
	end = c.id + c.left;
	c.id--;
	if (end < stem.length && stem.at[end] == '-') {
		c.done = count_digits(stem, end + 1);
		if (c.done == 0)
			return none;
		end += 1 + c.done;
	}
	return c.left == 0 || end != stem.length ? none : c;
}

/* A name without the suffix of an entry of type #1 or #2. */
static struct word stem_of(struct word name)
{
	struct word stem = word_without(name, ".conf");

	return stem.length != name.length ? stem : word_without(name, ".efi");
}

/* A damaged file system may tell of such a name, and a new one like it would be that of another folder. */
static bool has_slash(struct word name)
{
	for (size_t i = 0; i < name.length; i++)
		if (name.at[i] == '\\' || name.at[i] == '/')
			return true;
	return false;
}

/* Counts up or down by one; nothing when all digits are @end already. A digit that passes @end becomes @start. */
static void step(char *digit, size_t n, char start, char end, int by)
{
	if (is_all(digit, n, end))
		return;
	while (digit[n - 1] == end)
		digit[--n] = start;
	digit[n - 1] = (char)(digit[n - 1] + by);
}

enum counting counting_next(const char *file_name, char out[MAX_ENTRY_ID])
{
	struct word name = word_of(file_name), stem = stem_of(name);
	struct counters c = counters_of(stem);
	struct text text = {out, MAX_ENTRY_ID, 0};

	out[0] = '\0';
	if (c.left == 0 || stem.length == name.length || has_slash(name))
		return COUNTING_OFF;
	if (name.length + (c.done == 0 ? 2 : 0) >= MAX_ENTRY_ID)
		return COUNTING_LONG;
	text_add(&text, "%.*s%s%s", WORD(stem), c.done == 0 ? "-1" : "", file_name + stem.length);
	step(out + c.id + 1, c.left, '9', '0', -1);
	if (c.done != 0)
		step(out + c.id + 1 + c.left + 1, c.done, '0', '9', 1);
	return word_is(name, out) ? COUNTING_SAME : COUNTING_NEW;
}

int counting_compare(const char *a, const char *b)
{
	struct counters ca = counters_of(stem_of(word_of(a))), cb = counters_of(stem_of(word_of(b)));
	int result;

	if (ca.left == 0 || cb.left == 0)
		return 0;
	result = word_compare_digits((struct word){b + cb.id + 1, cb.left}, (struct word){a + ca.id + 1, ca.left});
	if (result != 0)
		return result;
	/* Without a second counter none is done; what stands there then is not read. */
	return word_compare_digits((struct word){a + ca.id + 1 + ca.left + 1, ca.done},
				   (struct word){b + cb.id + 1 + cb.left + 1, cb.done});
}
