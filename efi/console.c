/* SPDX-License-Identifier: BSD-2-Clause */
/* Text out and keys in, on whatever consoles firmware has: screen, serial line, or both. */
#include "efi_local.h"

#define SECOND 10000000u /* UEFI 2.10, 7.1, SetTimer: units of 100 ns */

void console_write(const char *utf8)
{
	CHAR16 line[256];
	size_t used = 0;

	for (const char *at = utf8; *at != '\0';) {
		char character[8];
		size_t length = 1;

		/* One character at a time, so that a line is cut between characters. */
		while (((unsigned char)at[length] & 0xc0) == 0x80 && length < 4)
			length++;
		for (size_t i = 0; i < length; i++)
			character[i] = at[i];
		character[length] = '\0';
		at += length;
		if (character[0] == '\n')
			line[used++] = '\r';
		(void)utf16_from_utf8(line + used, 3, character);
		while (line[used] != 0)
			used++;
		if (used > 250 || *at == '\0') {
			line[used] = 0;
			efi.system->ConOut->OutputString(efi.system->ConOut, line);
			used = 0;
		}
	}
}

void console_clear(void)
{
	efi.system->ConOut->ClearScreen(efi.system->ConOut);
}

void console_size(unsigned int *columns, unsigned int *rows)
{
	SIMPLE_TEXT_OUTPUT_INTERFACE *out = efi.system->ConOut;
	UINTN c, r;

	if (EFI_ERROR(out->QueryMode(out, (UINTN)out->Mode->Mode, &c, &r)) || c < 20 || r < 5 || c > 1000 || r > 1000)
		c = 80, r = 25;
	*columns = (unsigned int)c;
	*rows = (unsigned int)r;
}

static enum menu_key key_of(EFI_INPUT_KEY key)
{
	/* UEFI 2.10, appendix B: scan codes; 0 when the key is a character. */
	static const enum menu_key scan[] = {
		[0x01] = KEY_UP,  [0x02] = KEY_DOWN,	[0x05] = KEY_HOME,	[0x06] = KEY_END,
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
	EFI_EVENT events[2] = {efi.system->ConIn->WaitForKey, NULL};
	UINTN count = 1, which = 0;
	EFI_INPUT_KEY pressed;
	bool got = false;

	if (seconds != UINT32_MAX && !EFI_ERROR(efi.boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[1]))) {
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

	return !EFI_ERROR(efi.system->ConIn->ReadKeyStroke(efi.system->ConIn, &pressed));
}

/* The code point at *at, which moves past it; '?' for what is no UTF-8 (RFC 3629). */
static uint32_t next_code_point(const char **at)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)*(*at)++;
	unsigned int more = first < 0x80 ? 0 : first < 0xc2 ? 4 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 4;
	uint32_t code = more == 0 ? first : first & (0x3fu >> more);

	if (more == 4)
		return '?';
	for (unsigned int i = 0; i < more; i++, (*at)++) {
		if (((unsigned char)**at & 0xc0) != 0x80)
			return '?';
		code = code << 6 | ((unsigned char)**at & 0x3f);
	}
	if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return '?';
	return code;
}

bool utf16_from_utf8(CHAR16 *out, size_t room, const char *utf8)
{
	size_t used = 0;

	while (*utf8 != '\0') {
		uint32_t code = next_code_point(&utf8);
		size_t units = code >= 0x10000 ? 2 : 1;

		if (used + units >= room) {
			out[used] = 0;
			return false;
		}
		if (units == 2) {
			out[used++] = (CHAR16)(0xd800 + ((code - 0x10000) >> 10));
			code = 0xdc00 + ((code - 0x10000) & 0x3ff);
		}
		out[used++] = (CHAR16)code;
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
