/* SPDX-License-Identifier: BSD-2-Clause */
/* What the compiler calls in firmware, efi/libc.c, against loops of one byte: each size, edge and overlap up to some.
 */
#include "given.h"

#include <string.h>

/* Under names of its own: the host's are in use. */
#define memcpy	loader_memcpy
#define memmove loader_memmove
#define memset	loader_memset
#define memcmp	loader_memcmp
#include "../../efi/libc.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

#define ROOM 320u
#define EDGE 48u  /* bytes before what is written; what lies around it must stay */
#define MOST 150u /* four turns of the widest loop and what is left of it */

static unsigned char is[ROOM], wanted[ROOM];

static void begin(void)
{
	for (size_t i = 0; i < ROOM; i++)
		is[i] = wanted[i] = (unsigned char)(i * 7 + 3);
}

static void a_copy_is_one_and_no_more(void **state)
{
	unsigned char from[MOST + 8];

	(void)state;
	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (unsigned char)(255 - i);
	for (size_t size = 0; size <= MOST; size++)
		for (size_t to = 0; to < 8; to++)
			for (size_t at = 0; at < 8; at++) {
				begin();
				for (size_t i = 0; i < size; i++)
					wanted[EDGE + to + i] = from[at + i];
				assert_ptr_equal(loader_memcpy(is + EDGE + to, from + at, size), is + EDGE + to);
				assert_memory_equal(is, wanted, ROOM);
			}
}

static void what_overlaps_is_moved_in_either_direction(void **state)
{
	(void)state;
	for (size_t size = 0; size <= MOST; size++)
		for (size_t to = 0; to <= 2 * EDGE; to++) {
			unsigned char before[ROOM];

			begin();
			memcpy(before, is, ROOM);
			for (size_t i = 0; i < size; i++)
				wanted[to + i] = before[EDGE + i];
			assert_ptr_equal(loader_memmove(is + to, is + EDGE, size), is + to);
			assert_memory_equal(is, wanted, ROOM);
		}
}

static void a_byte_fills_what_it_is_to(void **state)
{
	(void)state;
	for (size_t size = 0; size <= MOST; size++)
		for (size_t to = 0; to < 8; to++) {
			begin();
			for (size_t i = 0; i < size; i++)
				wanted[EDGE + to + i] = 0xa5;
			assert_ptr_equal(loader_memset(is + EDGE + to, 0x100 + 0xa5, size), is + EDGE + to);
			assert_memory_equal(is, wanted, ROOM);
		}
}

static void the_first_byte_that_differs_decides(void **state)
{
	unsigned char other[ROOM];

	(void)state;
	for (size_t size = 0; size <= MOST; size++)
		for (size_t at = 0; at < size; at++) {
			begin();
			memcpy(other, is, ROOM);
			other[EDGE + at] = 0xff;
			other[EDGE + size] ^= 0xff; /* behind what is compared */
			if (at + 1 < size)
				other[EDGE + at + 1] = 0; /* and behind what decides */
			is[EDGE + at] = 0x80;
			assert_int_equal(loader_memcmp(is + EDGE, other + EDGE, at), 0);
			assert_true(loader_memcmp(is + EDGE, other + EDGE, size) < 0);
			assert_true(loader_memcmp(other + EDGE, is + EDGE, size) > 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_copy_is_one_and_no_more),
	    cmocka_unit_test(what_overlaps_is_moved_in_either_direction),
	    cmocka_unit_test(a_byte_fills_what_it_is_to),
	    cmocka_unit_test(the_first_byte_that_differs_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
