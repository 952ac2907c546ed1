/* SPDX-License-Identifier: BSD-2-Clause */
#include "screen.h"

static const uint8_t attribute[] = {
    [STYLE_PLAIN] = EFI_LIGHTGRAY,
    [STYLE_TITLE] = EFI_WHITE,
    [STYLE_SELECTED] = EFI_BLACK | EFI_BACKGROUND_LIGHTGRAY,
    [STYLE_DIM] = EFI_CYAN,
    [STYLE_WARNING] = EFI_YELLOW,
};

static struct {
	struct {
		uint32_t hash;	      /* of what stands in the row; 0: nothing */
		unsigned int columns; /* that it takes */
	} row[MOST_ROWS];
	bool places;  /* firmware puts the cursor where it is told; else lines follow each other on an empty screen */
	UINTN before; /* firmware's own attribute */
} screen;

/* FNV-1a, of a line and its style. */
static uint32_t hash_of(const char *text, enum style style)
{
	uint32_t hash = (2166136261u ^ (uint32_t)style) * 16777619u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash == 0 ? 1 : hash;
}

static void set_attribute(UINTN to)
{
	if (efi.system->ConOut != NULL)
		(void)efi.system->ConOut->SetAttribute(efi.system->ConOut, to);
}

static bool place(unsigned int column, unsigned int row)
{
	return efi.system->ConOut != NULL &&
	       !EFI_ERROR(efi.system->ConOut->SetCursorPosition(efi.system->ConOut, column, row));
}

static void show_cursor(bool shown)
{
	if (efi.system->ConOut != NULL)
		(void)efi.system->ConOut->EnableCursor(efi.system->ConOut, shown);
}

void screen_forget(struct view *view)
{
	unsigned int columns, rows;

	console_size(&columns, &rows);
	*view = view_of(columns, rows);
	set_attribute(attribute[STYLE_PLAIN]);
	console_clear();
	for (unsigned int i = 0; i < MOST_ROWS; i++)
		screen.row[i].hash = screen.row[i].columns = 0;
	screen.places = place(0, 0);
}

void screen_open(struct view *view)
{
	screen.before = EFI_LIGHTGRAY;
	if (efi.system->ConOut != NULL && efi.system->ConOut->Mode != NULL)
		screen.before = (UINTN)efi.system->ConOut->Mode->Attribute & 0x7f; /* 12.4.7: the bits that there are */
	show_cursor(false);
	screen_forget(view);
}

void screen_close(void)
{
	set_attribute(screen.before);
	console_clear();
	show_cursor(true);
}

/* @text has room for blanks over what stood there before. */
static void draw(const struct view *view, unsigned int row, struct text *text, enum style style)
{
	uint32_t hash = text->used == 0 ? 0 : hash_of(text->at, style);
	unsigned int columns;

	if (row >= MOST_ROWS || (screen.row[row].hash == hash && (hash != 0 || screen.row[row].columns == 0)))
		return;
	columns = word_columns(word_of(text->at));
	for (unsigned int i = columns; i < screen.row[row].columns; i++)
		text_add(text, " ");
	screen.row[row].hash = hash;
	screen.row[row].columns = columns;
	(void)place(view->indent, row);
	set_attribute(attribute[style]);
	console_write(text->at);
}

void screen_draw(const struct view *view, screen_line *line, const void *context)
{
	static char buffer[2 * VIEW_LINE_ROOM(VIEW_WIDEST)];
	enum style style = STYLE_PLAIN;
	unsigned int i = 0;

	if (!screen.places)
		console_clear();
	for (;; i++) {
		struct text text = TEXT(buffer);

		buffer[0] = '\0';
		if (i >= view->rows || !line(context, i, &text, &style))
			break;
		if (screen.places) {
			draw(view, i, &text, style);
		} else {
			console_write(buffer);
			console_write("\n");
		}
	}
	for (; screen.places && i < view->rows; i++) {
		struct text nothing = TEXT(buffer);

		buffer[0] = '\0';
		draw(view, i, &nothing, STYLE_PLAIN);
	}
}

void screen_edit(const struct view *view, unsigned int row, const char *text, unsigned int cursor)
{
	if (screen.places) {
		(void)place(view->indent, row);
		set_attribute(attribute[STYLE_SELECTED]);
		console_write(text);
		/* EDK2's screens draw the cursor by XOR with the colour of the ink: in black it would not be seen. */
		set_attribute(attribute[STYLE_PLAIN]);
		(void)place(view->indent + cursor, row);
		screen.row[row].hash = 0;
		screen.row[row].columns = view->width;
	} else {
		console_write("\n");
		console_write(text);
	}
	show_cursor(true);
}

void screen_edited(void)
{
	show_cursor(false);
}
