/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parsers in here share: kinds of ASCII characters, and the front of a word. */
#ifndef BERTH_SCAN_H
#define BERTH_SCAN_H

#include "entry.h"

/* Bytes of longer UTF-8 characters are neither digits nor letters. */
static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Between the words of a line, as systemd-boot has them. */
static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* NUL when the word is empty. */
static inline char first(struct word w)
{
	return w.length == 0 ? '\0' : w.at[0];
}

/* @n: at most the length. */
static inline void skip(struct word *w, size_t n)
{
	if (n == 0) /* an empty word may be nowhere */
		return;
	w->at += n;
	w->length -= n;
}

/* ---- words.c ---- */

/* The value of a digit; 16, not a digit in any base, for anything else. */
unsigned int digit_value(char c);

/* ---- bls.c ---- */

/* The id, and whether there are tries left, from a file's name with this ending. */
void set_id(struct entry *entry, const char *file_name, const char *ending);

#endif
