/* SPDX-License-Identifier: BSD-2-Clause */
#include "trees.h"

static CHAR16 line[4096];
static size_t used;

void tell_start(const char *text)
{
	used = 0;
	tell(text);
}

static void put(CHAR16 unit)
{
	if (used + 3 < sizeof(line) / sizeof(line[0]))
		line[used++] = unit;
}

void tell(const char *text)
{
	while (*text != '\0')
		put((CHAR16)*text++);
}

void tell_wide(const CHAR16 *text, size_t units)
{
	for (size_t i = 0; i < units; i++)
		put(text[i] == 0 ? ' ' : text[i] < 0x20 || text[i] > 0x7e ? '?' : text[i]);
}

void tell_end(void)
{
	line[used] = '\r';
	line[used + 1] = '\n';
	line[used + 2] = 0;
	st->ConOut->OutputString(st->ConOut, line);
}

void say(const char *text)
{
	tell_start(text);
	tell_end();
}
