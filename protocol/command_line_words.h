/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes a command line apart as Linux does, for the files that read one. Any bytes are a command line. */
#ifndef BERTH_COMMAND_LINE_WORDS_H
#define BERTH_COMMAND_LINE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of the line. */
struct piece_of_line {
	const char *at;
	size_t length;
};

/* NAME or NAME=VALUE, without the quotes around it or around the value. */
struct parameter {
	const char *start; /* with its quotes */
	struct piece_of_line name, value;
	bool has_value;
};

/* NUL when the piece is empty. */
static inline char first_of(struct piece_of_line piece)
{
	return piece.length == 0 ? '\0' : piece.at[0];
}

/* @n: at most the length. */
static inline void skip_of(struct piece_of_line *piece, size_t n)
{
	piece->at += n;
	piece->length -= n;
}

bool is_piece(struct piece_of_line piece, const char *text);

/* lib/cmdline.c, next_arg: double quotes join words. False at the end of the line. */
bool next_parameter(const char **line, struct parameter *p);

/* True for "--", behind which nothing is for the kernel. */
bool is_end_of_options(const struct parameter *p);

/* kernel/params.c, parse_args: the same, but "--" ends it. */
bool next_option(const char **line, struct parameter *p);

/* Takes the next item off a list with commas. */
struct piece_of_line next_of_list(struct piece_of_line *list);

/*
 * Takes a number off the front, as simple_strtoull does: 0 when there is none, and modulo 2^64, because what counts is
 * what the kernel makes of a number that is too large.
 */
uint64_t piece_number(struct piece_of_line *text);

/* lib/cmdline.c, memparse: a number and one of the suffixes K, M, G, T, P, E. */
uint64_t piece_size(struct piece_of_line *text);

#endif
