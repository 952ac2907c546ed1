/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LZ4's frames: whatever is in them, whole or damaged, is taken or refused as LZ4's own decoder of frames does it, with
 * the same bytes, however it is read; and read at once they take memory for one of the last packed blocks alone.
 */
#include "lz4_drawn.h"
#include "lz4_upstream.h"

#define NO_ROOM UINT64_C(4096) /* what the decoder takes, without room for a block */

static const struct kind frames = {PACKED_LZ4, NULL, false};

/* ---- what the system's lz4 makes of data ---- */

static const char *const options[] = {"",	 "-BX",	   "-BD -B4",	"-BD -BX -B4", "-B5 -BX --no-frame-crc",
				      "-BD -B6", "-9 -BD", "-1 -BD -B4"};

/* Noise that comes again as far back as an offset reaches. */
static struct blob far_back(size_t size)
{
	struct blob data = given_data(LOOK_NOISE, size);

	for (size_t i = UINT16_MAX; i < size; i++)
		data.at[i] = data.at[i - UINT16_MAX];
	return data;
}

static void expect_data(struct blob packed, struct blob data, size_t piece, size_t step)
{
	struct caller caller = {.packed = packed, .piece = piece};
	struct unpacked out = unpack_all(&frames, &caller, step, data.size);

	if (out.status != OK)
		fail_msg("pieces of %zu, steps of %zu: %s", piece, step, out.why.text);
	assert_int_equal(out.size, data.size);
	assert_memory_equal(out.at, data.at, data.size);
	forget_unpacked(&out);
}

static void however_it_was_packed_it_comes_out_as_it_went_in(void **state)
{
	static const size_t ways[][2] = {{SIZE_MAX, SIZE_MAX}, {4099, SIZE_MAX}, {100000, 70001},
					 {SIZE_MAX, 1009},     {77, 4099},	 {100000, MIB(4)}};
	static const size_t sizes[] = {66000, 400000, MIB(9) + 5};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(options) * COUNT_OF(sizes); i++) {
		struct blob data = i % 2 == 0 ? far_back(sizes[i % 3]) : given_data(LOOK_TEXT, sizes[i % 3]), packed;
		char command[64];

		snprintf(command, sizeof(command), "lz4 -q %s -c", options[i / COUNT_OF(sizes)]);
		packed = through(command, data);
		for (size_t k = 0; k < COUNT_OF(ways); k++)
			if (data.size < MIB(1) || in_sample())
				expect_data(packed, data, ways[k][0], ways[k][1]);
		drop(&packed);
		drop(&data);
	}
}

/* The last block's size, and the largest of all, by the words before them. */
static uint64_t last_block(struct blob packed, uint64_t *largest)
{
	uint64_t at = 7, size = load_le(packed.at + at, 4), last = 0;

	for (*largest = 0; size != 0; size = load_le(packed.at + at, 4)) {
		at += 4 + size;
		last = size;
		*largest = size > *largest ? size : *largest;
	}
	return last;
}

/* Unpacked by one read of @size bytes, to memory of so much and no more; @limit: how many may come out. */
static enum status read_once(struct blob packed, size_t piece, uint64_t size, uint64_t limit, uint64_t *memory,
			     struct fail *why)
{
	struct caller caller = {.packed = packed, .piece = piece};
	struct unpack_from from = from_caller(&caller, &frames);
	uint8_t *to = malloc(size);
	struct unpack u;
	uint64_t got;
	enum status status;

	assert_non_null(to);
	assert_int_equal(unpack_open(&u, PACKED_LZ4, &from, limit, why), OK);
	status = unpack_read(&u, to, size, &got, why);
	if (status == OK)
		status = unpack_finish(&u, why);
	*memory = u.memory;
	unpack_close(&u);
	caller_done(&caller);
	free(to);
	return status;
}

static enum status exactly(struct blob packed, size_t piece, uint64_t size, uint64_t *memory, struct fail *why)
{
	return read_once(packed, piece, size, size, memory, why);
}

