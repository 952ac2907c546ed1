/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packed data that is cut short, damaged, longer than it may be or followed by something else, and memory that runs
 * out: an error that says where, never a byte above the limit, and all memory is given back.
 */
#include "packed.h"

#define SMALL 300 /* bytes of what is packed where every byte and bit is gone through */

static bool has_checksum(const struct kind *kind)
{
	return kind->packing != PACKED_LZ4_LEGACY && strstr(kind->command, "--no-check") == NULL;
}

static void expect_error(struct unpacked *out, enum status status, const char *words)
{
	if (out->status != status || strstr(out->why.text, words) == NULL ||
	    strstr(out->why.text, "vmlinuz-6.1") == NULL)
		fail_msg("status %d, expected %d; \"%s\", expected \"%s\"", (int)out->status, (int)status,
			 out->why.text, words);
	forget_unpacked(out);
}

/* ---- cut short ---- */

static void expect_cut(const struct kind *kind, struct blob packed, size_t size, uint64_t limit)
{
	struct blob exact = blob_copy(packed.at, size);
	struct caller caller = {.packed = exact, .piece = 4096, .size_at = packed.size - 4};
	struct unpacked out = unpack_all(kind, &caller, SIZE_MAX, limit);

	/* The legacy format ends wherever a block ends; its magic number alone is the packed form of nothing. */
	if (kind->packing == PACKED_LZ4_LEGACY && !kind->sized && size == 4)
		assert_int_equal(out.status, OK);
	else
		assert_int_equal(out.status, BAD_INPUT);
	assert_true(out.status == OK || strstr(out.why.text, "vmlinuz-6.1 is broken: ") != NULL);
	forget_unpacked(&out);
	drop(&exact);
}

static void a_short_stream_cut_at_any_byte_is_told_from_a_whole_one(void **state)
{
	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		struct blob data = given_data(LOOK_TEXT, SMALL), packed = packed_as(&kinds[k], data);

		for (size_t size = 0; size < packed.size; size++)
			if (in_sample())
				expect_cut(&kinds[k], packed, size, data.size);
		drop(&packed);
		drop(&data);
	}
}

static void a_long_stream_cut_somewhere_is_told_from_a_whole_one(void **state)
{
	struct dice dice = dice_from_seed("cut");

	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		struct blob data = given_data(LOOK_TEXT, MIB(1)), packed = packed_as(&kinds[k], data);

		for (unsigned long i = 0; i < 20; i++)
			expect_cut(&kinds[k], packed, 5 + roll(&dice, (uint32_t)packed.size - 5), data.size);
		expect_cut(&kinds[k], packed, packed.size - 1, data.size);
		drop(&packed);
		drop(&data);
	}
}

static void a_cut_is_told_with_its_place_in_the_file(void **state)
{
	struct blob data = given_data(LOOK_TEXT, SMALL), packed = packed_as(&kinds[0], data);
	struct caller caller = {.packed = packed, .piece = 4096};
	struct unpacked out;

	(void)state;
	caller.packed.size = 100;
	out = unpack_all(&kinds[0], &caller, 1, data.size); /* from_caller() begins at 0x1000 */
	expect_error(&out, BAD_INPUT, "vmlinuz-6.1 is broken: gzip ends too early, at byte 4196, after ");
	drop(&packed);
	drop(&data);
}

/* ---- damaged ---- */

static void flip(const struct kind *kind, struct blob data, struct blob packed, size_t bit, unsigned long counts[2])
{
	struct blob damaged = blob_copy(packed.at, packed.size);
	struct caller caller = {.packed = damaged, .piece = bit % 3 == 0 ? 7 : 4096, .size_at = packed.size - 4};
	struct unpacked out;

	damaged.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
	out = unpack_all(kind, &caller, bit % 2 == 0 ? 11 : SIZE_MAX, data.size);
	counts[out.status == OK]++;
	if (out.status == OK && has_checksum(kind)) {
		assert_int_equal(out.size, data.size);
		assert_memory_equal(out.at, data.at, data.size);
	}
	assert_true(out.status == OK || out.status == BAD_INPUT);
	forget_unpacked(&out);
	drop(&damaged);
}

static void a_flipped_bit_is_an_error_or_makes_no_difference(void **state)
{
	unsigned long counts[2] = {0, 0};

	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		struct blob data = given_data(LOOK_TEXT, SMALL), packed = packed_as(&kinds[k], data);

		for (size_t bit = 0; bit < 8 * packed.size; bit++)
			if (in_sample())
				flip(&kinds[k], data, packed, bit, counts);
		drop(&packed);
		drop(&data);
	}
	print_message("bits flipped: %lu errors, %lu without effect or unseen for want of a checksum\n", counts[0],
		      counts[1]);
}

