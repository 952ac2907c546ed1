/* SPDX-License-Identifier: BSD-2-Clause */
#include "dropins.h"

#include "lines.h"

bool dropin_is_named(const char *file_name)
{
	struct word name = word_of(file_name);

	return file_name[0] != '.' && word_without_conf(name).length != name.length;
}

size_t dropin_place(const char *const *names, size_t n, const char *name)
{
	while (n > 0 && word_compare(word_of(names[n - 1]), word_of(name)) > 0)
		n--;
	return n;
}

enum status dropin_append(char *line, size_t room, size_t *used, const char *file_name, struct word text,
			  struct fail *why)
{
	unsigned int nul = lines_nul(text.at, text.length);
	struct lines lines;
	struct word whole;
	size_t end = *used;

	if (nul != 0)
		return fail(why, BAD_INPUT, "%s line %u: a NUL byte: this is not UTF-8 text", file_name, nul);
	lines_open(&lines, text.at, text.length);
	while (lines_next_whole(&lines, &whole)) {
		size_t space = end != 0 ? 1 : 0;

		if (space + whole.length + 1 > room - end) {
			line[*used] = '\0';
			return fail(why, BAD_INPUT, "%s line %u: the options of all drop-ins have more than %zu bytes",
				    file_name, lines.number, room - 1);
		}
		if (space != 0)
			line[end++] = ' ';
		for (size_t i = 0; i < whole.length; i++)
			line[end++] = whole.at[i];
	}
	line[end] = '\0';
	*used = end;
	return OK;
}
