/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL, which is kept as text, and a keyboard on which somebody presses Q. */
#include "local.h"

static size_t used; /* of the console */
static EFI_INPUT_KEY const escape = {.ScanCode = 0x17}, leave = {.UnicodeChar = 'Q'};
static SIMPLE_INPUT_INTERFACE keyboard;
static SIMPLE_TEXT_OUTPUT_INTERFACE screen;
static SIMPLE_TEXT_OUTPUT_MODE mode;
static int key_event;
static unsigned int strays;
static EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL extended;
static int extended_event;
static bool was_pressed; /* some key */
static size_t cursor_column;
static bool awaited; /* nobody does what the loader says before it waits for that */

static EFI_STATUS EFIAPI output_string(SIMPLE_TEXT_OUTPUT_INTERFACE *this, CHAR16 *wide)
{
	EFI_STATUS status;

	(void)this;
	uefi_look_for_secrets();
	for (size_t i = 0; wide[i] != 0; i++) {
		if (i > 4096)
			uefi_die("a string without an end");
		if (i + 1 > uefi_report.longest)
			uefi_report.longest = i + 1;
		if (wide[i] != '\r' && used < sizeof(uefi_report.console) - 1)
			uefi_report.console[used++] = (char)(wide[i] < 0x80 ? wide[i] : '?');
	}
	uefi_report.console[used] = '\0';
	return uefi_call(CALL_OutputString, &status) ? status : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI clear_screen(SIMPLE_TEXT_OUTPUT_INTERFACE *this)
{
	EFI_STATUS status;

	(void)this;
	uefi_report.clears++;
	return uefi_call(CALL_ClearScreen, &status) ? status : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI test_string(SIMPLE_TEXT_OUTPUT_INTERFACE *this, CHAR16 *wide)
{
	EFI_STATUS status;

	(void)this;
	if (uefi_call(CALL_TestString, &status))
		return status;
	return uefi.ascii_only && wide[0] > 0x7e ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_attribute(SIMPLE_TEXT_OUTPUT_INTERFACE *this, UINTN attribute)
{
	EFI_STATUS status;

	(void)this;
	if (attribute > 0x7f) /* UEFI 2.10, 12.4.7: bits 7 to 31 are not defined */
		uefi_die("an attribute that there is not");
	uefi_report.attribute = attribute;
	return uefi_call(CALL_SetAttribute, &status) ? status : EFI_SUCCESS;
}

/* In what is kept each place is a line of its own. */
static EFI_STATUS EFIAPI set_cursor_position(SIMPLE_TEXT_OUTPUT_INTERFACE *this, UINTN column, UINTN row)
{
	EFI_STATUS status;

	(void)this;
	if (column >= (uefi.columns != 0 ? uefi.columns : 100) || row >= (uefi.rows != 0 ? uefi.rows : 31))
		uefi_die("a place that is not on the console");
	if (uefi_call(CALL_SetCursorPosition, &status))
		return status;
	if (uefi.no_positions)
		return EFI_UNSUPPORTED;
	cursor_column = column;
	if (used != 0 && uefi_report.console[used - 1] != '\n' && used < sizeof(uefi_report.console) - 1)
		uefi_report.console[used++] = '\n';
	uefi_report.console[used] = '\0';
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI enable_cursor(SIMPLE_TEXT_OUTPUT_INTERFACE *this, BOOLEAN visible)
{
	EFI_STATUS status;

	(void)this;
	uefi_report.cursor_hidden = !visible;
	return uefi_call(CALL_EnableCursor, &status) ? status : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_mode(SIMPLE_TEXT_OUTPUT_INTERFACE *this, UINTN number)
{
	EFI_STATUS status;

	(void)this;
	if (uefi_call(CALL_SetMode, &status))
		return status;
	if (number >= (UINTN)mode.MaxMode)
		return EFI_UNSUPPORTED;
	mode.Mode = (INT32)number;
	uefi_report.mode = number;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI query_mode(SIMPLE_TEXT_OUTPUT_INTERFACE *this, UINTN number, UINTN *columns, UINTN *rows)
{
	EFI_STATUS status;

	(void)this;
	(void)number;
	*columns = uefi.columns != 0 ? uefi.columns : 100;
	*rows = uefi.rows != 0 ? uefi.rows : 31;
	if (uefi.rows_later != 0 && was_pressed)
		*rows = uefi.rows_later;
	if (!uefi_call(CALL_QueryMode, &status))
		return EFI_SUCCESS;
	if (uefi_lies(LIE_NOTHING))
		*columns = *rows = 0;
	if (uefi_lies(LIE_TOO_MUCH))
		*columns = *rows = SIZE_MAX;
	return status;
}

bool uefi_key_ready(void)
{
	if (uefi.keys != NULL && *uefi.keys != '\0')
		return *uefi.keys != '|' && *uefi.keys != '.';
	return uefi.presses || (awaited && !uefi.nobody && strstr(uefi_report.console, "press any key") != NULL);
}

bool uefi_key_awaited(void)
{
	bool passes;

	awaited = true;
	if (uefi.keys != NULL && *uefi.keys == '|')
		uefi.keys++;
	passes = uefi.keys != NULL && *uefi.keys == '.';
	if (passes)
		uefi.keys++;
	return !passes;
}

static EFI_STATUS EFIAPI read_key_stroke(SIMPLE_INPUT_INTERFACE *this, EFI_INPUT_KEY *key)
{
	EFI_STATUS status;

	(void)this;
	if (uefi_call(CALL_ReadKeyStroke, &status) && !uefi_lies(LIE_TOO_MUCH)) {
		memset(key, 0, sizeof(*key));
		return status;
	}
	if (uefi_lies(LIE_TOO_MUCH) && strays++ < 100) { /* a key that is none, often, and not for ever */
		memset(key, 0xff, sizeof(*key));
		return EFI_SUCCESS;
	}
	if (!uefi_key_ready())
		return EFI_NOT_READY;
	awaited = false;
	was_pressed = true;
	if (uefi.keys != NULL && *uefi.keys == '\r')
		uefi_report.cursor_at_enter = cursor_column;
	if (uefi.keys == NULL || *uefi.keys == '\0')
		*key = leave;
	else if (*uefi.keys++ == '\033')
		*key = escape;
	else
		*key = (EFI_INPUT_KEY){.UnicodeChar = (CHAR16)(unsigned char)uefi.keys[-1]};
	return EFI_SUCCESS;
}

/* Letters with Ctrl come as such, with its state. */
static EFI_STATUS EFIAPI read_key_stroke_ex(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *this, EFI_KEY_DATA *data)
{
	EFI_STATUS status;

	(void)this;
	memset(data, 0, sizeof(*data));
	if (uefi_call(CALL_ReadKeyStrokeEx, &status)) {
		if (uefi_lies(LIE_TOO_MUCH) && strays++ < 100)
			memset(data, 0xff, sizeof(*data));
		return status;
	}
	status = read_key_stroke(&keyboard, &data->Key);
	if (!EFI_ERROR(status) && data->Key.UnicodeChar == '~') { /* UEFI 2.10, 12.2.1 */
		data->Key.UnicodeChar = 0;
		data->KeyState.KeyShiftState = EFI_SHIFT_STATE_VALID | EFI_LEFT_SHIFT_PRESSED;
		return status;
	}
	if (!EFI_ERROR(status) && data->Key.UnicodeChar != 0 && data->Key.UnicodeChar < 27 &&
	    data->Key.UnicodeChar != '\r') {
		data->Key.UnicodeChar = (CHAR16)(data->Key.UnicodeChar + 'a' - 1);
		data->KeyState.KeyShiftState = EFI_SHIFT_STATE_VALID | EFI_LEFT_CONTROL_PRESSED;
	}
	return status;
}

EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *uefi_extended(void)
{
	return uefi.extended ? &extended : NULL;
}

EFI_EVENT uefi_extended_event(void)
{
	return &extended_event;
}

EFI_EVENT uefi_key_event(void)
{
	return &key_event;
}

void uefi_console_set_up(EFI_SYSTEM_TABLE *table)
{
	used = 0;
	strays = 0;
	awaited = was_pressed = false;
	uefi_report.console[0] = '\0';
	uefi_report.mode = 0;
	uefi_report.attribute = EFI_LIGHTGRAY;
	uefi_report.cursor_hidden = false;
	mode = (SIMPLE_TEXT_OUTPUT_MODE){.MaxMode = uefi.one_mode ? 1 : 3, .Attribute = EFI_LIGHTGRAY};
	screen.OutputString = output_string;
	screen.ClearScreen = clear_screen;
	screen.QueryMode = query_mode;
	screen.SetMode = set_mode;
	screen.TestString = test_string;
	screen.SetAttribute = set_attribute;
	screen.SetCursorPosition = set_cursor_position;
	screen.EnableCursor = enable_cursor;
	extended.ReadKeyStrokeEx = read_key_stroke_ex;
	extended.WaitForKeyEx = &extended_event;
	screen.Mode = &mode;
	keyboard.ReadKeyStroke = read_key_stroke;
	keyboard.WaitForKey = &key_event;
	table->ConOut = uefi.no_console ? NULL : &screen;
	table->ConIn = uefi.no_keyboard ? NULL : &keyboard;
}
