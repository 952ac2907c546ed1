/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of bytes, and arithmetic that tells when it overflows.
 *
 * Every range in Berth is half-open: [start, end). Numbers from a file, a variable or firmware go through the
 * checked_ functions, which return true when the result does not fit and then leave *out alone.
 *
 * Comments that begin with an at sign are contracts in ACSL, the language of Frama-C: scripts/prove holds the code to
 * them for every value that there is.
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

/*@
  predicate is_empty(struct range r) = r.end <= r.start;
  predicate overlap(struct range a, struct range b) = \max(a.start, b.start) < \min(a.end, b.end);
  predicate power_of_two(integer n) = n != 0 && (n & (n - 1)) == 0;
  predicate is_rounded_down(integer down, integer n, integer align) =
    down % align == 0 && down <= n < down + align &&
    \forall uint64_t multiple; multiple <= n && multiple % align == 0 ==> multiple <= down;
*/

/*@ requires r.start <= r.end;
    assigns \nothing;
    ensures \result == r.end - r.start; */
static inline uint64_t range_size(struct range r)
{
	return r.end - r.start;
}

/*@ assigns \nothing;
    ensures \result <==> is_empty(r); */
static inline bool range_is_empty(struct range r)
{
	return r.end <= r.start;
}

/*@ assigns \nothing;
    ensures \result <==> overlap(a, b); */
static inline bool range_overlaps(struct range a, struct range b)
{
	return !range_is_empty(a) && !range_is_empty(b) && a.start < b.end && b.start < a.end;
}

/*@ assigns \nothing;
    ensures \result <==> outer.start <= inner.start && inner.end <= outer.end; */
static inline bool range_contains(struct range outer, struct range inner)
{
	return outer.start <= inner.start && inner.end <= outer.end;
}

/* The bytes in both; empty (end <= start) when there are none. */
/*@ assigns \nothing;
    ensures \forall integer byte;
      \result.start <= byte < \result.end <==> a.start <= byte < a.end && b.start <= byte < b.end;
    ensures \result.start == \max(a.start, b.start) && \result.end == \min(a.end, b.end); */
static inline struct range range_common(struct range a, struct range b)
{
	return (struct range){a.start > b.start ? a.start : b.start, a.end < b.end ? a.end : b.end};
}

/*@ assigns \nothing;
    ensures \result <==> power_of_two(n); */
static inline bool is_power_of_two(uint64_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/*
 * What provers of integers do not know about bits. Not taken on trust: scripts/prove asks a prover of 64-bit vectors,
 * once for each power of two.
 */
/*@ axiomatic Mask {
      axiom mask_rounds_down: \forall uint64_t n, align;
	power_of_two(align) ==> is_rounded_down(n & (uint64_t)~(align - 1), n, align);
      axiom no_multiple_wraps: \forall uint64_t multiple, align;
	power_of_two(align) && multiple % align == 0 ==> multiple + (align - 1) <= UINT64_MAX;
    } */

/*@ lemma multiples_lie_apart: \forall integer a, b, align;
      0 < align && 0 <= a < b && a % align == 0 && b % align == 0 ==> a + align <= b; */

/* @align: a power of two. */
/*@ requires power_of_two(align);
    assigns \nothing;
    ensures is_rounded_down(\result, n, align); */
static inline uint64_t align_down(uint64_t n, uint64_t align)
{
	return n & ~(align - 1);
}

/*@ requires \valid(out);
    assigns *out;
    ensures \result <==> a + b > UINT64_MAX;
    ensures *out == (\result ? \old(*out) : a + b); */
static inline bool checked_add(uint64_t a, uint64_t b, uint64_t *out)
{
	if (a > UINT64_MAX - b)
		return true;
	*out = a + b;
	return false;
}

/*@ requires \valid(out);
    assigns *out;
    ensures \result <==> a * b > UINT64_MAX;
    ensures *out == (\result ? \old(*out) : a * b); */
static inline bool checked_mul(uint64_t a, uint64_t b, uint64_t *out)
{
	if (b != 0 && a > UINT64_MAX / b)
		return true;
	*out = a * b;
	return false;
}

/* @align: a power of two. */
/*@ requires power_of_two(align) && \valid(out);
    assigns *out;
    ensures \result ==> *out == \old(*out);
    ensures !\result ==> *out % align == 0 && n <= *out < n + align;
    ensures \forall uint64_t multiple;
      n <= multiple && multiple % align == 0 ==> !\result && *out <= multiple; */
static inline bool checked_align_up(uint64_t n, uint64_t align, uint64_t *out)
{
	uint64_t sum;

	if (checked_add(n, align - 1, &sum))
		return true;
	*out = align_down(sum, align);
	return false;
}

/* [start, start + size); true when that runs past the end of 64 bits. */
/*@ requires \valid(out);
    assigns *out;
    ensures \result <==> start + size > UINT64_MAX;
    ensures \result ==> *out == \old(*out);
    ensures !\result ==> out->start == start && out->end == start + size; */
static inline bool checked_range(uint64_t start, uint64_t size, struct range *out)
{
	uint64_t end;

	if (checked_add(start, size, &end))
		return true;
	*out = (struct range){start, end};
	return false;
}

#endif
