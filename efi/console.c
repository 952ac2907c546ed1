/* SPDX-License-Identifier: BSD-2-Clause */
/* Text out and keys in, on whatever consoles firmware has: screen, serial line, or both. */
#include "efi_local.h"

#include "../base/utf8.h"

#define SECOND	      10000000u /* UEFI 2.10, 7.1, SetTimer: units of 100 ns */
#define MOST_WAKE_UPS 10000
#define MOST_ERRORS   16

void console_write(const char *utf8)
{
	CHAR16 line[256];
	size_t used = 0, size = 0;

	if (efi.system->ConOut == NULL) /* UEFI 2.10, 4.3.1: a machine without a console */
		return;
	while (utf8[size] != '\0')
		size++;
	while (size > 0) {
		uint32_t code;
		size_t length = utf8_next(utf8, size, &code);

		if (*utf8 == '\n')
			line[used++] = '\r';
		used += utf16_put(line + used, length == 0 ? '?' : code);
		utf8 += length == 0 ? 1 : length;
		size -= length == 0 ? 1 : length;
		if (used > 250 || size == 0) {
			line[used] = 0;
			efi.system->ConOut->OutputString(efi.system->ConOut, line);
			used = 0;
		}
	}
}

void console_clear(void)
{
	if (efi.system->ConOut != NULL)
		efi.system->ConOut->ClearScreen(efi.system->ConOut);
}

void console_size(unsigned int *columns, unsigned int *rows)
{
	SIMPLE_TEXT_OUTPUT_INTERFACE *out = efi.system->ConOut;
	UINTN c, r;

	if (out == NULL || out->Mode == NULL || EFI_ERROR(out->QueryMode(out, (UINTN)out->Mode->Mode, &c, &r)) ||
	    c < 20 || r < 5 || c > MOST_COLUMNS || r > 1000)
		c = 80, r = 25;
	*columns = (unsigned int)c;
	*rows = (unsigned int)r;
}

static enum menu_key key_of(EFI_INPUT_KEY key)
{
	/* UEFI 2.10, appendix B: scan codes; 0 when the key is a character. */
	static const enum menu_key scan[] = {
	    [0x01] = KEY_UP,	  [0x02] = KEY_DOWN,	  [0x05] = KEY_HOME,   [0x06] = KEY_END,
	    [0x09] = KEY_PAGE_UP, [0x0a] = KEY_PAGE_DOWN, [0x17] = KEY_ESCAPE,
	};

	if (key.ScanCode == 0)
		return key.UnicodeChar == '\r' || key.UnicodeChar == '\n' ? KEY_ENTER : KEY_OTHER;
	if (key.ScanCode < sizeof(scan) / sizeof(scan[0]) && scan[key.ScanCode] != KEY_NONE)
		return scan[key.ScanCode];
	return KEY_OTHER;
}

enum wait { WAIT_KEY, WAIT_TIME, WAIT_BROKEN };

/*
 * events[0] is the keyboard's. A wake-up without a key happens (a modifier pressed alone): wait again. A keyboard that
 * answers only errors, or wakes up without end, counts as none, and must not hide the timer behind it.
 */
static enum wait wait_for(UINTN count, EFI_EVENT events[2], EFI_INPUT_KEY *pressed)
{
	unsigned int wake_ups = 0, errors = 0;

	while (wake_ups++ < MOST_WAKE_UPS && errors < MOST_ERRORS) {
		UINTN which = 0;
		EFI_STATUS status = efi.boot->WaitForEvent(count, events, &which);

		if (!EFI_ERROR(status) && which == 1)
			return WAIT_TIME;
		if (EFI_ERROR(status) || which != 0) {
			errors++;
			continue;
		}
		status = efi.system->ConIn->ReadKeyStroke(efi.system->ConIn, pressed);
		if (!EFI_ERROR(status) && (pressed->ScanCode != 0 || pressed->UnicodeChar != 0))
			return WAIT_KEY;
		errors += EFI_ERROR(status) && status != EFI_NOT_READY;
		if (count == 2 && efi.boot->CheckEvent(events[1]) == EFI_SUCCESS)
			return WAIT_TIME;
	}
	return WAIT_BROKEN;
}

static enum wait wait_for_key(uint32_t seconds, EFI_INPUT_KEY *pressed)
{
	EFI_EVENT events[2];
	enum wait wait;

	if (efi.system->ConIn == NULL)
		return WAIT_BROKEN;
	events[0] = efi.system->ConIn->WaitForKey;
	if (seconds == UINT32_MAX)
		return wait_for(1, events, pressed);
	if (EFI_ERROR(efi.boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[1])))
		return WAIT_BROKEN;
	wait = WAIT_BROKEN;
	if (!EFI_ERROR(efi.boot->SetTimer(events[1], TimerRelative, (UINT64)seconds * SECOND)))
		wait = wait_for(2, events, pressed);
	efi.boot->CloseEvent(events[1]);
	return wait;
}

/* One second at a time: in 32 bits, more than 4294 have too many microseconds. */
void console_pause(uint32_t seconds)
{
	while (seconds-- > 0 && !EFI_ERROR(efi.boot->Stall(1000000)))
		;
}

bool console_key(uint32_t seconds, enum menu_key *key, uint32_t *character)
{
	EFI_INPUT_KEY pressed = {0, 0};
	enum wait wait = wait_for_key(seconds, &pressed);

	*key = wait == WAIT_KEY ? key_of(pressed) : KEY_GONE;
	*character = pressed.UnicodeChar;
	if (wait == WAIT_BROKEN && seconds == UINT32_MAX)
		console_write("\nberth: the keyboard does not answer\n");
	if (wait == WAIT_BROKEN && seconds != UINT32_MAX)
		console_pause(seconds);
	/* Where no key can be pressed, an endless wait ends. */
	return wait == WAIT_KEY || (wait == WAIT_BROKEN && seconds == UINT32_MAX);
}

bool console_key_pressed(void)
{
	EFI_INPUT_KEY pressed;

	return efi.system->ConIn != NULL && !EFI_ERROR(efi.system->ConIn->ReadKeyStroke(efi.system->ConIn, &pressed));
}
