/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of a console or log as they were printed, whatever terminals, mail and pages made of them. */
#include "logtext.h"

#include <string.h>

#define ESCAPE 0x1b
#define BELL   0x07

/* ---- lines ---- */

void log_lines_open(struct log_lines *lines, struct bytes text)
{
	lines->at = text.at;
	lines->end = text.at + text.size;
	if (text.size >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0) /* UTF-8's byte order mark */
		lines->at += 3;
	lines->number = 1;
	lines->newline = false;
}

/* ECMA-48, 5.4: "ESC [", bytes 0x20 to 0x3f, and a last one from 0x40. Any other byte is not part of the sequence. */
static bool skip_control_sequence(struct log_lines *lines)
{
	while (lines->at < lines->end && *lines->at >= 0x20 && *lines->at <= 0x3f)
		lines->at++;
	if (lines->at == lines->end || *lines->at < 0x40 || *lines->at > 0x7e)
		return false;
	lines->at++;
	return lines->at[-1] == 'H' || lines->at[-1] == 'f'; /* cursor position */
}

/* A title and the like, "ESC ] ... BEL" or "... ESC \": never past the end of its line. */
static void skip_string(struct log_lines *lines)
{
	while (lines->at < lines->end && *lines->at != BELL && *lines->at != ESCAPE && *lines->at != '\n')
		lines->at++;
	if (lines->at < lines->end && *lines->at == BELL)
		lines->at++;
}

/* True when the sequence moved the cursor. */
static bool skip_escape(struct log_lines *lines)
{
	if (lines->at == lines->end)
		return false;
	if (*lines->at == '[') {
		lines->at++;
		return skip_control_sequence(lines);
	}
	if (*lines->at == ']') {
		lines->at++;
		skip_string(lines);
		return false;
	}
	while (lines->at < lines->end && *lines->at >= 0x20 && *lines->at <= 0x2f)
		lines->at++;
	if (lines->at < lines->end && *lines->at >= 0x30 && *lines->at <= 0x7e)
		lines->at++;
	return false;
}

static void put(struct log_lines *lines, uint8_t c)
{
	if ((c < 0x20 && c != '\t') || c == 0x7f)
		return;
	if (c == 0xa0 && lines->length > 0 && lines->line[lines->length - 1] == '\xc2') {
		lines->line[lines->length - 1] = ' '; /* UTF-8's no-break space, which browsers copy */
		return;
	}
	if (lines->length + 1 < LINE_ROOM)
		lines->line[lines->length++] = (char)c;
	else
		lines->cut = true;
}

static void drop_blanks(struct log_lines *lines)
{
	while (lines->length > 0 && strchr(" \t", lines->line[lines->length - 1]) != NULL)
		lines->length--;
	lines->line[lines->length] = '\0';
}

static bool drop_end(struct log_lines *lines, const char *end)
{
	size_t length = strlen(end);

	if (lines->length < length || memcmp(lines->line + lines->length - length, end, length) != 0)
		return false;
	lines->length -= length;
	drop_blanks(lines);
	return true;
}

/*
 * RFC 2045, 6.7: quoted-printable mail breaks a line behind a "=", or has "=0A" where the line ends. Several "=" are
 * the rule below a heading.
 */
static bool goes_on(struct log_lines *lines)
{
	if (lines->length < 2 || lines->line[lines->length - 1] != '=' || drop_end(lines, "=0A=") ||
	    lines->line[lines->length - 2] == '=')
		return false;
	lines->length--;
	if (lines->at[-1] == '\r' && lines->at < lines->end && *lines->at == '\n')
		lines->at++;
	lines->number++;
	lines->newline = false;
	return true;
}

static bool has(const struct log_lines *lines, char c)
{
	return memchr(lines->line, c, lines->length) != NULL;
}

static void replace(struct log_lines *lines, const char *what, const char *with)
{
	size_t length = strlen(what);
	char *at = lines->line;

	while ((at = strstr(at, what)) != NULL) {
		*at++ = *with;
		memmove(at, at + length - 1, strlen(at + length - 1) + 1);
		lines->length -= length - 1;
	}
}

/* The length of a web page's tag that begins at @at: "<p>", "</td>", "<td class=...>"; 0 when none does. */
static size_t tag_length(const char *at)
{
	static const char *const names[] = {"p", "br", "td", "tr", "li", "pre", "div", "code", "span", NULL};
	const char *name = at + 1 + (at[0] == '<' && at[1] == '/');
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz");
	const char *end = strchr(at, '>');

	for (size_t i = 0; *at == '<' && end != NULL && names[i] != NULL; i++)
		if (strlen(names[i]) == length && strncmp(name, names[i], length) == 0)
			return (size_t)(end + 1 - at);
	return 0;
}

