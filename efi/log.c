/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the loader says: the screen shows some of its lines, and most are kept for the booted system, which finds
 * them in a variable, and in a file if loader.conf says so.
 */
#include "log.h"

#include "../base/mem.h"

#define LOG_ROOM     16384u	       /* bytes of all lines, and of the variable at most */
#define LEAST_ROOM   256u	       /* with less there is no log */
#define LONGEST_LINE (FAIL_TEXT + 512) /* a reason, and the rule behind it */
#define LOG_FILE     "\\loader\\berth.log"
#define UNSHOWN_ROOM 8192u /* bytes of lines that wait to be shown */

static char lines[LOG_ROOM], out[LOG_ROOM], unshown[UNSHOWN_ROOM];
static size_t n_unshown;
static struct journal journal;

static void keep(enum kept kept, const char *line, size_t length)
{
	if (journal.at == NULL)
		journal_open(&journal, lines, sizeof(lines));
	journal_add(&journal, kept, line, length);
}

/* Returns its length. */
static size_t write_line(char line[LONGEST_LINE], const char *format, va_list args)
{
	static const char name[] = "berth: ";
	struct text text = {line, LONGEST_LINE, sizeof(name) - 1};

	memcpy(line, name, sizeof(name));
	text_vadd(&text, format, args);
	return text_cut(&text) ? LONGEST_LINE - 1 : text.used;
}

void log_show(void)
{
	if (n_unshown == 0)
		return;
	n_unshown = 0; /* before the console asks for them */
	console_write(unshown);
}

void log_show_wanted(void)
{
	if (efi.log != LOG_QUIET)
		log_show();
}

/* A call of the console costs more than all lines of a plan. Of more than there is room for, a quiet boot has the
 * newest. */
static void put_off(const char *line)
{
	struct text text = {unshown, UNSHOWN_ROOM, n_unshown};

	text_add(&text, "%s\n", line);
	if (text_cut(&text)) {
		unshown[n_unshown] = '\0';
		log_show_wanted();
		text = (struct text){unshown, UNSHOWN_ROOM, 0};
		text_add(&text, "%s\n", line);
	}
	n_unshown = text.used;
}

static void show(enum log_level level, const char *line)
{
	if (level == LOG_NORMAL && efi.log != LOG_DEBUG) {
		put_off(line);
		return;
	}
	console_write(line);
	console_write("\n");
}

bool fw_log_wants(enum log_level level)
{
	return level <= efi.log;
}

/* Lines for `log normal` are at hand in a quiet boot too, for when it fails. */
static bool is_for_screen(enum log_level level)
{
	return level <= LOG_NORMAL || fw_log_wants(level);
}

void fw_log(enum log_level level, const char *format, ...)
{
	char line[LONGEST_LINE];
	va_list args;

	/* What only a debug log shows can be so much that it would leave no room for the rest. */
	if (!is_for_screen(level))
		return;
	va_start(args, format);
	keep(KEPT_SAID, line, write_line(line, format, args));
	va_end(args);
	show(level, line);
}

void fw_show(enum log_level level, const char *format, ...)
{
	char line[LONGEST_LINE];
	va_list args;

	if (!is_for_screen(level))
		return;
	va_start(args, format);
	(void)write_line(line, format, args);
	va_end(args);
	show(level, line);
}

void fw_keep(enum kept kept, const char *format, ...)
{
	char line[LONGEST_LINE];
	va_list args;

	va_start(args, format);
	keep(kept, line, write_line(line, format, args));
	va_end(args);
}

void fw_keep_anew(void)
{
	journal_begin(&journal);
}

/* If firmware has no room for it, half of it is tried, and so on. */
static void write_variable(void)
{
	size_t size, room = LOG_ROOM;

	do {
		size = journal_text(&journal, out, room);
		room = size / 2;
	} while (efi_variable_write_log(out, size) == VARIABLE_TOO_LARGE && room >= LEAST_ROOM);
}

static void write_file(void)
{
	struct fail why;

	if (efi_write_file(LOG_FILE, out, journal_text(&journal, out, LOG_ROOM), &why) != OK)
		fw_log(LOG_NORMAL, "the log is not in a file: %s", why.text);
}

void log_leave(void)
{
	write_variable();
	if (efi.log_file)
		write_file();
}

void efi_say_unless_missing(enum status status, const struct fail *why)
{
	if (status != OK && status != NOT_FOUND)
		fw_log(LOG_QUIET, "%s", why->text);
}
