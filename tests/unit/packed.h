/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packed data for tests, made by the system's own gzip, lz4, zstd and xz, and a caller of unpack.h that counts memory,
 * gives input in pieces of any size, each in memory of exactly that size, and lets the k-th allocation fail.
 */
#ifndef BERTH_TESTS_PACKED_H
#define BERTH_TESTS_PACKED_H

#include "given.h"

#include "../../codecs/unpack.h"

struct blob {
	uint8_t *at;
	size_t size;
};

/* What data looks like: how well it packs. */
enum look { LOOK_ZEROS, LOOK_TEXT, LOOK_NOISE, N_LOOKS };

struct blob given_data(enum look look, size_t size);
/* The output of a shell command that has @in as its standard input; a test fails when the command does. */
struct blob through(const char *command, struct blob in);
struct blob blob_copy(const void *at, size_t size);
/* @a and @b behind it; both are freed. */
struct blob joined(struct blob a, struct blob b);
void drop(struct blob *blob);

/* The kinds of streams that the tests go through. */
struct kind {
	enum packing packing;
	const char *command;
	bool sized; /* with the length behind it that Linux's build appends */
};

extern const struct kind kinds[];
extern const size_t n_kinds;

struct blob packed_as(const struct kind *kind, struct blob data);

struct caller {
	struct blob packed;
	size_t size_at;	  /* where the length stands when the stream was changed; 0: in its last four bytes */
	size_t piece, at; /* bytes of a piece of input; how many were given */
	uint8_t *given;	  /* the last piece */
	unsigned long n_taken, fail_at; /* which allocation fails, from 1; 0: none */
	uint64_t held;
	enum status broken_at_end; /* instead of the end */
};

struct unpacked {
	enum status status;
	struct fail why;
	uint64_t size, memory;
	uint8_t *at; /* of the limit's size */
};

/* Opens, reads in steps of @step bytes, finishes and closes; all memory must be back. */
struct unpacked unpack_all(const struct kind *kind, struct caller *caller, size_t step, uint64_t limit);
struct unpack_from from_caller(struct caller *caller, const struct kind *kind);
void caller_done(struct caller *caller);
void forget_unpacked(struct unpacked *out);

#endif