static void drop_tags(struct log_lines *lines)
{
	size_t length;
	char *last;

	while ((length = tag_length(lines->line)) != 0) {
		lines->length -= length;
		memmove(lines->line, lines->line + length, lines->length + 1);
	}
	while ((last = strrchr(lines->line, '<')) != NULL && tag_length(last) == strlen(last)) {
		lines->length = (size_t)(last - lines->line);
		drop_blanks(lines);
	}
}

/* A mark that stands on both ends: a row of a table, quoted text, code. Pieces of "[TYPE|  |WB|" have no digits. */
static void drop_pair(struct log_lines *lines)
{
	char *first = lines->line + strspn(lines->line, " \t");

	if (lines->length < 2 || first + 1 >= lines->line + lines->length || strchr("|`\"", *first) == NULL ||
	    strncmp(first, "```", 3) == 0 || strpbrk(first, "0123456789") == NULL ||
	    !drop_end(lines, (char[]){*first, '\0'}))
		return;
	*first = ' ';
}

/* Undoes what mail, pages and patches ("+") do to a line. */
static void tidy(struct log_lines *lines)
{
	drop_blanks(lines);
	if (has(lines, '=')) {
		(void)drop_end(lines, "=20");
		replace(lines, "=3D", "=");
	}
	if (has(lines, '&')) {
		replace(lines, "&nbsp;", " ");
		replace(lines, "&lt;", "<");
		replace(lines, "&gt;", ">");
	}
	if (has(lines, '<'))
		drop_tags(lines);
	drop_pair(lines);
	if (lines->line[0] == '+')
		lines->line[0] = ' ';
	drop_blanks(lines);
}

bool log_lines_next(struct log_lines *lines)
{
	lines->length = 0;
	lines->cut = false;
	lines->number += lines->newline;
	lines->newline = false;
	if (lines->at == lines->end)
		return false;
	while (lines->at < lines->end) {
		uint8_t c = *lines->at++;

		lines->newline = c == '\n';
		if ((c == '\n' || c == '\r') && goes_on(lines))
			continue;
		if (c == '\n' || c == '\r' || (c == ESCAPE && skip_escape(lines)))
			break;
		if (c != ESCAPE)
			put(lines, c);
	}
	lines->line[lines->length] = '\0';
	tidy(lines);
	return true;
}

bool log_lines_join(struct log_lines *lines, const char *between)
{
	struct log_lines next = *lines;
	const char *rest;
	size_t length;

	if (!log_lines_next(&next))
		return false;
	rest = next.line + strspn(next.line, "> \t");
	length = strlen(rest);
	if (length == 0 || lines->length + 1 + length >= LINE_ROOM)
		return false;
	if (*between != '\0')
		lines->line[lines->length++] = *between;
	memcpy(lines->line + lines->length, rest, length + 1);
	lines->length += length;
	lines->at = next.at;
	lines->number = next.number;
	lines->newline = next.newline;
	return true;
}

/* Without a byte order mark: a few characters are enough, as a text has no zeros at all. */
static bool is_unmarked_utf16(const uint8_t *at, size_t size)
{
	for (size_t i = 0; i < 8 && size >= 8; i++)
		if ((at[i] == 0) != (i % 2 == 1))
			return false;
	return size >= 8;
}

void text_from_utf16(uint8_t *at, size_t *size)
{
	bool big = *size >= 2 && at[0] == 0xfe && at[1] == 0xff;
	bool little = *size >= 2 && ((at[0] == 0xff && at[1] == 0xfe) || is_unmarked_utf16(at, *size));
	size_t count = *size / 2;

	if (!big && !little)
		return;
	for (size_t i = 0; i < count; i++) {
		uint8_t low = at[2 * i + big], high = at[2 * i + little];

		at[i] = high == 0 && low < 0x80 ? low : '?';
	}
	if (at[0] == '?') /* the byte order mark */
		at[0] = '\r';
	*size = count;
}

void skip_attributes(struct bytes *text)
{
	if (text->size >= 4 && text->at[0] != 0 && text->at[1] == 0 && text->at[2] == 0 && text->at[3] == 0)
		*text = (struct bytes){text->at + 4, text->size - 4};
}
