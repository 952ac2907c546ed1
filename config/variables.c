/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fedora's tuned leaves `$tuned_initrd` and `$tuned_params` behind `initrd` and `options`, which GRUB expands. No file
 * and no parameter of a kernel has such a name; `memmap=1G$1G` is no such word.
 */
#include "lines.h"
#include "scan.h"

static bool is_name(struct word word)
{
	if (word.length == 0 || is_digit(first(word)))
		return false;
	for (size_t i = 0; i < word.length; i++)
		if (!is_letter(word.at[i]) && !is_digit(word.at[i]) && word.at[i] != '_')
			return false;
	return true;
}

/* `$name` or `${name}`. */
static bool is_variable(struct word word)
{
	if (first(word) != '$')
		return false;
	skip(&word, 1);
	if (word.length > 2 && first(word) == '{' && word.at[word.length - 1] == '}')
		word = (struct word){word.at + 1, word.length - 2};
	return is_name(word);
}

bool variable_next(struct word text, size_t *at, struct word *variable)
{
	bool quoted = false, starts = true;

	for (; *at < text.length; (*at)++) {
		struct word word = {text.at + *at, 0};

		while (starts && word.length < text.length - *at && !is_blank(word.at[word.length]))
			word.length++;
		if (!quoted && is_variable(word)) {
			*variable = word;
			*at += word.length;
			return true;
		}
		quoted = quoted != (text.at[*at] == '"');
		starts = is_blank(text.at[*at]);
	}
	return false;
}
