/* SPDX-License-Identifier: BSD-2-Clause */
/* Bent consoles and entropy. In a sweep nobody reads and types: the text is kept, and keys come from the script. */
#include "shape.h"

#include <eficonex.h>

#define KEPT 65536

struct rng {
	EFI_STATUS(EFIAPI *GetInfo)(struct rng *this, UINTN *size, EFI_GUID *list);
	EFI_STATUS(EFIAPI *GetRNG)(struct rng *this, EFI_GUID *algorithm, UINTN size, UINT8 *value);
};

static EFI_GUID extended_guid = EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL_GUID;
static EFI_GUID rng_guid = {0x3152bca5, 0xeade, 0x433d, {0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44}};
static SIMPLE_TEXT_OUTPUT_INTERFACE real_out;
static SIMPLE_INPUT_INTERFACE real_in;
static EFI_INPUT_READ_KEY_EX real_extended;
static EFI_STATUS(EFIAPI *real_random)(struct rng *, EFI_GUID *, UINTN, UINT8 *);
static char kept[KEPT + 1]; /* the loader's words since it was started */
static size_t n_kept;
static size_t keys_used;
static bool key_waits, timer_runs;

static EFI_STATUS EFIAPI bent_output(SIMPLE_TEXT_OUTPUT_INTERFACE *out, CHAR16 *text)
{
	EFI_STATUS status;

	if (!by_loader(CALLER))
		return real_out.OutputString(out, text);
	if (fault(S_OutputString, &status) == FAILS)
		return status;
	if (wish.n_sweeps == 0)
		return real_out.OutputString(out, text);
	for (; *text != 0; text++) {
		if (n_kept == KEPT) /* the older half goes */
			memmove(kept, kept + KEPT / 2, n_kept = KEPT / 2);
		if (*text != '\r')
			kept[n_kept++] = (char)*text;
	}
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI bent_clear(SIMPLE_TEXT_OUTPUT_INTERFACE *out)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_ClearScreen, &status) == FAILS)
		return status;
	return wish.n_sweeps == 0 ? real_out.ClearScreen(out) : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI bent_query(SIMPLE_TEXT_OUTPUT_INTERFACE *out, UINTN mode, UINTN *columns, UINTN *rows)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_QueryMode, &status) == FAILS)
		return status;
	return real_out.QueryMode(out, mode, columns, rows);
}

static EFI_INPUT_KEY next_key(void)
{
	char c = wish.keys[keys_used];

	if (c != '\0')
		keys_used++;
	switch (c) {
	case '\0':
		return (EFI_INPUT_KEY){.UnicodeChar = 'Q'}; /* which leaves the menu */
	case 'd':
		return (EFI_INPUT_KEY){.ScanCode = 0x02};
	case 'e':
		return (EFI_INPUT_KEY){.UnicodeChar = '\r'};
	default:
		return (EFI_INPUT_KEY){.UnicodeChar = (CHAR16)c};
	}
}

static EFI_STATUS EFIAPI bent_key(SIMPLE_INPUT_INTERFACE *in, EFI_INPUT_KEY *key)
{
	EFI_STATUS status;

	if (!by_loader(CALLER))
		return real_in.ReadKeyStroke(in, key);
	if (fault(S_ReadKeyStroke, &status) == FAILS)
		return status;
	if (wish.n_sweeps == 0)
		return real_in.ReadKeyStroke(in, key);
	if (!key_waits)
		return EFI_NOT_READY;
	key_waits = false;
	*key = next_key();
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI bent_key_ex(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *in, EFI_KEY_DATA *data)
{
	EFI_STATUS status;

	if (!by_loader(CALLER))
		return real_extended(in, data);
	if (fault(S_ReadKeyStrokeEx, &status) == FAILS)
		return status;
	if (wish.n_sweeps == 0)
		return real_extended(in, data);
	if (!key_waits)
		return EFI_NOT_READY;
	key_waits = false;
	memset(data, 0, sizeof(*data));
	data->Key = next_key();
	return EFI_SUCCESS;
}

void bend_extended(EFI_GUID *guid, VOID *protocol)
{
	EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *in = protocol;

	/* Of the keyboards that the loader finds one alone brings keys. */
	if (memcmp(guid, &extended_guid, sizeof(extended_guid)) != 0 || real_extended != NULL)
		return;
	real_extended = in->ReadKeyStrokeEx;
	in->ReadKeyStrokeEx = bent_key_ex;
}

static EFI_STATUS EFIAPI bent_attribute(SIMPLE_TEXT_OUTPUT_INTERFACE *out, UINTN attribute)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_SetAttribute, &status) == FAILS)
		return status;
	return real_out.SetAttribute(out, attribute);
}

