/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of the menu, and which entry is meant. Sources: UAPI.1 "Sorting", UAPI.10 "Version Format". */
#include "entry.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static char first(struct word w)
{
	return w.length == 0 ? '\0' : w.at[0];
}

static void skip(struct word *w, size_t n)
{
	w->at += n;
	w->length -= n;
}

/* Takes the run of characters that @is accepts off the front of @w. */
static struct word take(struct word *w, bool (*is)(char))
{
	struct word run = {w->at, 0};

	while (run.length < w->length && is(w->at[run.length]))
		run.length++;
	skip(w, run.length);
	return run;
}

static int compare_bytes(struct word a, struct word b)
{
	for (size_t i = 0; i < a.length && i < b.length; i++)
		if (a.at[i] != b.at[i])
			return (unsigned char)a.at[i] < (unsigned char)b.at[i] ? -1 : 1;
	return a.length == b.length ? 0 : a.length < b.length ? -1 : 1;
}

static int compare_numbers(struct word a, struct word b)
{
	while (first(a) == '0')
		skip(&a, 1);
	while (first(b) == '0')
		skip(&b, 1);
	if (a.length != b.length)
		return a.length < b.length ? -1 : 1;
	return compare_bytes(a, b);
}

static bool is_separator(char c)
{
	return !is_digit(c) && !is_alpha(c) && c != '~' && c != '-' && c != '^' && c != '.';
}

/*
 * UAPI.10: one of these at the front of both is skipped; at the front of one alone it decides. In the order in which
 * they are looked at: "~" is a pre-release, older than the end; "-", "^" and "." follow, newer than the end.
 */
static bool decide_by_mark(struct word *a, struct word *b, int *result)
{
	static const char mark[] = "-^.";

	if (first(*a) == '~' || first(*b) == '~') {
		*result = first(*a) == first(*b) ? 0 : first(*a) == '~' ? -1 : 1;
		return true;
	}
	if (a->length == 0 || b->length == 0) {
		*result = a->length == b->length ? 0 : a->length < b->length ? -1 : 1;
		return true;
	}
	for (size_t i = 0; mark[i] != '\0'; i++)
		if (first(*a) == mark[i] || first(*b) == mark[i]) {
			*result = first(*a) == first(*b) ? 0 : first(*a) == mark[i] ? -1 : 1;
			return true;
		}
	return false;
}

int version_compare(struct word a, struct word b)
{
	for (;;) {
		int result;

		(void)take(&a, is_separator);
		(void)take(&b, is_separator);
		if (decide_by_mark(&a, &b, &result)) {
			if (result != 0 || a.length == 0)
				return result;
			skip(&a, 1);
			skip(&b, 1);
			continue;
		}
		if (is_digit(first(a)) || is_digit(first(b)))
			result = compare_numbers(take(&a, is_digit), take(&b, is_digit));
		else
			result = compare_bytes(take(&a, is_alpha), take(&b, is_alpha));
		if (result != 0)
			return result;
	}
}

/* UAPI.1, "Sorting": negative when @a stands before @b in the menu. */
static int entry_compare(const struct entry *a, const struct entry *b)
{
	bool a_key = a->sort_key.length != 0, b_key = b->sort_key.length != 0;
	int result;

	if (a->tries_exhausted != b->tries_exhausted)
		return a->tries_exhausted ? 1 : -1;
	if (a_key != b_key)
		return a_key ? -1 : 1;
	if (a_key) {
		result = compare_bytes(a->sort_key, b->sort_key);
		if (result == 0)
			result = compare_bytes(a->machine_id, b->machine_id);
		if (result == 0)
			result = -version_compare(a->version, b->version);
		if (result != 0)
			return result;
	}
	return -version_compare(word_of(a->id), word_of(b->id));
}

void entries_sort(struct entry **entries, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct entry *moving = entries[i];
		size_t at = i;

		for (; at > 0 && entry_compare(moving, entries[at - 1]) < 0; at--)
			entries[at] = entries[at - 1];
		entries[at] = moving;
	}
}

/* Matches one character against a class that starts behind its "["; returns its length, 0 when it is not closed. */
static size_t match_class(struct word pattern, char c, bool *matched)
{
	bool negate = first(pattern) == '!' || first(pattern) == '^', found = false;
	size_t at = negate ? 1 : 0;

	for (size_t start = at; at < pattern.length && (at == start || pattern.at[at] != ']'); at++) {
		char low = ascii_lower(pattern.at[at]), high = low;

		if (at + 2 < pattern.length && pattern.at[at + 1] == '-' && pattern.at[at + 2] != ']') {
			high = ascii_lower(pattern.at[at + 2]);
			at += 2;
		}
		found = found || (low <= c && c <= high);
	}
	*matched = found != negate;
	return at < pattern.length ? at + 1 : 0;
}

/* Matches one character of text against the front of @pattern; *used tells how much of the pattern that took. */
static bool match_one(struct word pattern, char c, size_t *used)
{
	bool matched;
	size_t length;

	*used = 1;
	c = ascii_lower(c);
	if (first(pattern) == '?')
		return true;
	if (first(pattern) == '[') {
		skip(&pattern, 1);
		length = match_class(pattern, c, &matched);
		*used = length + 1;
		return length != 0 ? matched : c == '[';
	}
	if (first(pattern) == '\\' && pattern.length > 1) {
		*used = 2;
		skip(&pattern, 1);
	}
	return ascii_lower(first(pattern)) == c;
}

bool glob_match(struct word pattern, const char *text)
{
	struct word after_star = {NULL, 0};
	const char *star_text = NULL;
	size_t used;

	/* Going back to the last star is enough: what an earlier one could match, the last can match as well. */
	while (*text != '\0') {
		if (first(pattern) == '*' && pattern.length != 0) {
			skip(&pattern, 1);
			after_star = pattern;
			star_text = text;
		} else if (pattern.length != 0 && match_one(pattern, *text, &used)) {
			skip(&pattern, used);
			text++;
		} else if (star_text != NULL) {
			pattern = after_star;
			text = ++star_text;
		} else {
			return false;
		}
	}
	while (first(pattern) == '*')
		skip(&pattern, 1);
	return pattern.length == 0;
}

size_t entries_default(struct entry *const *entries, size_t n, const struct loader_conf *conf)
{
	struct word pattern = conf->default_pattern;

	/* Written for a file name as well: "debian.conf" means the id "debian" (loader.conf(5) allows both). */
	if (pattern.length > 5 && word_is((struct word){pattern.at + pattern.length - 5, 5}, ".conf"))
		pattern.length -= 5;
	for (size_t i = 0; i < n && pattern.length != 0; i++)
		if (!entries[i]->broken && glob_match(pattern, entries[i]->id))
			return i;
	for (size_t i = 0; i < n; i++)
		if (!entries[i]->broken && !entries[i]->tries_exhausted)
			return i;
	for (size_t i = 0; i < n; i++)
		if (!entries[i]->broken)
			return i;
	return 0;
}

bool entries_named(struct entry *const *entries, size_t n, struct word name, size_t *index)
{
	if (name.length > 5 && word_is_ascii_case((struct word){name.at + name.length - 5, 5}, ".conf"))
		name.length -= 5;
	for (size_t i = 0; i < n; i++)
		if (word_is_ascii_case(name, entries[i]->id)) {
			*index = i;
			return true;
		}
	return false;
}
