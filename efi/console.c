/* SPDX-License-Identifier: BSD-2-Clause */
/* Text out and keys in, on whatever consoles firmware has: screen, serial line, or both. */
#include "efi_local.h"

#include "../base/utf8.h"

#define SECOND	      10000000u /* UEFI 2.10, 7.1, SetTimer: units of 100 ns */
#define MOST_WAKE_UPS 10000
#define MOST_ERRORS   16

/* Writes one or two units, and returns how many. */
static size_t put_utf16(CHAR16 *out, uint32_t code)
{
	if (code < 0x10000) {
		out[0] = (CHAR16)code;
		return 1;
	}
	out[0] = (CHAR16)(0xd800 + ((code - 0x10000) >> 10));
	out[1] = (CHAR16)(0xdc00 + ((code - 0x10000) & 0x3ff));
	return 2;
}

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
		used += put_utf16(line + used, length == 0 ? '?' : code);
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

bool console_key(uint32_t seconds, enum menu_key *key, uint32_t *character)
{
	EFI_INPUT_KEY pressed = {0, 0};
	enum wait wait = wait_for_key(seconds, &pressed);

	*key = wait == WAIT_KEY ? key_of(pressed) : KEY_ESCAPE;
	*character = pressed.UnicodeChar;
	if (wait == WAIT_BROKEN && seconds == UINT32_MAX)
		console_write("\nberth: the keyboard does not answer\n");
	if (wait == WAIT_BROKEN && seconds != UINT32_MAX)
		efi.boot->Stall((UINTN)seconds * 1000000);
	/* Where no key can be pressed, an endless wait ends as if the user had left. */
	return wait == WAIT_KEY || (wait == WAIT_BROKEN && seconds == UINT32_MAX);
}

bool console_key_pressed(void)
{
	EFI_INPUT_KEY pressed;

	return efi.system->ConIn != NULL && !EFI_ERROR(efi.system->ConIn->ReadKeyStroke(efi.system->ConIn, &pressed));
}

bool utf16_from_utf8(CHAR16 *out, size_t room, const char *utf8)
{
	size_t used = 0, size = 0;

	while (utf8[size] != '\0')
		size++;
	while (size > 0) {
		uint32_t code;
		size_t length = utf8_next(utf8, size, &code);
		size_t units = length == 4 ? 2 : 1;

		if (used + units >= room) {
			out[used] = 0;
			return false;
		}
		used += put_utf16(out + used, length == 0 ? '?' : code);
		utf8 += length == 0 ? 1 : length;
		size -= length == 0 ? 1 : length;
	}
	out[used] = 0;
	return true;
}

static size_t put_utf8(char *out, uint32_t code)
{
	unsigned int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

	for (unsigned int i = more; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(more == 0 ? code : (0xff00u >> (more + 1) & 0xff) | code); /* RFC 3629, 3 */
	return more + 1;
}

bool utf8_from_utf16(char *out, size_t room, const CHAR16 *utf16, size_t units)
{
	size_t used = 0;

	for (size_t i = 0; i < units && utf16[i] != 0; i++) {
		uint32_t code = utf16[i];

		if (code >= 0xd800 && code < 0xdc00 && i + 1 < units && (utf16[i + 1] & 0xfc00) == 0xdc00)
			code = 0x10000 + ((code - 0xd800) << 10) + (utf16[++i] - 0xdc00u);
		else if (code >= 0xd800 && code < 0xe000)
			code = '?';
		if (used + 4 >= room)
			return false;
		used += put_utf8(out + used, code);
	}
	out[used] = '\0';
	return true;
}
