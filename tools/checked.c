/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of a volume's entries, and what is said of each: kept in lists, and given back. */
#define _GNU_SOURCE /* memmem */

#include "catalogue.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void checked_say(struct said *said, bool is_wrong, const char *format, ...)
{
	char sentence[1024];
	struct text text = TEXT(sentence);
	struct sentence *new;
	va_list args;

	va_start(args, format);
	text_vadd(&text, format, args);
	va_end(args);
	said->is_wrong = said->is_wrong || is_wrong;
	new = said->n < MOST_SAID ? malloc(sizeof(*new) + strlen(sentence) + 1) : NULL;
	if (new == NULL)
		return;
	new->next = NULL;
	memcpy(new->text, sentence, strlen(sentence) + 1);
	if (said->last != NULL)
		said->last->next = new;
	else
		said->first = new;
	said->last = new;
	said->n++;
}

struct checked *checked_new(struct checked_tree *tree, const char *name)
{
	struct checked *checked = calloc(1, sizeof(*checked));
	struct checked **end = &tree->first;

	if (checked == NULL || (checked->name = strdup(name)) == NULL) {
		free(checked);
		return NULL;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = checked;
	tree->n_all++;
	return checked;
}

bool said_has(const struct said *said, const char *text)
{
	size_t length = strcspn(text, "\n");

	for (const struct sentence *s = said->first; s != NULL; s = s->next)
		if (memmem(s->text, strlen(s->text), text, length) != NULL)
			return true;
	return false;
}

void said_free(struct said *said)
{
	while (said->first != NULL) {
		struct sentence *next = said->first->next;

		free(said->first);
		said->first = next;
	}
	said->last = NULL;
	said->n = 0;
}

void checked_free(struct checked_tree *tree)
{
	while (tree->first != NULL) {
		struct checked *next = tree->first->next;

		said_free(&tree->first->said);
		said_free(&tree->first->verdict.doubts);
		said_free(&tree->first->verdict.ways);
		free(tree->first->name);
		free(tree->first->text);
		free(tree->first->title);
		free(tree->first);
		tree->first = next;
	}
	said_free(&tree->said);
	free(tree->shown);
	free(tree->conf_text);
}
