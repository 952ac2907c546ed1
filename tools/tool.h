/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sub-commands of berth(1) share: statuses, errors, files, colours. */
#ifndef BERTH_TOOL_H
#define BERTH_TOOL_H

#include <stdbool.h>
#include <stdio.h>

#include "../base/bytes.h"
#include "../base/fail.h"
#include "../config/entry.h"

/* As grep(1) and cmp(1): an answer of "no" is not an error. */
enum exit_status {
	EXIT_YES = 0,
	EXIT_NO = 1,	/* the plan is impossible, an entry is wrong */
	EXIT_USAGE = 2, /* a wrong command, or input that cannot be read */
};

/* One sub-command: argv[0] is its name. */
struct command {
	const char *name, *summary;
	const char *help; /* what `berth NAME --help` prints, examples included; shells learn the options from it */
	/* Names of what follows, with blanks between; the last may repeat (complete.c). NULL: nothing does. */
	const char *operands;
	int (*run)(int argc, char **argv);
};

extern const struct command command_rules, command_inspect, command_plan, command_explain, command_log, command_check,
    command_measure, command_sums, command_prepare, command_install, command_update, command_remove, command_status,
    command_kernel;

/* As a terminal may show it (word_show, config/entry.h): text of files is hostile. */
void print_word(FILE *out, struct word word);
/* Its lines, each behind @indent, without the last one's end. */
void print_lines(FILE *out, const char *text, const char *indent);

/* "berth: " and the sentence, as print_lines, on standard error; returns EXIT_USAGE. */
__attribute__((format(printf, 1, 2))) int complain(const char *format, ...);

/* The same, and where to find help. */
__attribute__((format(printf, 2, 3))) int misused(const struct command *command, const char *format, ...);

/*
 * Reads the first @limit bytes of a file, or all of it when it is shorter, into memory that the caller must free(); one
 * NUL follows them. *size is the whole file's size, if it has one. `-` is standard input. IO_ERROR names the
 * file and the reason.
 */
enum status file_head(const char *path, size_t limit, struct bytes *head, uint64_t *size, struct fail *why) MUST_CHECK;

/*
 * The value of an option, "--name VALUE" or "--name=VALUE"; *i moves to its last word. False when argv[*i] is not
 * this option; *value is NULL when its value is missing.
 */
bool option_value(int argc, char **argv, int *i, const char *name, const char **value);

/* @text on lines of at most 100 columns: the first begins with @label, the others with @indent. */
void print_wrapped(FILE *out, const char *label, const char *indent, const char *text);

/* 2 MiB, not 2.0 MiB: alignments are whole numbers of KiB. */
struct size_words align_words(uint64_t align);

/* Colours only on a terminal, never with NO_COLOR in the environment (no-color.org). */
bool wants_colour(FILE *out);

#endif
