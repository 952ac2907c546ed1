/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packed blocks of LZ4's legacy frames that come in several pieces: they wait where the end of the data will be, surely
 * out of reach of what they become, else in memory of their own; damaged or not, they do no harm there.
 */
#include "lz4_drawn.h"

#define BLOCK	   MIB(8)		      /* lz4_Frame_format.md, "Legacy frame" */
#define PACKED_MAX (BLOCK + BLOCK / 255 + 16) /* lz4.h, LZ4_COMPRESSBOUND: the worst that a packer makes of it */
#define NO_ROOM	   UINT64_C(4096)	      /* what the decoder takes, without room for a block */

static const struct kind legacy = {PACKED_LZ4_LEGACY, "lz4 -q -l -c", false};
static const size_t pieces[] = {4099, 100000, MIB(1)};

/* One MiB of noise, and a block behind it. */
static struct blob behind_a_mib(struct blob block)
{
	struct blob first = joined(blob_copy("\x02\x21\x4c\x18", 4), lz4_literals(given_data(LOOK_NOISE, MIB(1)), 0));

	return joined(first, block);
}

/* ---- that come out ---- */

/*
 * What of a block came before the rest of it waits where the end of the data will be, unless this block's own bytes
 * may come there: noise is larger when it is packed.
 */
static void lz4_blocks_wait_where_the_end_will_be(void **state)
{
	static const size_t size[N_LOOKS] = {[LOOK_TEXT] = MIB(20), [LOOK_NOISE] = MIB(17)};

	(void)state;
	for (enum look look = LOOK_TEXT; look < N_LOOKS; look++) {
		struct blob data = given_data(look, size[look]);
		struct caller caller = {.packed = packed_as(&legacy, data), .piece = 100000};
		uint64_t first = load_le(caller.packed.at + 4, 4);
		struct unpacked out = unpack_all(&legacy, &caller, SIZE_MAX, data.size);

		assert_int_equal(out.status, OK);
		assert_memory_equal(out.at, data.at, data.size);
		print_message("LZ4 (legacy), a first block of %lu bytes: %lu bytes of memory\n", first, out.memory);
		assert_int_equal(out.memory < first, look == LOOK_TEXT); /* half of a block is last there */
		forget_unpacked(&out);
		drop(&caller.packed);
		drop(&data);
	}
}

/* A frame's last block is shorter than others, and nothing says so before; another frame begins right behind it. */
static void behind_a_block_that_is_short_another_frame_goes_on(void **state)
{
	struct blob head = given_data(LOOK_TEXT, MIB(3) + 1), tail = given_data(LOOK_NOISE, MIB(14) + 1);
	struct blob packed = joined(packed_as(&legacy, head), packed_as(&legacy, tail));
	struct blob data = joined(head, tail);

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(pieces); i++) {
		struct caller caller = {.packed = packed, .piece = pieces[i / 2]};
		bool at_once = i % 2 == 0;
		struct unpacked out = unpack_all(&legacy, &caller, at_once ? SIZE_MAX : 1000003, MIB(32));

		assert_int_equal(out.status, OK);
		assert_int_equal(out.size, data.size);
		assert_memory_equal(out.at, data.at, data.size);
		assert_int_equal(out.memory < NO_ROOM, at_once);
		forget_unpacked(&out);
	}
	drop(&packed);
	drop(&data);
}

/* Behind what a reader asks for nothing is his, also when that is less than the limit, whatever more might come out. */
static void expect_nothing_behind(struct blob packed, size_t piece, uint64_t size)
{
	struct caller caller = {.packed = packed, .piece = piece};
	struct unpack_from from = from_caller(&caller, &legacy);
	struct blob to = {malloc(size), size};
	struct unpack u;
	struct fail why;
	uint64_t got;

	assert_non_null(to.at);
	assert_int_equal(unpack_open(&u, PACKED_LZ4_LEGACY, &from, MIB(18), &why), OK);
	assert_int_equal(unpack_read(&u, to.at, to.size, &got, &why), OK);
	assert_int_equal(got, MIB(2));
	assert_memory_equal(to.at, to.at + MIB(1), MIB(1));
	assert_int_equal(unpack_finish(&u, &why), OK);
	unpack_close(&u);
	caller_done(&caller);
	drop(&to);
}

static void no_byte_behind_what_was_asked_for_is_written(void **state)
{
	struct blob packed = behind_a_mib(lz4_literals(given_data(LOOK_NOISE, MIB(1)), 0));

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		expect_nothing_behind(packed, pieces[i], MIB(18));
		expect_nothing_behind(packed, pieces[i], MIB(18) - 1);
	}
	drop(&packed);
}

/* ---- at the edge ---- */

struct edge {
	struct blob packed; /* the block begins with a MiB unpacked before it */
	enum status status;
	const char *words;
};

