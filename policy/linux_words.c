/* SPDX-License-Identifier: BSD-2-Clause */
#include "linux_words.h"

#include "../protocol/command_line.h"

bool linux_words_randomise(const struct image *image, const char *command_line)
{
	return image->has_table && !command_line_has(command_line, "nokaslr");
}

/* Linux arch/x86/boot/compressed/pgtable_64.c, paging_prepare: no5lvl, and what the CPU has. */
bool linux_words_five_levels(const struct cpu *cpu, const struct image *image, const char *command_line)
{
	if (!image->takes_five_levels || image->entered_in_32_bits || command_line_has(command_line, "no5lvl"))
		return false;
	return cpu->five_levels || (cpu->has_la57 && image->keeps_levels);
}

bool linux_words_may_move(const struct image *image, const char *command_line)
{
	return image->moves_itself && !command_line_has(command_line, "nokaslr");
}

enum status linux_words_keep_in_place(const struct entry *entry, char *line, size_t room, bool *added, struct fail *why)
{
	static const char word[] = "nokaslr ";
	const size_t size = sizeof(word) - 1;
	size_t end = 0, at;

	*added = (entry->wish.policy == PLACE_EXACT || entry->wish.policy == PLACE_WITHIN) &&
		 !command_line_has(line, "nokaslr");
	if (!*added)
		return OK;
	while (line[end] != '\0')
		end++;
	if (room - end <= size)
		return fail_by(why, BAD_INPUT, X9,
			       "the command line is too long to add nokaslr for an exact place or a window");
	at = command_line_options_end(line);
	if (at == end) { /* at the end: the space goes before it */
		if (end != 0)
			line[end++] = ' ';
		for (size_t i = 0; i + 1 < size; i++)
			line[end++] = word[i];
		line[end] = '\0';
		return OK;
	}
	for (size_t i = end + 1; i > at; i--)
		line[i - 1 + size] = line[i - 1];
	for (size_t i = 0; i < size; i++)
		line[at + i] = word[i];
	return OK;
}

/*
 * Linux arch/x86/boot/compressed/kaslr.c, choose_random_location: it looks upwards from where it lies, and a 32-bit
 * kernel only up to 512 MiB (rule X11). At the top it would have nothing to choose from.
 */
bool linux_words_move_up(const struct image *image, const char *command_line)
{
	return image->entered_in_32_bits && linux_words_may_move(image, command_line);
}
