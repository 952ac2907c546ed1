/* SPDX-License-Identifier: BSD-2-Clause */
/* Text out and keys in, on whatever consoles firmware has: screen, serial line, or both. */
#include "efi_local.h"

#include "../protocol/base/utf8.h"

#define SECOND 10000000u /* UEFI 2.10, 7.1, SetTimer: units of 100 ns */

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
	    c < 20 || r < 5 || c > 1000 || r > 1000)
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

bool console_key(uint32_t seconds, enum menu_key *key, uint32_t *character)
{
	EFI_EVENT events[2];
	UINTN count = 1, which = 0;
	EFI_INPUT_KEY pressed;
	bool got = false;

	if (efi.system->ConIn == NULL && seconds == UINT32_MAX) { /* nobody can press a key: as if somebody had left */
		*key = KEY_ESCAPE;
		*character = 0;
		return true;
	}
	if (efi.system->ConIn == NULL) {
		efi.boot->Stall((UINTN)seconds * 1000000);
		return false;
	}
	events[0] = efi.system->ConIn->WaitForKey;
	if (seconds != UINT32_MAX) {
		if (EFI_ERROR(efi.boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[1]))) {
			efi.boot->Stall((UINTN)seconds * 1000000);
			return false;
		}
		efi.boot->SetTimer(events[1], TimerRelative, (UINT64)seconds * SECOND);
		count = 2;
	}
	/* A wake-up without a key happens (a modifier pressed alone): wait again. */
	while (!got && !EFI_ERROR(efi.boot->WaitForEvent(count, events, &which)) && which == 0)
		got = !EFI_ERROR(efi.system->ConIn->ReadKeyStroke(efi.system->ConIn, &pressed));
	if (count == 2)
		efi.boot->CloseEvent(events[1]);
	if (got) {
		*key = key_of(pressed);
		*character = pressed.UnicodeChar;
	}
	return got;
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
	out[0] = (char)(more == 0 ? code : (0xf00u >> more & 0xf0) | code);
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
