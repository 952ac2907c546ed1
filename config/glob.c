/* SPDX-License-Identifier: BSD-2-Clause */
/* glob(7) over entry ids, which loader.conf(5) uses in "default"; and the "!" of a class, which it leaves out. */
#include "scan.h"

/*
 * Matches @c, a small letter if a letter, against a class that starts behind its "[". Returns the length with the "]",
 * 0 when there is none. glob(7): a "]" that comes first is a member.
 */
static size_t match_class(struct word class, char c, bool *matched)
{
	bool negate = first(class) == '!' || first(class) == '^', found = false;
	size_t start = negate ? 1 : 0, at = start;

	for (; at < class.length && (at == start || class.at[at] != ']'); at++) {
		unsigned char low = (unsigned char)ascii_lower(class.at[at]), high = low;

		if (class.length - at > 2 && class.at[at + 1] == '-' && class.at[at + 2] != ']') {
			high = (unsigned char)ascii_lower(class.at[at + 2]);
			at += 2;
		}
		found = found || (low <= (unsigned char)c && (unsigned char)c <= high);
	}
	*matched = found != negate;
	return at < class.length ? at + 1 : 0;
}

/* Matches one character against the front of @pattern, which is not empty; *used: how much of the pattern that took. */
static bool match_one(struct word pattern, char c, size_t *used)
{
	*used = 1;
	c = ascii_lower(c);
	if (first(pattern) == '?')
		return true;
	if (first(pattern) == '[') {
		bool matched;
		size_t length;

		skip(&pattern, 1);
		length = match_class(pattern, c, &matched);
		*used = length + 1;
		return length != 0 ? matched : c == '['; /* glob(7): without a "]" it is an ordinary character */
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
		if (first(pattern) == '*') {
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
