/* SPDX-License-Identifier: BSD-2-Clause */
/* UAPI.10, "Version Comparison"; the numbers in comments are those of its steps. */
#include "scan.h"

/* Takes the run of characters that @is accepts off the front of @w. */
static struct word take(struct word *w, bool (*is)(char))
{
	struct word run = {w->at, 0};

	while (run.length < w->length && is(w->at[run.length]))
		run.length++;
	skip(w, run.length);
	return run;
}

/* 1: what has no meaning in a version only separates. */
static bool is_separator(char c)
{
	return !is_digit(c) && !is_letter(c) && c != '~' && c != '-' && c != '^' && c != '.';
}

/* 2, 4, 5, 6: a mark at the front of both is skipped; if only one has it, that one is the lower. */
static int compare_mark(struct word *a, struct word *b, char mark)
{
	bool a_has = first(*a) == mark, b_has = first(*b) == mark;

	if (a_has != b_has)
		return a_has ? -1 : 1;
	if (a_has) {
		skip(a, 1);
		skip(b, 1);
	}
	return 0;
}

/*
 * 7: as numbers of any length. None at all would be a 0 there; in systemd's code, and so in its tools, it is less than
 * any number (src/fundamental/string-util-fundamental.c, strverscmp_improved): "6.1.conf" stands behind "6.1.0.conf".
 */
static int compare_numbers(struct word a, struct word b)
{
	if (a.length == 0 || b.length == 0)
		return (a.length != 0) - (b.length != 0);
	return word_compare_digits(a, b);
}

/* 4 to 8: neither is at its end. */
static int compare_part(struct word *a, struct word *b)
{
	static const char mark[] = {'-', '^', '.'};

	for (size_t i = 0; i < sizeof(mark); i++) {
		int result = compare_mark(a, b, mark[i]);

		if (result != 0)
			return result;
	}
	if (is_digit(first(*a)) || is_digit(first(*b)))
		return compare_numbers(take(a, is_digit), take(b, is_digit));
	return word_compare(take(a, is_letter), take(b, is_letter));
}

int version_compare(struct word a, struct word b)
{
	for (;;) {
		int result;

		(void)take(&a, is_separator);
		(void)take(&b, is_separator);
		result = compare_mark(&a, &b, '~');
		if (result != 0)
			return result;
		if (a.length == 0 || b.length == 0) /* 3 */
			return (a.length != 0) - (b.length != 0);
		result = compare_part(&a, &b);
		if (result != 0)
			return result;
	}
}
