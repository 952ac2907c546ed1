/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's modes. Source: UEFI 2.10, 12.4.5, QueryMode, and 12.4.6, SetMode. */
#include "screen.h"

/* What `auto` goes by, as in systemd-boot (src/boot/console.c): a larger screen is hard to read when text covers less
 * of it. */
#define READABLE_WIDTH	1920 /* pixels */
#define READABLE_HEIGHT 1080
#define GLYPH_WIDTH	8u /* pixels; UEFI 2.10, 34.3.2: a narrow character */
#define GLYPH_HEIGHT	19u
#define LEAST_SHARE	10 /* text must cover more than one in so many of the screen's pixels */

#define MOST_MODES 256 /* firmware that tells of more is not believed */

static uint32_t modes(void)
{
	SIMPLE_TEXT_OUTPUT_INTERFACE *out = efi.system->ConOut;

	if (out == NULL || out->Mode == NULL || out->Mode->MaxMode < 0)
		return 0;
	return out->Mode->MaxMode > MOST_MODES ? MOST_MODES : (uint32_t)out->Mode->MaxMode;
}

uint32_t console_mode(void)
{
	return modes() == 0 || efi.system->ConOut->Mode->Mode < 0 ? 0 : (uint32_t)efi.system->ConOut->Mode->Mode;
}

static bool set(uint32_t number)
{
	return !EFI_ERROR(efi.system->ConOut->SetMode(efi.system->ConOut, number));
}

static bool is_readable(void)
{
	struct screen screen;
	unsigned int columns, rows;

	efi_screen(&screen);
	if (screen.width <= READABLE_WIDTH && screen.height <= READABLE_HEIGHT)
		return true;
	console_size(&columns, &rows);
	return (uint64_t)screen.width * screen.height <
	       (uint64_t)columns * rows * GLYPH_WIDTH * GLYPH_HEIGHT * LEAST_SHARE;
}

bool console_set_mode(const struct console_mode *mode)
{
	if (mode->how == CONSOLE_KEEP || (mode->how == CONSOLE_AUTO && is_readable()))
		return true;
	if (mode->how == CONSOLE_NUMBER)
		return mode->number < modes() && (mode->number == console_mode() || set(mode->number));
	for (uint32_t i = modes(); i-- > 0;)
		if (i == console_mode() || set(i))
			return true;
	return false;
}

bool console_next_mode(uint32_t *number)
{
	uint32_t n = modes(), from = console_mode();

	for (uint32_t i = 1; i < n; i++)
		if (set((from + i) % n)) {
			*number = (from + i) % n;
			return true;
		}
	return false;
}