/* Blocks of 4 MiB, as lz4 makes them: the last one is short, and nothing behind the data is anyone's. */
static void read_at_once_only_the_last_block_takes_memory(void **state)
{
	struct blob data = given_data(LOOK_TEXT, MIB(24) - KIB(500)), packed = through("lz4 -q -BD -c", data);
	struct caller caller = {.packed = packed, .piece = 100000};
	struct unpacked out = unpack_all(&frames, &caller, SIZE_MAX, data.size);
	uint64_t largest, last = last_block(packed, &largest), memory;
	struct fail why;

	(void)state;
	print_message("an LZ4 frame whose largest block has %lu bytes, and its last %lu: %lu bytes of memory\n",
		      largest, last, out.memory);
	assert_int_equal(out.status, OK);
	assert_memory_equal(out.at, data.at, data.size);
	assert_in_range(out.memory, last, last + NO_ROOM);
	assert_true(last + NO_ROOM < largest);
	forget_unpacked(&out);
	drop(&packed);
	packed = through("lz4 -q -BI -c", data); /* needs nothing to look back at, so more might follow */
	last = last_block(packed, &largest);
	assert_int_equal(read_once(packed, 100000, data.size, data.size + 1000, &memory, &why), OK);
	assert_in_range(memory, last, last + NO_ROOM);
	drop(&packed);
	drop(&data);
}

/* ---- at the edge ---- */

static struct blob one_block(uint8_t flags, struct blob block)
{
	return joined(joined(lz4_head(LZ4_VERSION_1 | flags, LZ4_4M, 0), block), lz4_end(NULL));
}

/* What comes out of a block has 4 MiB at most, so that much must lie between where it begins and where it waits. */
static void a_block_waits_at_the_end_only_out_of_reach_of_4_mib(void **state)
{
	static const size_t pieces[] = {4099, MIB(1)};
	struct blob packed = one_block(LZ4_INDEPENDENT, lz4_literals(given_data(LOOK_NOISE, MIB(3)), 0));
	uint64_t size = load_le(packed.at + 7, 4), memory;
	struct fail why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		assert_int_equal(exactly(packed, pieces[i], MIB(4) + size, &memory, &why), OK);
		assert_true(memory < NO_ROOM);
		assert_int_equal(exactly(packed, pieces[i], MIB(4) + size - 1, &memory, &why), OK);
		assert_in_range(memory, size, size + NO_ROOM);
		assert_int_equal(exactly(packed, pieces[i], MIB(3), &memory, &why), OK);
		assert_int_equal(exactly(packed, pieces[i], MIB(3) - 1, &memory, &why), BAD_INPUT);
		assert_non_null(strstr(why.text, "unpacks to more than the 3145727 bytes that"));
	}
	drop(&packed);
}

static void expect_broken(struct blob packed, const char *words)
{
	static const uint64_t limits[] = {MIB(1), MIB(9)};
	uint64_t memory;
	struct fail why;

	for (size_t i = 0; i < 2 * COUNT_OF(limits); i++) {
		assert_int_equal(exactly(packed, i % 2 == 0 ? 4099 : MIB(9), limits[i / 2], &memory, &why), BAD_INPUT);
		if (strstr(why.text, words) == NULL)
			fail_msg("\"%s\", expected \"%s\"", why.text, words);
	}
	drop(&packed);
}

