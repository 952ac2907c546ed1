/* SPDX-License-Identifier: BSD-2-Clause */
/* The log of a simulated boot: what a screen shows of it, what a quiet one does, and what is kept for the system. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

#define LOG_SIZE     (1 << 16)
#define LONGEST_LINE 4096

static struct {
	char log[LOG_SIZE], quiet_log[1 << 14], lines[LOG_SIZE], kept_text[LOG_SIZE + 1];
	struct text text, quiet_text;
	struct journal kept;
} fw;

void sim_log_begin(void)
{
	fw.log[0] = fw.quiet_log[0] = '\0';
	fw.text = (struct text)TEXT(fw.log);
	fw.quiet_text = TEXT(fw.quiet_log);
	journal_open(&fw.kept, fw.lines, sizeof(fw.lines));
}

/* A line with its end; returns how long it is without. */
static size_t write_line(char line[LONGEST_LINE], const char *format, va_list args)
{
	struct text text = {line, LONGEST_LINE, 0};
	size_t length;

	text_vadd(&text, format, args);
	length = text.used;
	text_add(&text, "\n");
	if (text_cut(&text)) {
		fprintf(stderr, "simulated firmware: a line that is too long\n");
		abort();
	}
	return length;
}

static void show(enum log_level level, const char *line)
{
	text_add(&fw.text, "%s", line);
	if (level == LOG_QUIET)
		text_add(&fw.quiet_text, "%s", line);
}

void fw_log(enum log_level level, const char *format, ...)
{
	char line[LONGEST_LINE];
	va_list args;

	va_start(args, format);
	journal_add(&fw.kept, KEPT_SAID, line, write_line(line, format, args));
	va_end(args);
	show(level, line);
}

void fw_show(enum log_level level, const char *format, ...)
{
	char line[LONGEST_LINE];
	va_list args;

	if (!fw_log_wants(level))
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
	journal_add(&fw.kept, kept, line, write_line(line, format, args));
	va_end(args);
}

void fw_keep_anew(void)
{
	journal_begin(&fw.kept);
}

bool fw_log_wants(enum log_level level)
{
	return !sim.quiet || level <= LOG_QUIET;
}

const char *sim_quiet_log(void)
{
	return fw.quiet_log;
}

const char *sim_log(void)
{
	return fw.log;
}

const char *sim_kept(void)
{
	fw.kept_text[journal_text(&fw.kept, fw.kept_text, LOG_SIZE)] = '\0';
	return fw.kept_text;
}