static void damage_is_told_in_the_decoders_words(void **state)
{
	static const struct {
		size_t kind, from_end;
		const char *words;
	} rows[] = {
	    {0, 8, "gzip at byte "},	      {0, 8, "incorrect data check"},
	    {0, 1, "incorrect length check"}, {3, 1, "the content's checksum is wrong"},
	    {5, 1, "doesn't match checksum"}, {8, 1, "xz at byte "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct kind *kind = &kinds[rows[i].kind];
		struct blob data = given_data(LOOK_TEXT, SMALL), packed = packed_as(kind, data);
		struct caller caller = {.packed = packed, .piece = 4096};
		struct unpacked out;

		packed.at[packed.size - rows[i].from_end] ^= 0x10;
		out = unpack_all(kind, &caller, SIZE_MAX, data.size);
		expect_error(&out, BAD_INPUT, rows[i].words);
		drop(&packed);
		drop(&data);
	}
}

static void after_an_error_a_stream_stays_given_up(void **state)
{
	struct blob data = given_data(LOOK_TEXT, SMALL);
	struct caller caller = {.packed = packed_as(&kinds[5], data), .piece = 4096};
	struct unpack_from from = from_caller(&caller, &kinds[5]);
	struct unpack u;
	struct fail why;
	uint8_t byte;
	uint64_t got;

	(void)state;
	caller.packed.at[0] = 0;
	assert_int_equal(unpack_open(&u, PACKED_ZSTD, &from, 1, &why), OK);
	assert_int_equal(unpack_read(&u, &byte, 1, &got, &why), BAD_INPUT);
	assert_int_equal(unpack_read(&u, &byte, 1, &got, &why), BAD_INPUT);
	assert_int_equal(unpack_skip(&u, 1, &got, &why), BAD_INPUT);
	assert_int_equal(unpack_finish(&u, &why), BAD_INPUT);
	assert_string_equal(why.text, "vmlinuz-6.1: its zstd already failed");
	unpack_close(&u);
	caller_done(&caller);
	drop(&caller.packed);
	drop(&data);
}

/* ---- too long ---- */

/* 64 frames of 16 MiB of zeros: 1 GiB. */
static struct blob bomb(const struct kind *kind)
{
	struct kind unsized = *kind;
	struct blob data = given_data(LOOK_ZEROS, MIB(16)), frame, bomb;

	unsized.sized = false;
	frame = packed_as(&unsized, data);
	bomb = (struct blob){malloc(64 * frame.size), 64 * frame.size};
	assert_non_null(bomb.at);
	for (size_t i = 0; i < 64; i++)
		memcpy(bomb.at + i * frame.size, frame.at, frame.size);
	drop(&frame);
	drop(&data);
	return bomb;
}

static void a_bomb_stops_at_the_limit(void **state)
{
	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		static const uint64_t limits[] = {0, 1, 65536, MIB(16), MIB(16) + 1};
		struct blob packed = bomb(&kinds[k]);

		for (size_t i = 0; i < COUNT_OF(limits); i++) {
			struct caller caller = {.packed = packed, .piece = 4096, .size_at = packed.size};
			struct unpacked out = unpack_all(&kinds[k], &caller, 1 << 20, limits[i]);
			char words[80];

			snprintf(words, sizeof(words), "unpacks to more than the %lu bytes that it may have",
				 limits[i]);
			assert_true(caller.at < packed.size / 8);
			expect_error(&out, BAD_INPUT, words);
		}
		drop(&packed);
	}
}

static void more_than_was_read_is_not_the_end(void **state)
{
	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		struct blob data = given_data(LOOK_TEXT, SMALL);
		struct caller caller = {.packed = packed_as(&kinds[k], data), .piece = 5};
		struct unpack_from from = from_caller(&caller, &kinds[k]);
		uint8_t some[SMALL - 1];
		struct unpack u;
		struct fail why;
		uint64_t got;

		assert_int_equal(unpack_open(&u, kinds[k].packing, &from, SMALL, &why), OK);
		assert_int_equal(unpack_read(&u, some, sizeof(some), &got, &why), OK);
		assert_int_equal(unpack_finish(&u, &why), BAD_INPUT);
		assert_non_null(strstr(why.text, "unpacks to more than the 299 bytes that were expected"));
		unpack_close(&u);
		caller_done(&caller);
		drop(&caller.packed);
		drop(&data);
	}
}

