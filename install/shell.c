/* SPDX-License-Identifier: BSD-2-Clause */
#include "shell.h"

/* Whether a shell takes it as it stands. */
static bool is_plain(const char *word)
{
	for (; *word != '\0'; word++)
		if (!(*word >= 'a' && *word <= 'z') && !(*word >= 'A' && *word <= 'Z') &&
		    !(*word >= '0' && *word <= '9') && *word != '/' && *word != '.' && *word != '-' && *word != '_' &&
		    *word != '+' && *word != ':' && *word != '@')
			return false;
	return true;
}

void shell_word(struct text *line, const char *word)
{
	if (is_plain(word)) {
		text_add(line, " %s", word);
		return;
	}
	text_add(line, " '");
	for (; *word != '\0'; word++)
		text_add(line, "%s%c", *word == '\'' ? "'\\'" : "", *word);
	text_add(line, "'");
}
