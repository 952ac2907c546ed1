/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines on firmware's console. */
#include "shape.h"

static char line[192];
static size_t used;

void say(const char *text)
{
	CHAR16 wide[200];
	size_t i = 0;

	for (; text[i] != '\0' && i < 196; i++)
		wide[i] = (CHAR16)text[i];
	wide[i++] = '\r';
	wide[i++] = '\n';
	wide[i] = 0;
	st->ConOut->OutputString(st->ConOut, wide);
}

void tell_start(void)
{
	used = 0;
	tell("shape: ");
}

void tell(const char *text)
{
	while (*text != '\0' && used < sizeof(line) - 1)
		line[used++] = *text++;
}

static void tell_in_base(UINT64 n, unsigned int base)
{
	char digits[24];
	size_t count = 0;

	do {
		digits[count++] = "0123456789abcdef"[n % base];
	} while ((n /= base) != 0);
	while (count > 0 && used < sizeof(line) - 1)
		line[used++] = digits[--count];
}

void tell_number(UINT64 n)
{
	tell_in_base(n, 10);
}

void tell_hex(UINT64 n)
{
	tell("0x");
	tell_in_base(n, 16);
}

void tell_end(void)
{
	line[used] = '\0';
	say(line);
}

void say_number(const char *text, UINT64 n)
{
	tell_start();
	tell(text);
	tell_number(n);
	tell_end();
}