static void what_follows_the_end_is_an_error(void **state)
{
	static const char *const tails[] = {"x", "\x1f", "garbage behind it", "\xff\xff\xff\xff\xff", "\1"};

	(void)state;
	for (size_t k = 0; k < n_kinds; k++)
		for (size_t i = 0; i < COUNT_OF(tails); i++) {
			struct blob data = given_data(LOOK_TEXT, SMALL), packed = packed_as(&kinds[k], data);
			struct caller caller = {.piece = i % 2 == 0 ? 1 : 4096, .size_at = packed.size - 4};
			struct unpacked out;

			caller.packed = joined(packed, blob_copy(tails[i], strlen(tails[i])));
			out = unpack_all(&kinds[k], &caller, SIZE_MAX, data.size);
			expect_error(&out, BAD_INPUT, "is broken");
			drop(&caller.packed);
			drop(&data);
		}
}

/* unlz4(): a size of 0 ends a legacy stream; xz-file-format.txt, 2.2: zeros behind a stream, four at a time. */
static void zeros_may_follow_where_the_format_has_padding(void **state)
{
	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		bool may = kinds[k].packing == PACKED_LZ4_LEGACY || kinds[k].packing == PACKED_XZ;
		struct kind kind = kinds[k];
		struct blob data = given_data(LOOK_TEXT, SMALL);
		struct caller caller = {.piece = 3};
		struct unpacked out;

		kind.sized = false;
		caller.packed = joined(packed_as(&kind, data), given_data(LOOK_ZEROS, 12));
		out = unpack_all(&kind, &caller, SIZE_MAX, data.size);
		assert_int_equal(out.status, may ? OK : BAD_INPUT);
		forget_unpacked(&out);
		if (kind.packing == PACKED_LZ4_LEGACY) {
			caller.packed.at[caller.packed.size - 1] = 1;
			caller.at = 0;
			out = unpack_all(&kind, &caller, SIZE_MAX, data.size);
			expect_error(&out, BAD_INPUT, "something else follows the end of LZ4 (legacy) at byte ");
		}
		drop(&caller.packed);
		drop(&data);
	}
}

static void the_length_that_linux_appends_is_held_against_what_came_out(void **state)
{
	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		struct blob data = given_data(LOOK_TEXT, SMALL);
		struct caller caller = {.packed = packed_as(&kinds[k], data), .piece = 4096};
		struct unpacked out;

		if (kinds[k].sized) {
			caller.packed.at[caller.packed.size - 3] ^= 1;
			out = unpack_all(&kinds[k], &caller, SIZE_MAX, data.size);
			expect_error(&out, BAD_INPUT, "unpacks to 300 bytes, and the length at byte ");
			caller.at = 0;
			caller.size_at = caller.packed.size-- - 4;
			out = unpack_all(&kinds[k], &caller, SIZE_MAX, data.size);
			expect_error(&out, BAD_INPUT, "it ends before the unpacked length at byte ");
		}
		drop(&caller.packed);
		drop(&data);
	}
}

/* ---- windows ---- */

static void zstd_may_look_back_128_mib_and_no_more(void **state)
{
	static const struct kind fits = {PACKED_ZSTD, "zstd -q --long=27 -c", false};
	static const struct kind large = {PACKED_ZSTD, "zstd -q --long=28 -c", false};
	struct blob data = given_data(LOOK_TEXT, 1000);
	struct caller caller = {.piece = 1};
	struct unpacked out;

	(void)state;
	caller.packed = packed_as(&fits, data); /* from a pipe: the frame has no size, so it has its window */
	for (size_t step = 100; step != 0; step = step == 100 ? SIZE_MAX : 0) {
		caller.at = 0;
		out = unpack_all(&fits, &caller, step, data.size);
		assert_int_equal(out.status, OK);
		print_message("zstd with a window of 128 MiB, steps of %zd: %lu bytes of memory\n", (ssize_t)step,
			      out.memory);
		assert_int_equal(out.memory < MIB(129), true);
		assert_int_equal(out.memory > MIB(1), step == 100); /* in one read, what was written is the window */
		forget_unpacked(&out);
	}
	drop(&caller.packed);
	caller.packed = packed_as(&large, data);
	caller.at = 0;
	out = unpack_all(&large, &caller, SIZE_MAX, data.size);
	expect_error(&out, BAD_INPUT, "takes a window of 268435456 bytes; at most 134217728 are supported");
	drop(&caller.packed);
	drop(&data);
}