static struct unpacked unpacked_within(const struct edge *edge, size_t piece, uint64_t limit)
{
	struct caller caller = {.packed = edge->packed, .piece = piece};
	struct unpacked out = unpack_all(&legacy, &caller, SIZE_MAX, limit);

	assert_int_equal(out.status, edge->status);
	if (out.status != OK)
		assert_non_null(strstr(out.why.text, edge->words));
	return out;
}

/* What comes out has 8 MiB at most, so that much must lie between where it begins and where the packed block waits. */
static void expect_edge(struct edge edge, uint64_t size)
{
	for (size_t i = 0; i < 2 * COUNT_OF(pieces); i++) {
		bool fits = i % 2 == 0;
		uint64_t limit = MIB(1) + BLOCK + size - !fits;
		struct unpacked out = unpacked_within(&edge, pieces[i / 2], limit);

		assert_true(fits ? out.memory < NO_ROOM : out.memory >= size);
		if (out.status == OK) {
			struct blob data = given_data(LOOK_NOISE, BLOCK);

			assert_int_equal(out.size, MIB(1) + BLOCK);
			assert_memory_equal(out.at, data.at, MIB(1));
			assert_memory_equal(out.at + MIB(1), data.at, BLOCK);
			drop(&data);
		}
		forget_unpacked(&out);
	}
	drop(&edge.packed);
}

static void a_block_waits_at_the_end_only_out_of_reach_of_8_mib(void **state)
{
	struct blob longest = lz4_literals(given_data(LOOK_NOISE, BLOCK), 0);
	uint64_t size = longest.size - 4;

	(void)state;
	assert_in_range(size, BLOCK, PACKED_MAX);
	expect_edge((struct edge){behind_a_mib(longest), OK, NULL}, size);
	expect_edge((struct edge){behind_a_mib(lz4_nonsense(PACKED_MAX)), BAD_INPUT, "a damaged block ends here"},
		    PACKED_MAX);
}

static void no_packed_block_is_larger_than_the_worst_of_8_mib(void **state)
{
	struct edge edge = {behind_a_mib(lz4_nonsense(PACKED_MAX + 1)), BAD_INPUT,
			    "a block larger than the format permits, or something else behind the end"};

	(void)state;
	for (uint64_t limit = MIB(17); limit <= MIB(18); limit += MIB(1)) {
		struct unpacked out = unpacked_within(&edge, MIB(1), limit);

		assert_true(out.memory < NO_ROOM);
		forget_unpacked(&out);
	}
	drop(&edge.packed);
}

/* ---- damaged ---- */

/* What came out before stays as it was. */
static void expect_damage(struct blob block)
{
	struct blob packed = behind_a_mib(block), first = given_data(LOOK_NOISE, MIB(1));
	char words[100];

	snprintf(words, sizeof(words), "LZ4 (legacy) at byte %zu: a damaged block ends here", 0x1000 + packed.size);
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct edge edge = {packed, BAD_INPUT, words};
		struct unpacked out = unpacked_within(&edge, pieces[i], MIB(18));

		assert_true(out.memory < NO_ROOM);
		assert_memory_equal(out.at, first.at, first.size);
		forget_unpacked(&out);
	}
	drop(&packed);
	drop(&first);
}

static void a_damaged_block_is_told_where_it_waited(void **state)
{
	(void)state;
	expect_damage(lz4_literals(given_data(LOOK_NOISE, MIB(1) + 4), 1));
}

/* lz4_Frame_format.md, "Legacy frame": blocks are independent. */
static void a_block_looks_back_at_none_before_it(void **state)
{
	(void)state;
	expect_damage(lz4_match(BLOCK, 2));
}

static void a_block_of_more_than_8_mib_is_damaged(void **state)
{
	struct edge edge = {behind_a_mib(lz4_match(BLOCK, 1)), OK, NULL};
	struct unpacked out = unpacked_within(&edge, 4099, MIB(18));

	(void)state;
	assert_int_equal(out.size, MIB(1) + BLOCK);
	forget_unpacked(&out);
	drop(&edge.packed);
	expect_damage(lz4_match(BLOCK + 1, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lz4_blocks_wait_where_the_end_will_be),
	    cmocka_unit_test(behind_a_block_that_is_short_another_frame_goes_on),
	    cmocka_unit_test(no_byte_behind_what_was_asked_for_is_written),
	    cmocka_unit_test(a_block_waits_at_the_end_only_out_of_reach_of_8_mib),
	    cmocka_unit_test(no_packed_block_is_larger_than_the_worst_of_8_mib),
	    cmocka_unit_test(a_damaged_block_is_told_where_it_waited),
	    cmocka_unit_test(a_block_looks_back_at_none_before_it),
	    cmocka_unit_test(a_block_of_more_than_8_mib_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
