/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Little-endian numbers in memory that has no alignment and may end anywhere.
 *
 * bytes_get reads from a piece of a file: it knows where the piece ends and answers false past it. load_le and
 * store_le serve structures whose whole size was allocated by the caller.
 */
#ifndef BERTH_BYTES_H
#define BERTH_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *at;
	size_t size;
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "UEFI 2.10, 1.8.1: every CPU of UEFI is little-endian");

/* @width: 1 to 8 bytes. When it is a constant, as it nearly always is, this becomes a single instruction; a call is
 * longer. */
/*@ requires 1 <= width <= 8 && \valid_read(at + (0 .. width - 1));
    assigns \nothing; */
static inline __attribute__((always_inline)) uint64_t load_le(const uint8_t *at, unsigned int width)
{
	uint64_t value = 0;

	__builtin_memcpy(&value, at, width);
	return value;
}

/* @width: 1 to 8 bytes; bits of @value above it are dropped. */
/*@ requires 1 <= width <= 8 && \valid(at + (0 .. width - 1));
    assigns at[0 .. width - 1]; */
static inline __attribute__((always_inline)) void store_le(uint8_t *at, unsigned int width, uint64_t value)
{
	__builtin_memcpy(at, &value, width);
}

/* Reads @width bytes at @offset; false, and *out untouched, when they do not all lie in @from. */
/*@ requires 1 <= width <= 8 && \valid_read(from.at + (0 .. from.size - 1)) && \valid(out);
    assigns *out;
    ensures \result <==> offset + width <= from.size;
    ensures !\result ==> *out == \old(*out); */
static inline bool bytes_get(struct bytes from, uint64_t offset, unsigned int width, uint64_t *out)
{
	if (offset > from.size || from.size - offset < width)
		return false;
	*out = load_le(from.at + offset, width);
	return true;
}

#endif
