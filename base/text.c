/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include "mem.h"
#include "range.h"

struct conversion {
	bool left, zero, alternate;
	unsigned int width, precision;
	bool has_precision;
	unsigned int longs; /* 0: int, 1: long or size_t, 2: long long */
};

static void put(struct text *text, char c)
{
	if (text->used + 1 < text->size) {
		text->at[text->used] = c;
		text->at[text->used + 1] = '\0';
	}
	text->used++;
}

/* Many at once: a line of a log is mostly words. */
static void put_all(struct text *text, const char *from, size_t n)
{
	size_t room = text->used + 1 < text->size ? text->size - text->used - 1 : 0;
	size_t fits = n < room ? n : room;

	if (fits != 0) {
		memcpy(text->at + text->used, from, fits);
		text->at[text->used + fits] = '\0';
	}
	text->used += n;
}

static void put_padded(struct text *text, const struct conversion *c, const char *body, size_t length)
{
	size_t pad = c->width > length ? c->width - length : 0;

	for (; pad > 0 && !c->left; pad--)
		put(text, c->zero ? '0' : ' ');
	put_all(text, body, length);
	for (; pad > 0; pad--)
		put(text, ' ');
}

static void put_number(struct text *text, struct conversion *c, uint64_t value, unsigned int base, bool negative)
{
	char body[28]; /* 20 digits at most, and "-" or "0x" */
	size_t at = sizeof(body), digits;
	bool prefix = c->alternate && base == 16;

	do {
		body[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	digits = sizeof(body) - at;
	if (c->zero && !c->left) { /* zeros stand between the sign and the digits */
		size_t taken = prefix ? 2 : negative ? 1 : 0;

		for (const char *p = negative ? "-" : prefix ? "0x" : ""; *p != '\0'; p++)
			put(text, *p);
		c->width = c->width > taken ? c->width - (unsigned int)taken : 0;
		put_padded(text, c, body + at, digits);
		return;
	}
	if (prefix) {
		body[--at] = 'x';
		body[--at] = '0';
	}
	if (negative)
		body[--at] = '-';
	put_padded(text, c, body + at, sizeof(body) - at);
}

static const char *parse_conversion(const char *f, struct conversion *c)
{
	for (;; f++) {
		if (*f == '-')
			c->left = true;
		else if (*f == '0')
			c->zero = true;
		else if (*f == '#')
			c->alternate = true;
		else
			break;
	}
	for (; *f >= '0' && *f <= '9'; f++)
		c->width = c->width * 10 + (unsigned int)(*f - '0');
	if (*f != '.')
		return f;
	c->has_precision = true;
	for (f++; *f >= '0' && *f <= '9'; f++)
		c->precision = c->precision * 10 + (unsigned int)(*f - '0');
	return f;
}

static void put_string(struct text *text, const struct conversion *c, const char *s)
{
	size_t length = 0;

	if (c->has_precision)
		while (length < c->precision && s[length] != '\0')
			length++;
	else
		while (s[length] != '\0')
			length++;
	put_padded(text, c, s, length);
}

/* A macro, because a va_list must not be passed on by value and then used again (C11, 7.16). */
#define NEXT(args, c, kind)                                                                                            \
	((c).longs == 0	  ? va_arg(args, kind int)                                                                     \
	 : (c).longs == 1 ? va_arg(args, kind long)                                                                    \
			  : va_arg(args, kind long long))

void text_vadd(struct text *text, const char *format, va_list args)
{
	if (text->used < text->size)
		text->at[text->used] = '\0';
	for (const char *f = format; *f != '\0'; f++) {
		struct conversion c = {0};
		size_t words = 0;

		while (f[words] != '\0' && f[words] != '%')
			words++;
		put_all(text, f, words);
		f += words;
		if (*f == '\0')
			return;
		f = parse_conversion(f + 1, &c);
		if (*f == '*') {
			c.precision = (unsigned int)va_arg(args, int);
			f++;
		}
		for (; *f == 'l' || *f == 'z'; f++)
			c.longs++;
		if (*f == 's') {
			put_string(text, &c, va_arg(args, const char *));
		} else if (*f == 'c') {
			put_padded(text, &c, (char[]){(char)va_arg(args, int)}, 1);
		} else if (*f == 'u') {
			put_number(text, &c, NEXT(args, c, unsigned), 10, false);
		} else if (*f == 'x') {
			put_number(text, &c, NEXT(args, c, unsigned), 16, false);
		} else if (*f == 'd') {
			long long value = NEXT(args, c, signed);
			uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

			put_number(text, &c, size, 10, value < 0);
		} else if (*f == '%') {
			put(text, '%');
		} else {
			return; /* the compiler's format check lets none of these through */
		}
	}
}

void text_add(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vadd(text, format, args);
	va_end(args);
}

bool text_is(struct bytes bytes, const char *text)
{
	size_t i = 0;

	while (i < bytes.size && bytes.at[i] == (uint8_t)text[i] && text[i] != '\0')
		i++;
	return i + 1 == bytes.size && bytes.at[i] == '\0' && text[i] == '\0';
}

struct size_words size_words(uint64_t bytes)
{
	static const char *const unit[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	struct size_words words;
	struct text text = TEXT(words.at);
	unsigned int n = 0;
	uint64_t tenths = 0;

	while (bytes >= 1024 && n < 6) {
		tenths = bytes % 1024 * 10 / 1024;
		bytes /= 1024;
		n++;
	}
	if (n == 0)
		text_add(&text, "%" PRIu64 " %s", bytes, unit[n]);
	else
		text_add(&text, "%" PRIu64 ".%" PRIu64 " %s", bytes, tenths, unit[n]);
	return words;
}
