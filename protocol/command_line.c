/* SPDX-License-Identifier: BSD-2-Clause */
#include "command_line.h"

#include "command_line_words.h"

/* ---- words ---- */

bool command_line_has(const char *line, const char *word)
{
	for (;;) {
		size_t length = 0, same = 0;

		while (*line != '\0' && (unsigned char)*line <= ' ')
			line++;
		if (*line == '\0')
			return false;
		while ((unsigned char)line[length] > ' ')
			length++;
		while (same < length && word[same] != '\0' && line[same] == word[same])
			same++;
		if (same == length && word[same] == '\0')
			return true;
		line += length;
	}
}

bool command_line_has_letters(const char *line, const char *letters)
{
	for (; *line != '\0'; line++) {
		size_t n = 0;

		while (letters[n] != '\0' && line[n] == letters[n])
			n++;
		if (letters[n] == '\0')
			return true;
	}
	return false;
}

bool command_line_lists(const char *line, const char *name, const char *item)
{
	bool listed = false;
	struct parameter p;

	while (next_option(&line, &p)) {
		if (!p.has_value || !is_piece(p.name, name))
			continue;
		for (listed = false; p.value.length != 0;)
			listed |= is_piece(next_of_list(&p.value), item);
	}
	return listed;
}

size_t command_line_options_end(const char *line)
{
	const char *at = line;
	struct parameter p;

	while (next_parameter(&at, &p))
		if (is_end_of_options(&p))
			return (size_t)(p.start - line);
	return (size_t)(at - line);
}

enum status command_line_check_length(const char *line, size_t most, const char *name, const char *by, struct fail *why)
{
	size_t length = 0;

	while (line[length] != '\0')
		length++;
	if (length <= most)
		return OK;
	return fail_by(why, BAD_INPUT, X7,
		       "%s: the command line has %zu bytes; this kernel takes at most %zu (%s)\n"
		       "  try: fewer or shorter `options` in the entry",
		       name, length, most, by);
}

/* ---- mem= ---- */

static void keep_smallest(uint64_t size, uint64_t *limit, bool *found)
{
	if (!*found || size < *limit)
		*limit = size;
	*found = true;
}

bool command_line_mem(const char *line, uint64_t *limit)
{
	bool found = false;
	struct parameter p;

	while (next_option(&line, &p)) {
		uint64_t size = p.has_value && is_piece(p.name, "mem") ? piece_size(&p.value) : 0;

		if (size != 0) /* parse_memopt: else it is a word, such as nopentium, or nonsense */
			keep_smallest(size, limit, &found);
	}
	return found;
}

bool command_line_amount(const char *line, bool least, uint64_t *amount)
{
	bool found = false;
	struct parameter p;

	while (next_option(&line, &p)) {
		if (!p.has_value || !is_piece(p.name, "mem"))
			continue;
		if (!least)
			found = false;
		keep_smallest(align_down(piece_size(&p.value), EFI_PAGE), amount, &found);
	}
	/* Where the smallest counts, 0 is no limit: mm/memblock.c, memblock_enforce_memory_limit. */
	return found && (!least || *amount != 0);
}
