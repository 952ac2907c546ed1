/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of bytes, and arithmetic that tells when it overflows.
 *
 * Every range in Berth is half-open: [start, end). Numbers from a file, a variable or firmware go through the
 * checked_ functions, which return true when the result does not fit and then leave *out alone.
 */
#ifndef BERTH_RANGE_H
#define BERTH_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
#define TIB(n) ((uint64_t)(n) << 40)

/* UEFI 2.10, 7.2: all memory services count in pages of this size, on every CPU. */
#define EFI_PAGE UINT64_C(4096)

struct range {
	uint64_t start, end;
};

static inline uint64_t range_size(struct range r)
{
	return r.end - r.start;
}

static inline bool range_is_empty(struct range r)
{
	return r.end <= r.start;
}

static inline bool range_overlaps(struct range a, struct range b)
{
	return !range_is_empty(a) && !range_is_empty(b) && a.start < b.end && b.start < a.end;
}

static inline bool range_contains(struct range outer, struct range inner)
{
	return outer.start <= inner.start && inner.end <= outer.end;
}

/* The bytes in both; empty (end <= start) when there are none. */
static inline struct range range_common(struct range a, struct range b)
{
	return (struct range){a.start > b.start ? a.start : b.start, a.end < b.end ? a.end : b.end};
}

static inline bool is_power_of_two(uint64_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* @align: a power of two. */
static inline uint64_t align_down(uint64_t n, uint64_t align)
{
	return n & ~(align - 1);
}

static inline bool checked_add(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return true;
	*out = sum;
	return false;
}

static inline bool checked_mul(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return true;
	*out = product;
	return false;
}

/* @align: a power of two. */
static inline bool checked_align_up(uint64_t n, uint64_t align, uint64_t *out)
{
	uint64_t sum;

	if (checked_add(n, align - 1, &sum))
		return true;
	*out = align_down(sum, align);
	return false;
}

/* [start, start + size); true when that runs past the end of 64 bits. */
static inline bool checked_range(uint64_t start, uint64_t size, struct range *out)
{
	uint64_t end;

	if (checked_add(start, size, &end))
		return true;
	*out = (struct range){start, end};
	return false;
}

#endif
