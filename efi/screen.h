/* SPDX-License-Identifier: BSD-2-Clause */
/* The console as a screen of lines, of which only those that have changed are written again. */
#ifndef BERTH_EFI_SCREEN_H
#define BERTH_EFI_SCREEN_H

#include "efi_local.h"

#include "../config/view.h"

/* Hides the cursor, and clears the screen; tells what room there is. */
void screen_open(struct view *view);

/* Clears it, in firmware's colours, and shows the cursor again. */
void screen_close(void);

/* What stands there is no longer known: everything is written again. */
void screen_forget(struct view *view);

/* Draws what @line tells line by line, as menu_line does, at view->indent. */
typedef bool screen_line(const void *context, unsigned int line, struct text *out, enum style *style);
void screen_draw(const struct view *view, screen_line *line, const void *context);

/* Draws one more line, with the cursor in column @cursor, from 0. */
void screen_edit(const struct view *view, unsigned int row, const char *text, unsigned int cursor);
void screen_edited(void);

/* ---- modes.c ---- */

/* Console modes that firmware has; false when it refuses. Source: UEFI 2.10, 12.4.5 and 12.4.6. */
bool console_set_mode(const struct console_mode *mode);
/* The next mode that firmware accepts, and its number. */
bool console_next_mode(uint32_t *number);
uint32_t console_mode(void);

#endif
