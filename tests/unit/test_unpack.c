/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the system's gzip, lz4, zstd and xz pack comes out as it went in, however it is read and in whatever pieces it
 * arrives; and all memory is given back.
 */
#include "packed.h"

#define WHOLE SIZE_MAX

static void expect_same(const struct kind *kind, struct blob data, struct unpacked *out)
{
	if (out->status != OK)
		fail_msg("%s: %zu bytes: %s", kind->command, data.size, out->why.text);
	assert_int_equal(out->size, data.size);
	assert_memory_equal(out->at, data.at, data.size);
	forget_unpacked(out);
}

static void go_through(const struct kind *kind, struct blob data, const size_t (*ways)[2], size_t n)
{
	struct blob packed = packed_as(kind, data);

	for (size_t i = 0; i < n; i++) {
		struct caller caller = {.packed = packed, .piece = ways[i][1]};
		struct unpacked out = unpack_all(kind, &caller, ways[i][0], data.size);

		expect_same(kind, data, &out);
	}
	drop(&packed);
}

/* Steps of reading, and pieces of input. */
static const size_t short_ways[][2] = {{WHOLE, WHOLE}, {1009, 4099}, {7, 3}, {WHOLE, 1}, {1, 1}};
static const size_t long_ways[][2] = {{WHOLE, WHOLE}, {WHOLE, 4099}, {1048573, 16 << 20}};

static void short_streams_come_out_as_they_went_in(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 100, 65535, 65536, 65537};

	(void)state;
	for (size_t k = 0; k < n_kinds; k++)
		for (size_t i = 0; i < COUNT_OF(sizes); i++)
			for (enum look look = 0; look < N_LOOKS; look++) {
				struct blob data = given_data(look, sizes[i]);

				go_through(&kinds[k], data, short_ways, look == LOOK_TEXT ? COUNT_OF(short_ways) : 2);
				drop(&data);
			}
}

static void long_streams_come_out_as_they_went_in(void **state)
{
	static const size_t sizes[] = {MIB(3) + 17, MIB(8), MIB(9) + 1};

	(void)state;
	for (size_t k = 0; k < n_kinds; k++)
		for (size_t i = 0; i < COUNT_OF(sizes); i++) {
			struct blob data = given_data(i == 0 ? LOOK_NOISE : i == 1 ? LOOK_ZEROS : LOOK_TEXT, sizes[i]);

			go_through(&kinds[k], data, long_ways, share() > 1 ? 1 : COUNT_OF(long_ways));
			drop(&data);
		}
}

/* RFC 1952, 2.2; RFC 8878, 3.1; xz-file-format.txt, 2; lz4_Frame_format.md, "Frame Concatenation"; unlz4(). */
static void frames_behind_each_other_are_one_stream(void **state)
{
	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		struct kind kind = kinds[k];
		struct blob data = given_data(LOOK_TEXT, 70000),
			    twice = joined(blob_copy(data.at, data.size), blob_copy(data.at, data.size));
		struct blob packed;

		kind.sized = false;
		packed = joined(packed_as(&kind, data), packed_as(&kind, data));
		for (size_t i = 0; i < COUNT_OF(short_ways); i++) {
			struct caller caller = {.packed = packed, .piece = short_ways[i][1]};
			struct unpacked out = unpack_all(&kind, &caller, short_ways[i][0], twice.size);

			expect_same(&kind, twice, &out);
		}
		drop(&packed);
		drop(&twice);
		drop(&data);
	}
}

static void what_is_skipped_is_not_there_and_the_rest_is(void **state)
{
	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		struct blob data = given_data(LOOK_TEXT, MIB(1));
		struct caller caller = {.packed = packed_as(&kinds[k], data), .piece = 10007};
		struct unpack_from from = from_caller(&caller, &kinds[k]);
		uint8_t rest[100];
		struct unpack u;
		struct fail why;
		uint64_t got;

		assert_int_equal(unpack_open(&u, kinds[k].packing, &from, data.size, &why), OK);
		assert_int_equal(unpack_skip(&u, data.size - 100, &got, &why), OK);
		assert_int_equal(got, data.size - 100);
		assert_int_equal(unpack_read(&u, rest, 100, &got, &why), OK);
		assert_int_equal(got, 100);
		assert_memory_equal(rest, data.at + data.size - 100, 100);
		assert_int_equal(unpack_skip(&u, 1, &got, &why), OK);
		assert_int_equal(got, 0);
		assert_int_equal(unpack_finish(&u, &why), OK);
		unpack_close(&u);
		unpack_close(&u);
		caller_done(&caller);
		drop(&caller.packed);
		drop(&data);
	}
}

/* ---- names ---- */

static void a_packing_is_known_by_its_first_bytes(void **state)
{
	static const char *const others[] = {"bzip2", "lzma", "lzo"};
	static const struct {
		enum packing packing;
		const char *head;
		size_t size;
	} heads[] = {
	    {PACKED_BZIP2, "BZh9", 4},
	    {PACKED_LZMA, "\x5d\0\0\x80", 4},
	    {PACKED_LZO, "\x89LZO\0\r\n\x1a\n", 9},
	    {PACKED_NOT,
	     "\x7f"
	     "ELF",
	     4},
	    {PACKED_NOT, "\x1f\x8b", 2},
	    {PACKED_NOT, "", 0},
	};

	(void)state;
	for (size_t k = 0; k < n_kinds; k++) {
		struct blob data = given_data(LOOK_TEXT, 10), packed = packed_as(&kinds[k], data);

		assert_int_equal(packing_of((struct bytes){packed.at, packed.size}), kinds[k].packing);
		drop(&packed);
		drop(&data);
	}
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		struct blob exact = blob_copy(heads[i].head, heads[i].size);

		assert_int_equal(packing_of((struct bytes){exact.at, exact.size}), heads[i].packing);
		drop(&exact);
	}
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_string_equal(packing_name(PACKED_BZIP2 + (enum packing)i), others[i]);
}

static void what_is_not_supported_is_refused_by_name(void **state)
{
	struct caller caller = {.packed = {NULL, 0}};
	struct unpack_from from = from_caller(&caller, &kinds[0]);
	struct unpack u;
	struct fail why;

	(void)state;
	assert_int_equal(unpack_open(&u, PACKED_BZIP2, &from, 1, &why), BAD_INPUT);
	assert_string_equal(why.text, "vmlinuz-6.1: bzip2 is not supported; gzip, LZ4, zstd and xz are");
	assert_int_equal(unpack_open(&u, PACKED_NOT, &from, 1, &why), BAD_INPUT);
	unpack_close(&u);
	assert_string_equal(packing_name(PACKED_NOT), "nothing");
	assert_string_equal(packing_name(PACKED_ZSTD), "zstd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(short_streams_come_out_as_they_went_in),
	    cmocka_unit_test(long_streams_come_out_as_they_went_in),
	    cmocka_unit_test(frames_behind_each_other_are_one_stream),
	    cmocka_unit_test(what_is_skipped_is_not_there_and_the_rest_is),
	    cmocka_unit_test(a_packing_is_known_by_its_first_bytes),
	    cmocka_unit_test(what_is_not_supported_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
