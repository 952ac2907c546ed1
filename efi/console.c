/* SPDX-License-Identifier: BSD-2-Clause */
/* Text out, on whatever consoles firmware has: screen, serial line, or both. */
#include "log.h"

#include "../base/utf8.h"

#define MOST_AT_ONCE 1024 /* units of a call: on a screen each moves all lines */

/*
 * Whether the console can show a character beyond ASCII. OVMF's screen drops one that it has no glyph for, and its
 * serial terminal sends the low byte, which is another character; neither reports an error, so TestString is asked
 * (UEFI 2.10, 12.4.4).
 */
static bool can_show(const CHAR16 *unit, size_t units)
{
	CHAR16 text[3] = {unit[0], units > 1 ? unit[1] : 0, 0};

	return units == 1 && unit[0] < 0x80 ? true
					    : !EFI_ERROR(efi.system->ConOut->TestString(efi.system->ConOut, text));
}

/* As wide as what it stands for: lines are drawn over others, and who drew them counts columns. */
static size_t put_unknown(CHAR16 *out, uint32_t code)
{
	unsigned int columns = utf8_columns(code);

	for (unsigned int i = 0; i < columns; i++)
		out[i] = '?';
	return columns;
}

void console_write(const char *utf8)
{
	CHAR16 line[MOST_AT_ONCE];
	size_t used = 0, size = 0;

	if (efi.system->ConOut == NULL) /* UEFI 2.10, 4.3.1: a machine without a console */
		return;
	log_show_wanted();
	while (utf8[size] != '\0')
		size++;
	while (size > 0) {
		uint32_t code;
		size_t length = utf8_next(utf8, size, &code), units;

		if (*utf8 == '\n')
			line[used++] = '\r';
		units = utf16_put(line + used, length == 0 ? '?' : code);
		if (!can_show(line + used, units))
			units = put_unknown(line + used, code);
		used += units;
		utf8 += length == 0 ? 1 : length;
		size -= length == 0 ? 1 : length;
		if (used > MOST_AT_ONCE - 6 || size == 0) {
			line[used] = 0;
			efi.system->ConOut->OutputString(efi.system->ConOut, line);
			used = 0;
		}
	}
}

void console_clear(void)
{
	log_show_wanted();
	if (efi.system->ConOut != NULL)
		efi.system->ConOut->ClearScreen(efi.system->ConOut);
}

void console_size(unsigned int *columns, unsigned int *rows)
{
	SIMPLE_TEXT_OUTPUT_INTERFACE *out = efi.system->ConOut;
	UINTN c, r;

	if (out == NULL || out->Mode == NULL || EFI_ERROR(out->QueryMode(out, (UINTN)out->Mode->Mode, &c, &r)) ||
	    c < 20 || r < 5 || c > MOST_COLUMNS || r > MOST_ROWS)
		c = 80, r = 25;
	*columns = (unsigned int)c;
	*rows = (unsigned int)r;
}