/* lz4_Frame_format.md, "Block Size" and "BD byte": larger ones are refused before there is memory for them. */
static void what_a_header_does_not_permit_is_refused(void **state)
{
	static const struct {
		uint8_t flags, bd;
		const char *words;
	} rows[] = {
	    {0x80, LZ4_4M, "a header that version 1"}, {0x42, LZ4_4M, "a header that version 1"},
	    {0x40, 0xf0, "a header that version 1"},   {0x40, 0x71, "a header that version 1"},
	    {0x40, 0x30, "a block size that"},
	};
	struct blob head = lz4_head(LZ4_VERSION_1, LZ4_4M, 0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_broken(joined(lz4_head(rows[i].flags, rows[i].bd, 0), lz4_end(NULL)), rows[i].words);
	head.at[6] ^= 1;
	expect_broken(joined(head, lz4_end(NULL)), "the header's checksum is wrong");
	expect_broken(one_block(0, lz4_nonsense(MIB(4) + 1)), "a block larger than its frame's header permits");
	expect_broken(one_block(0, lz4_stored(given_data(LOOK_ZEROS, MIB(4) + 1))),
		      "a block larger than its frame's header permits");
	expect_broken(joined(joined(lz4_head(LZ4_VERSION_1 | LZ4_SIZE, LZ4_4M, 1000),
				    lz4_literals(given_data(LOOK_NOISE, 999), 0)),
			     lz4_end(NULL)),
		      "the frame's length is not what its header says");
}

static void damage_is_told_where_it_is_found(void **state)
{
	struct blob summed = lz4_summed(lz4_literals(given_data(LOOK_NOISE, 5000), 0)),
		    stored = lz4_summed(lz4_stored(given_data(LOOK_NOISE, 5000))), data = given_data(LOOK_NOISE, 5000),
		    end = lz4_end(&data);

	(void)state;
	summed.at[3000] ^= 1;
	expect_broken(one_block(LZ4_BLOCK_SUMS, summed), "at byte 9132: a block's checksum is wrong");
	stored.at[3000] ^= 1;
	expect_broken(one_block(LZ4_BLOCK_SUMS, stored), "at byte 9111: a block's checksum is wrong");
	end.at[7] ^= 1;
	expect_broken(joined(joined(lz4_head(LZ4_VERSION_1 | LZ4_SUM, LZ4_4M, 0), lz4_stored(data)), end),
		      "at byte 9115: the content's checksum is wrong");
	expect_broken(one_block(0, lz4_literals(given_data(LOOK_NOISE, 5000), 1)), "a damaged block ends here");
}

/* "Block Independence": a linked block looks back over those before it, stored ones too, and at no other frame. */
static void a_block_looks_back_within_its_frame_if_it_is_linked(void **state)
{
	static const struct {
		uint8_t flags;
		uint16_t offset;
		bool good;
	} rows[] = {{0, 40001, true}, {0, 40002, false}, {LZ4_INDEPENDENT, 1, true}, {LZ4_INDEPENDENT, 2, false}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct blob other = one_block(0, lz4_stored(given_data(LOOK_NOISE, 60000)));
		struct blob blocks = joined(
		    joined(lz4_stored(given_data(LOOK_NOISE, 30000)), lz4_literals(given_data(LOOK_NOISE, 10000), 0)),
		    lz4_match(1000, rows[i].offset));
		struct blob packed = joined(other, one_block(rows[i].flags, blocks));

		for (size_t step = 777; step != 0; step = step == 777 ? SIZE_MAX : 0) {
			struct caller caller = {.packed = packed, .piece = 4099};
			struct unpacked out = unpack_all(&frames, &caller, step, MIB(5));

			assert_int_equal(out.status, rows[i].good ? OK : BAD_INPUT);
			assert_true(!rows[i].good || out.size == 60000 + 41000);
			forget_unpacked(&out);
		}
		drop(&packed);
	}
}

/* ---- as LZ4's own decoder does it ---- */

#define BLOCK_64K 65536u

static struct blob rolled_block(struct dice *dice)
{
	switch (roll(dice, 12)) {
	case 0:
	case 1:
		return lz4_stored(given_data(LOOK_NOISE, roll(dice, BLOCK_64K + 1)));
	case 2:
		return lz4_stored(given_data(LOOK_NOISE, roll(dice, 3)));
	case 3:
	case 4:
		return lz4_literals(given_data(LOOK_NOISE, 15 + roll(dice, BLOCK_64K - 1000)), roll(dice, 40) == 0);
	case 5:
	case 6:
		return lz4_match(30 + roll(dice, BLOCK_64K - 30), 1);
	case 7:
	case 8:
	case 9:
		return lz4_match(30 + roll(dice, 2000), (uint16_t)(1 + roll(dice, roll(dice, 2) != 0 ? 2000 : 65535)));
	case 10:
		return lz4_nonsense(1); /* of no bytes */
	default:
		return lz4_match(BLOCK_64K + (roll(dice, 4) == 0), 1);
	}
}

static struct blob rolled_blocks(struct dice *dice, uint8_t flags)
{
	struct blob blocks = blob_copy("", 0);

	for (uint32_t n = roll(dice, 7); n > 0; n--) {
		struct blob block = rolled_block(dice);

		blocks = joined(blocks, (flags & LZ4_BLOCK_SUMS) != 0 ? lz4_summed(block) : block);
	}
	return blocks;
}

/* What the blocks become, of a frame that has neither length nor checksum; nothing when they are damaged. */
static struct blob content_of(struct blob blocks, uint8_t flags)
{
	struct blob bare = joined(
	    joined(lz4_head(flags & (uint8_t) ~(LZ4_SIZE | LZ4_SUM), LZ4_64K, 0), blob_copy(blocks.at, blocks.size)),
	    lz4_end(NULL));
	struct blob content = {malloc(MIB(1)), 0};

	assert_non_null(content.at);
	if (!lz4_upstream((struct bytes){bare.at, bare.size}, content.at, MIB(1), &content.size))
		content.size = 0;
	drop(&bare);
	return content;
}

static struct blob rolled_frame(struct dice *dice)
{
	uint8_t flags = LZ4_VERSION_1 | (uint8_t)roll(dice, 64);
	struct blob blocks, content, packed;

	if (roll(dice, 10) == 0)
		return lz4_skippable(roll(dice, 100));
	if (roll(dice, 16) != 0)
		flags &= (uint8_t)~2; /* reserved */
	blocks = rolled_blocks(dice, flags);
	content = content_of(blocks, flags);
	packed = joined(joined(lz4_head(flags, LZ4_64K, content.size + (roll(dice, 16) == 0)), blocks),
			lz4_end((flags & LZ4_SUM) != 0 ? &content : NULL));
	drop(&content);
	return packed;
}

static struct blob rolled_stream(struct dice *dice)
{
	struct blob packed = rolled_frame(dice);

	if (roll(dice, 3) == 0)
		packed = joined(packed, rolled_frame(dice));
	if (roll(dice, 4) == 0)
		packed.at[roll(dice, (uint32_t)packed.size)] ^= (uint8_t)(1 << roll(dice, 8));
	if (roll(dice, 8) == 0)
		packed.size = roll(dice, (uint32_t)packed.size + 1);
	return packed;
}

/* @more: how many bytes more than came out there may be. */
static void expect_the_same(struct dice *dice, struct blob packed, struct blob expected, bool good, uint64_t more)
{
	struct blob exact = blob_copy(packed.at, packed.size);
	size_t piece = roll(dice, 3) == 0 ? SIZE_MAX : 1 + roll(dice, 20000);
	size_t step = roll(dice, 2) == 0 ? SIZE_MAX : 1 + roll(dice, 100000);
	struct caller caller = {.packed = exact, .piece = piece};
	struct unpacked out = unpack_all(&frames, &caller, step, expected.size + more);

	if (out.status != (good ? OK : BAD_INPUT))
		fail_msg("pieces of %zu, steps of %zu: status %d, LZ4's %sgood: %s", piece, step, (int)out.status,
			 good ? "" : "not ", out.status == OK ? "" : out.why.text);
	if (good) {
		assert_int_equal(out.size, expected.size);
		assert_memory_equal(out.at, expected.at, expected.size);
		/* A block of no bytes may stand behind the last byte, and is decoded elsewhere. */
		assert_true(step != SIZE_MAX || out.memory < NO_ROOM + 3 * BLOCK_64K);
	}
	forget_unpacked(&out);
	drop(&exact);
}

static void frames_are_what_they_are_to_lz4s_own_decoder(void **state)
{
	static const uint64_t more[] = {0, 1, 70000, MIB(1)};
	struct dice dice = dice_from_seed("frames");
	unsigned long counts[2] = {0, 0};

	(void)state;
	for (unsigned long i = cases_or(5000); i > 0; i--) {
		struct blob packed = rolled_stream(&dice), expected = {malloc(MIB(2)), 0};
		bool good;

		assert_non_null(expected.at);
		good = lz4_upstream((struct bytes){packed.at, packed.size}, expected.at, MIB(2), &expected.size);
		counts[good]++;
		for (size_t k = 0; k < COUNT_OF(more); k++)
			expect_the_same(&dice, packed, expected, good, more[k]);
		free(expected.at);
		drop(&packed);
	}
	print_message("streams of frames: %lu good, %lu not\n", counts[1], counts[0]);
	assert_true(counts[0] > 0 && counts[1] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(however_it_was_packed_it_comes_out_as_it_went_in),
	    cmocka_unit_test(read_at_once_only_the_last_block_takes_memory),
	    cmocka_unit_test(a_block_waits_at_the_end_only_out_of_reach_of_4_mib),
	    cmocka_unit_test(what_a_header_does_not_permit_is_refused),
	    cmocka_unit_test(damage_is_told_where_it_is_found),
	    cmocka_unit_test(a_block_looks_back_within_its_frame_if_it_is_linked),
	    cmocka_unit_test(frames_are_what_they_are_to_lz4s_own_decoder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