static EFI_STATUS EFIAPI bent_place(SIMPLE_TEXT_OUTPUT_INTERFACE *out, UINTN column, UINTN row)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_SetCursorPosition, &status) == FAILS)
		return status;
	return wish.n_sweeps == 0 ? real_out.SetCursorPosition(out, column, row) : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI bent_cursor(SIMPLE_TEXT_OUTPUT_INTERFACE *out, BOOLEAN visible)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_EnableCursor, &status) == FAILS)
		return status;
	return real_out.EnableCursor(out, visible);
}

void timer_is_set(bool set)
{
	timer_runs = set;
}

/* A `.` of the script is a second that passes without a key; only a timer that was set tells of it. */
EFI_STATUS key_comes(UINTN events, UINTN *which)
{
	if (events > 1 && wish.keys[keys_used] == '.' && !timer_runs)
		leave_loader(ENDED_BY_HANG);
	key_waits = events == 1 || wish.keys[keys_used] != '.';
	if (!key_waits)
		keys_used++;
	*which = key_waits ? 0 : events - 1;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI bent_random(struct rng *rng, EFI_GUID *algorithm, UINTN size, UINT8 *value)
{
	EFI_STATUS status;

	if (by_loader(CALLER) && fault(S_GetRNG, &status) == FAILS)
		return status;
	return real_random(rng, algorithm, size, value);
}

void bend_random(EFI_GUID *guid, VOID *protocol)
{
	struct rng *rng = protocol;

	if (memcmp(guid, &rng_guid, sizeof(rng_guid)) != 0 || rng->GetRNG == bent_random)
		return;
	real_random = rng->GetRNG;
	rng->GetRNG = bent_random;
}

void bend_console(void)
{
	real_out = *st->ConOut;
	real_in = *st->ConIn;
	st->ConOut->OutputString = bent_output;
	st->ConOut->ClearScreen = bent_clear;
	st->ConOut->QueryMode = bent_query;
	st->ConOut->SetAttribute = bent_attribute;
	st->ConOut->SetCursorPosition = bent_place;
	st->ConOut->EnableCursor = bent_cursor;
	st->ConIn->ReadKeyStroke = bent_key;
}

void unbend_console(void)
{
	st->ConOut->OutputString = real_out.OutputString;
	st->ConOut->ClearScreen = real_out.ClearScreen;
	st->ConOut->QueryMode = real_out.QueryMode;
	st->ConOut->SetAttribute = real_out.SetAttribute;
	st->ConOut->SetCursorPosition = real_out.SetCursorPosition;
	st->ConOut->EnableCursor = real_out.EnableCursor;
	st->ConIn->ReadKeyStroke = real_in.ReadKeyStroke;
}

void console_start(void)
{
	n_kept = 0;
	keys_used = 0;
	key_waits = false;
}

static const char *find(const char *in, const char *words)
{
	for (; *in != '\0'; in++) {
		size_t n = 0;

		while (words[n] != '\0' && in[n] == words[n])
			n++;
		if (words[n] == '\0')
			return in;
	}
	return NULL;
}

bool console_said(const char *text)
{
	kept[n_kept] = '\0';
	return find(kept, text) != NULL;
}

void console_reason(char *out, size_t room)
{
	const char *end, *at = kept, *reason = NULL;
	size_t n = 0;

	kept[n_kept] = '\0';
	end = find(kept, "berth: press any key");
	while (end != NULL && (at = find(at, "\nberth: ")) != NULL && at + 1 < end)
		reason = at++ + 8;
	for (; reason != NULL && reason[n] != '\n' && n < room - 1; n++)
		out[n] = reason[n];
	out[n] = '\0';
}
