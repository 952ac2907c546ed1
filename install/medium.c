/* SPDX-License-Identifier: BSD-2-Clause */
#include "medium.h"

#include "shell.h"

static void add_path(struct text *text, const char *path)
{
	for (; *path != '\0'; path++)
		text_add(text, "%c", *path == '\\' ? '/' : *path);
}

void medium_shown(const struct medium *medium, const char *path, char out[MEDIUM_PATH])
{
	struct text text = {out, MEDIUM_PATH, 0};

	text_add(&text, "%s", medium->image != NULL ? "" : medium->name);
	add_path(&text, path);
}

void medium_undo(const struct medium *medium, bool is_folder, const char *path, char *out, size_t room)
{
	char word[2 * MEDIUM_PATH];
	struct text text = TEXT(word), line = {out, room, 0};

	text_add(&line, "%s", is_folder ? medium->rmdir : medium->rm);
	if (medium->where[0] != '\0')
		shell_word(&line, medium->where);
	text_add(&text, "%s", medium->prefix);
	add_path(&text, path);
	shell_word(&line, word);
}
