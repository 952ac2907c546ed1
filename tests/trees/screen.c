/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's output as a loader leaves it: rows of characters, without colours. */
#include "trees.h"

#define ROWS	60
#define COLUMNS 160

static EFI_TEXT_OUTPUT_STRING real_output;
static EFI_TEXT_CLEAR_SCREEN real_clear;
static EFI_TEXT_SET_CURSOR_POSITION real_place;

static CHAR16 cell[ROWS][COLUMNS];
static UINTN column, row;
static bool is_cleared, is_drawn;

static void blank(void)
{
	for (size_t y = 0; y < ROWS; y++)
		for (size_t x = 0; x < COLUMNS; x++)
			cell[y][x] = ' ';
	column = row = 0;
	is_drawn = false;
}

static EFI_STATUS EFIAPI output(SIMPLE_TEXT_OUTPUT_INTERFACE *out, CHAR16 *text)
{
	(void)out;
	for (; *text != 0; text++) {
		if (*text == '\r') {
			column = 0;
		} else if (*text == '\n') {
			row++;
		} else if (row < ROWS && column < COLUMNS) {
			cell[row][column++] = *text;
			is_drawn = is_drawn || *text != ' ';
		}
	}
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI clear(SIMPLE_TEXT_OUTPUT_INTERFACE *out)
{
	(void)out;
	blank();
	is_cleared = true;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI place(SIMPLE_TEXT_OUTPUT_INTERFACE *out, UINTN x, UINTN y)
{
	(void)out;
	column = x;
	row = y;
	return EFI_SUCCESS;
}

void screen_watch(void)
{
	blank();
	is_cleared = false;
	real_output = st->ConOut->OutputString;
	real_clear = st->ConOut->ClearScreen;
	real_place = st->ConOut->SetCursorPosition;
	st->ConOut->OutputString = output;
	st->ConOut->ClearScreen = clear;
	st->ConOut->SetCursorPosition = place;
}

void screen_unwatch(void)
{
	st->ConOut->OutputString = real_output;
	st->ConOut->ClearScreen = real_clear;
	st->ConOut->SetCursorPosition = real_place;
}

bool screen_is_drawn(void)
{
	return is_cleared && is_drawn;
}

void screen_tell(void)
{
	for (size_t y = 0; y < ROWS; y++) {
		size_t end = COLUMNS;

		while (end > 0 && cell[y][end - 1] == ' ')
			end--;
		if (end == 0)
			continue;
		tell_start("trees: row ");
		tell_wide(cell[y], end);
		tell_end();
	}
}