static uint32_t crc32_of(const uint8_t *at, size_t size)
{
	uint32_t crc = UINT32_MAX;

	while (size-- > 0) {
		crc ^= *at++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/*
 * xz-file-format.txt, 3.1: the block's header follows the stream's 12 bytes; here it is 12 bytes too, of which the
 * fifth is the dictionary's size (5.3.1: 30 is 128 MiB, 32 is 256 MiB) and the last four are a CRC-32.
 */
static void xz_may_look_back_128_mib_and_no_more(void **state)
{
	struct blob data = given_data(LOOK_TEXT, 1000);
	struct caller caller = {.packed = packed_as(&kinds[8], data), .piece = 4096};
	uint8_t *block = caller.packed.at + 12;
	struct unpacked out;

	(void)state;
	assert_int_equal(block[2], 0x21);
	block[4] = 30;
	store_le(block + 8, 4, crc32_of(block, 8));
	out = unpack_all(&kinds[8], &caller, SIZE_MAX, data.size);
	assert_int_equal(out.status, OK);
	print_message("xz with a window of 128 MiB: %lu bytes of memory\n", out.memory);
	forget_unpacked(&out);
	block[4] = 32;
	store_le(block + 8, 4, crc32_of(block, 8));
	caller.at = 0;
	out = unpack_all(&kinds[8], &caller, SIZE_MAX, data.size);
	expect_error(&out, BAD_INPUT, "takes a window of 26"); /* the decoder's own memory comes on top */
	drop(&caller.packed);
	drop(&data);
}

/* xz-file-format.txt, 2.1.1.2: 2 is a check that nobody defined; 5.3.2: 5 is the filter for PowerPC. */
static void xz_with_what_no_decoder_here_has_is_refused(void **state)
{
	struct blob data = given_data(LOOK_TEXT, 1000);
	struct caller caller = {.packed = packed_as(&kinds[8], data), .piece = 4096};
	uint8_t *head = caller.packed.at;
	struct unpacked out;

	(void)state;
	head[12 + 2] = 5;
	store_le(head + 12 + 8, 4, crc32_of(head + 12, 8));
	out = unpack_all(&kinds[8], &caller, SIZE_MAX, data.size);
	expect_error(&out, BAD_INPUT, "a filter or a field that is not supported");
	head[7] = 2;
	store_le(head + 8, 4, crc32_of(head + 6, 2));
	caller.at = 0;
	out = unpack_all(&kinds[8], &caller, SIZE_MAX, data.size);
	expect_error(&out, BAD_INPUT, "a kind of checksum that is not supported");
	drop(&caller.packed);
	drop(&data);
}

/* ---- what the caller cannot give ---- */

static void no_memory_at_any_time_leaves_none_taken(void **state)
{
	unsigned long failures = 0;

	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		struct blob data = given_data(LOOK_TEXT, 200000), packed = packed_as(&kinds[k], data);
		enum status status = NO_PLACE;

		for (unsigned long i = 1; status != OK; i++) {
			struct caller caller = {.packed = packed, .piece = 1009, .fail_at = i};
			struct unpacked out = unpack_all(&kinds[k], &caller, 100000, data.size);

			status = out.status;
			if (status == OK)
				assert_true(caller.n_taken < i);
			else
				failures++;
			assert_true(status == OK ||
				    (status == NO_PLACE && strstr(out.why.text, "no memory of ") != NULL));
			forget_unpacked(&out);
		}
		drop(&packed);
		drop(&data);
	}
	print_message("allocations that failed: %lu\n", failures);
	assert_true(failures >= 2 * n_kinds);
}

static void an_error_of_the_input_passes_through(void **state)
{
	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		struct blob data = given_data(LOOK_NOISE, 5000), packed = packed_as(&kinds[k], data);
		struct caller caller = {.packed = packed, .piece = 1000, .broken_at_end = IO_ERROR};
		struct unpacked out;

		caller.packed.size = 3000;
		out = unpack_all(&kinds[k], &caller, SIZE_MAX, data.size);
		assert_int_equal(out.status, IO_ERROR);
		assert_string_equal(out.why.text, "the disk is gone");
		forget_unpacked(&out);
		drop(&packed);
		drop(&data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_short_stream_cut_at_any_byte_is_told_from_a_whole_one),
	    cmocka_unit_test(a_long_stream_cut_somewhere_is_told_from_a_whole_one),
	    cmocka_unit_test(a_cut_is_told_with_its_place_in_the_file),
	    cmocka_unit_test(a_flipped_bit_is_an_error_or_makes_no_difference),
	    cmocka_unit_test(damage_is_told_in_the_decoders_words),
	    cmocka_unit_test(after_an_error_a_stream_stays_given_up),
	    cmocka_unit_test(a_bomb_stops_at_the_limit),
	    cmocka_unit_test(more_than_was_read_is_not_the_end),
	    cmocka_unit_test(what_follows_the_end_is_an_error),
	    cmocka_unit_test(zeros_may_follow_where_the_format_has_padding),
	    cmocka_unit_test(the_length_that_linux_appends_is_held_against_what_came_out),
	    cmocka_unit_test(zstd_may_look_back_128_mib_and_no_more),
	    cmocka_unit_test(xz_may_look_back_128_mib_and_no_more),
	    cmocka_unit_test(xz_with_what_no_decoder_here_has_is_refused),
	    cmocka_unit_test(no_memory_at_any_time_leaves_none_taken),
	    cmocka_unit_test(an_error_of_the_input_passes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
