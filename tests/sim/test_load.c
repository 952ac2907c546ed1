/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a file gets to its place (rule C7), call by call: which pieces are asked for, which go by the buffer, what is
 * counted, and what is said. The firmware is the simulated one; memory was full of something else before.
 */
#include "bench.h"

#include "../../loader/whole.h"

#define BOUNCE	(MIB(1) + 512) /* an odd size, so that pieces of it cannot be mistaken for others */
#define CHECKED UINT64_C(65536)

static struct {
	struct file file;
	struct loading loading;
	struct fail why;
	enum status status;
	struct range claim;
	uint64_t at, offset;
} given;

static uint8_t buffer[BOUNCE];

/* A file that is to be read to @at, in memory that is full of something else a page around. */
static void given_file(uint64_t size, uint64_t at)
{
	struct fail why;

	sim_reset();
	sim_begin();
	memset(&given, 0, sizeof(given));
	given.loading.bounce = buffer;
	given.loading.bounce_size = sizeof(buffer);
	given.at = at;
	given.claim =
	    (struct range){align_down(at - EFI_PAGE, EFI_PAGE), align_down(at + size + 3 * EFI_PAGE, EFI_PAGE)};
	put_descriptor(bench.raw, 7, MIB(1), GIB(8) / EFI_PAGE, 0xf);
	sim.descriptors = bench.raw;
	sim.descriptors_size = DESC_SIZE;
	assert_int_equal(fw_claim(given.claim, &why), OK);
	memset(fw_memory_at(given.claim.start), 0xa5, (size_t)range_size(given.claim));
	sim.file[0] = (struct sim_file){"\\file", size, NULL, 0};
	sim.n_files = 1;
	strcpy(given.file.path, "\\file");
	assert_int_equal(file_open(&given.file, &why), OK);
	outcome.calls = 0;
}

static void load(void)
{
	given.status =
	    load_file(&given.loading, &given.file, given.offset, given.at, given.file.size - given.offset, &given.why);
}

/* Memory around the file is as it was. */
static void expect_nothing_around(uint64_t size)
{
	for (uint64_t at = given.claim.start; at < given.claim.end; at++)
		if ((at < given.at || at >= given.at + size) && *(uint8_t *)fw_memory_at(at) != 0xa5)
			fail_msg("byte %#" PRIx64 " outside of the file's place was written", at);
}

static void expect_arrived(void)
{
	const uint8_t *memory = fw_memory_at(given.at);
	uint64_t size = given.file.size - given.offset;

	assert_int_equal(given.status, OK);
	for (uint64_t i = 0; i < size; i++)
		if (memory[i] != sim_byte(&sim.file[0], given.offset + i))
			fail_msg("byte %" PRIu64 " of %" PRIu64 " did not arrive", i, size);
	assert_int_equal(given.loading.read, size);
	expect_nothing_around(size);
}

static void expect_reads(const struct sim_read *read, size_t n)
{
	for (size_t i = 0; i < n && i < outcome.n_reads; i++)
		if (read[i].offset != outcome.read[i].offset || read[i].size != outcome.read[i].size ||
		    read[i].in_place != outcome.read[i].in_place)
			fail_msg("read %zu is %" PRIu64 " bytes at %" PRIu64 "%s", i, outcome.read[i].size,
				 outcome.read[i].offset, outcome.read[i].in_place ? " in place" : "");
	assert_int_equal(outcome.n_reads, n);
}
#define expect_reads(...)                                                                                              \
	expect_reads((const struct sim_read[]){__VA_ARGS__}, COUNT_OF(((const struct sim_read[]){__VA_ARGS__})))

static void expect_log(const char *words)
{
	if (strstr(sim_log(), words) == NULL)
		fail_msg("the log does not say \"%s\":\n%s", words, sim_log());
}

static void c7_a_file_below_4_gib_is_read_once_in_as_few_pieces_as_the_disk_is_fast(void **state)
{
	(void)state;
	given_file(MIB(16), MIB(64));
	load();
	expect_arrived();
	expect_reads({0, MIB(16), true});
	given_file(MIB(33) + 5, MIB(64));
	load();
	expect_arrived();
	expect_reads({0, MIB(2), true}, {MIB(2), MIB(31) + 5, true});
	/* 50 ms for the first 2 MiB, 400 ms for eight times as much. */
	given_file(MIB(69), MIB(64));
	sim.disk_speed = MIB(40);
	load();
	expect_arrived();
	expect_reads({0, MIB(2), true}, {MIB(2), MIB(2), true}, {MIB(4), MIB(16), true}, {MIB(20), MIB(16), true},
		     {MIB(36), MIB(32), true}, {MIB(68), MIB(1), true});
	/* More than half a second for 2 MiB. */
	given_file(MIB(17), MIB(64));
	sim.disk_speed = MIB(3);
	load();
	expect_arrived();
	assert_int_equal(outcome.n_reads, 9);
	given_file(MIB(65), MIB(64));
	sim.no_timer = true;
	load();
	expect_arrived();
	expect_reads({0, MIB(64), true}, {MIB(64), MIB(1), true});
	assert_int_equal(given.loading.copied, 0);
}

static void c7_a_payload_is_read_from_its_offset(void **state)
{
	(void)state;
	given_file(MIB(16) + 40960, MIB(64));
	given.offset = 20480;
	load();
	expect_arrived();
	expect_reads({20480, MIB(2), true}, {20480 + MIB(2), MIB(14) + 20480, true});
}

static void c7_a_file_that_ends_at_4_gib_is_not_read_twice(void **state)
{
	(void)state;
	given_file(MIB(1), GIB(4) - MIB(1));
	load();
	expect_arrived();
	expect_reads({0, MIB(1), true});
}

static void c7_of_a_file_across_4_gib_the_first_piece_above_is_compared(void **state)
{
	(void)state;
	given_file(MIB(1) + 1, GIB(4) - MIB(1));
	load();
	expect_arrived();
	expect_reads({0, MIB(1), true}, {MIB(1), 1, true}, {MIB(1), 1, false});
	assert_int_equal(given.loading.copied, 0);
	assert_false(given.loading.distrust_high);
	given_file(MIB(20), GIB(4) - MIB(17));
	load();
	expect_arrived();
	expect_reads({0, MIB(2), true}, {MIB(2), MIB(15), true}, {MIB(17), CHECKED, true}, {MIB(17), CHECKED, false},
		     {MIB(17) + CHECKED, MIB(3) - CHECKED, true});
	given_file(MIB(2), GIB(4));
	load();
	expect_arrived();
	expect_reads({0, CHECKED, true}, {0, CHECKED, false}, {CHECKED, MIB(2) - CHECKED, true});
}

static void c7_of_a_file_across_4_gib_what_lies_above_goes_by_the_buffer(void **state)
{
	(void)state;
	for (unsigned int wraps = 0; wraps < 2; wraps++) {
		given_file(MIB(3), GIB(4) - MIB(1));
		sim.unreadable_above = GIB(4);
		sim.reads_wrap = wraps == 1;
		load();
		expect_arrived();
		expect_reads({0, MIB(1), true}, {MIB(1), CHECKED, true}, {MIB(1), CHECKED, false},
			     {MIB(1) + CHECKED, BOUNCE, false},
			     {MIB(1) + CHECKED + BOUNCE, MIB(1) - CHECKED - 512, false});
		assert_int_equal(given.loading.copied, MIB(2));
		assert_true(given.loading.distrust_high);
		assert_false(given.loading.spoilt); /* what belongs below came from below */
	}
	given_file(MIB(3), GIB(4) - MIB(1));
	given.loading.distrust_high = true;
	load();
	expect_arrived();
	expect_reads({0, MIB(1), true}, {MIB(1), BOUNCE, false}, {MIB(1) + BOUNCE, MIB(1) - 512, false});
}

static void c7_a_file_across_4_gib_whose_part_below_cannot_be_read_is_refused(void **state)
{
	(void)state;
	given_file(MIB(2), GIB(4) - MIB(1));
	sim.unreadable_above = MIB(1);
	sim.reads_fail_above = true;
	load();
	assert_int_equal(given.status, IO_ERROR);
	expect_reads({0, MIB(1), true}, {0, MIB(1), true});
	assert_false(given.loading.distrust_high);
}

/* Firmware that gives half of it above 4 GiB, once or always, may be broken there; the file is not shorter for that. */
static void c7_a_short_read_above_4_gib_is_tried_by_the_buffer(void **state)
{
	(void)state;
	given_file(MIB(2), GIB(5));
	sim.short_read_call = 3;
	load();
	expect_arrived();
	given_file(MIB(2), GIB(5));
	sim.unreadable_above = GIB(4);
	sim.reads_short_above = true;
	load();
	expect_arrived();
	assert_int_equal(given.loading.copied, MIB(2));
	given_file(MIB(2), GIB(5));
	sim.file[0].size = MIB(1);
	load();
	assert_int_equal(given.status, BAD_INPUT);
	assert_non_null(strstr(given.why.text, "had 2097152 before"));
}

/* What firmware is found to lie about may have been wrong for earlier files, too, or have been written over them. */
static void c7_what_was_loaded_before_a_lie_is_spoilt(void **state)
{
	static const struct {
		uint64_t at;
		bool holds, holds_high, spoilt;
	} rows[] = {
	    {GIB(4), false, false, false},	    {GIB(4), true, false, false},
	    {GIB(5) + MIB(1), true, false, true},   {GIB(4), true, true, true},
	    {GIB(4) - MIB(1), true, false, false},  {GIB(4) - MIB(1), true, true, true},
	    {GIB(5) + MIB(1), false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		given_file(MIB(2), rows[i].at);
		given.loading.holds = rows[i].holds;
		given.loading.holds_high = rows[i].holds_high;
		sim.unreadable_above = GIB(4);
		load();
		expect_arrived();
		if (given.loading.spoilt != rows[i].spoilt)
			fail_msg("row %zu", i);
	}
}

static void c7_a_short_file_above_4_gib_is_compared_whole(void **state)
{
	(void)state;
	given_file(100, GIB(5));
	load();
	expect_arrived();
	expect_reads({0, 100, true}, {0, 100, false});
}

static void c7_what_does_not_arrive_above_4_gib_goes_by_the_buffer(void **state)
{
	(void)state;
	given_file(MIB(2), GIB(5));
	sim.unreadable_above = GIB(4);
	load();
	expect_arrived();
	expect_reads({0, CHECKED, true}, {0, CHECKED, false}, {CHECKED, BOUNCE, false},
		     {CHECKED + BOUNCE, MIB(2) - CHECKED - BOUNCE, false});
	assert_int_equal(given.loading.copied, MIB(2));
	assert_true(given.loading.distrust_high);
	expect_log("reads other bytes above 4 GiB");
}

static void c7_after_a_wrong_read_the_next_file_goes_by_the_buffer_at_once(void **state)
{
	(void)state;
	given_file(MIB(2), GIB(5));
	given.loading.distrust_high = true;
	load();
	expect_arrived();
	expect_reads({0, BOUNCE, false}, {BOUNCE, MIB(2) - BOUNCE, false});
	assert_int_equal(given.loading.copied, MIB(2));
	given_file(MIB(2), GIB(1));
	given.loading.distrust_high = true;
	load();
	expect_arrived();
	expect_reads({0, MIB(2), true});
	assert_int_equal(given.loading.copied, 0);
}

static void c7_failed_reads_above_4_gib_become_smaller_and_then_go_by_the_buffer(void **state)
{
	(void)state;
	given_file(MIB(2), GIB(5));
	sim.unreadable_above = GIB(4);
	sim.reads_fail_above = sim.handle_breaks = true;
	load();
	expect_arrived();
	expect_reads({0, CHECKED, true}, {0, CHECKED, true}, {0, CHECKED, false}, {CHECKED, BOUNCE, false},
		     {CHECKED + BOUNCE, MIB(2) - CHECKED - BOUNCE, false});
	assert_true(given.loading.distrust_high);
	expect_log("trying smaller pieces [C7]");
	expect_log("trying a buffer below 4 GiB [C7]");
}

/* The k-th call fails once. */
static void load_with_failure(unsigned int k, enum status status)
{
	sim.fail_call = k;
	sim.fail_status = status;
	load();
}

static void c7_after_one_failed_read_the_rest_comes_in_smaller_pieces(void **state)
{
	(void)state;
	given_file(MIB(2), MIB(64));
	load_with_failure(1, IO_ERROR);
	expect_arrived();
	expect_reads({0, MIB(2), true}, {0, MIB(1), true}, {MIB(1), MIB(1), true});
	assert_int_equal(given.loading.copied, 0);
	assert_false(given.loading.distrust_high);
	expect_log("trying smaller pieces [C7]");
}

static void c7_a_file_below_4_gib_that_cannot_be_read_is_refused(void **state)
{
	(void)state;
	given_file(MIB(2), MIB(64));
	sim.unreadable_above = MIB(1);
	sim.reads_fail_above = true;
	load();
	assert_int_equal(given.status, IO_ERROR);
	assert_int_equal(outcome.n_reads, 2);
	assert_int_equal(given.loading.read, 0);
	assert_false(given.loading.distrust_high);
}

static void a_read_that_fails_otherwise_is_not_tried_again(void **state)
{
	(void)state;
	given_file(MIB(2), GIB(5));
	load_with_failure(1, NOT_FOUND);
	assert_int_equal(given.status, NOT_FOUND);
	assert_int_equal(outcome.n_reads, 1);
}

static void a_read_to_the_buffer_that_fails_ends_the_file(void **state)
{
	(void)state;
	given_file(MIB(2), GIB(5));
	given.loading.distrust_high = true;
	load_with_failure(2, IO_ERROR);
	assert_int_equal(given.status, IO_ERROR);
	assert_int_equal(outcome.n_reads, 2);
	assert_int_equal(given.loading.copied, BOUNCE);
}

static void a_file_that_cannot_be_opened_again_is_not_read_any_more(void **state)
{
	(void)state;
	given_file(MIB(2), MIB(64));
	sim.unreadable_above = MIB(1);
	sim.reads_fail_above = true;
	load_with_failure(2, NOT_FOUND);
	assert_int_equal(given.status, NOT_FOUND);
	assert_int_equal(outcome.n_reads, 1);
	assert_null(given.file.handle);
}

static void c7_a_failed_comparison_read_is_tried_again(void **state)
{
	(void)state;
	given_file(MIB(1), GIB(5));
	load_with_failure(2, IO_ERROR);
	expect_arrived();
	expect_reads({0, CHECKED, true}, {0, CHECKED, false}, {0, CHECKED, true}, {0, CHECKED, false},
		     {CHECKED, MIB(1) - CHECKED, true});
}

static void a_file_that_became_shorter_is_refused_with_the_offset(void **state)
{
	(void)state;
	given_file(MIB(17), MIB(64));
	sim.file[0].size = MIB(16) + 3;
	load();
	assert_int_equal(given.status, BAD_INPUT);
	assert_string_equal(given.why.text, "\\file ends at byte 16777219, although its size was 17825792 before");
}

/* fw_microseconds counts calls here: 2 reads and no other call between. */
static void a_file_of_16_mib_is_told_with_its_speed(void **state)
{
	(void)state;
	given_file(MIB(16), MIB(64));
	load();
	expect_log("read \\file, 16777216 bytes in 0.00 s, 16777216.0 MB/s");
	given_file(MIB(33), MIB(64));
	outcome.calls = 1000;
	load();
	expect_log("read \\file, 34603008 bytes in 0.00 s, 17301504.0 MB/s");
	given_file(MIB(16) - 1, MIB(64));
	load();
	assert_string_equal(sim_log(), "");
	given_file(MIB(16), MIB(64));
	sim.quiet = true;
	load();
	assert_string_equal(sim_log(), "");
	given_file(MIB(16), MIB(64));
	load_with_failure(1, NOT_FOUND);
	assert_string_equal(sim_log(), "");
}

/* boot.rst's initramfs buffer format: each begins on a 4-byte boundary, and what lies between is zero. */
static void initrds_lie_on_4_byte_edges_with_zeros_between_and_behind(void **state)
{
	static const uint64_t size[] = {5, 0, 7, 8};
	struct file file[COUNT_OF(size)];
	struct range place;
	const uint8_t *memory;
	uint64_t sum, at = 0;

	(void)state;
	given_file(EFI_PAGE, GIB(1) + EFI_PAGE);
	place = (struct range){given.at, given.at + EFI_PAGE};
	memory = fw_memory_at(place.start);
	memset(file, 0, sizeof(file));
	for (size_t i = 0; i < COUNT_OF(size); i++) {
		snprintf(file[i].path, sizeof(file[i].path), "\\%zu", i);
		file[i].size = size[i];
		sim.file[i] = (struct sim_file){file[i].path, size[i], NULL, 0};
		sim.n_files = i + 1;
		assert_int_equal(file_open(&file[i], &given.why), OK);
	}
	assert_int_equal(initrds_size(file, COUNT_OF(size), &sum, &given.why), OK);
	assert_int_equal(sum, 24);
	assert_int_equal(initrds_size(file, 1, &sum, &given.why), OK);
	assert_int_equal(sum, 5);
	assert_int_equal(load_initrds(&given.loading, file, COUNT_OF(size), place, &given.why), OK);
	for (size_t i = 0; i < COUNT_OF(size); i++) {
		for (uint64_t b = 0; b < size[i]; b++)
			assert_int_equal(memory[at + b], sim_byte(&sim.file[i], b));
		for (at += size[i]; at % 4 != 0; at++)
			assert_int_equal(memory[at], 0);
	}
	for (; at < EFI_PAGE; at++)
		assert_int_equal(memory[at], 0);
	expect_nothing_around(EFI_PAGE);
	assert_int_equal(given.loading.read, 20);
}

static void a_whole_file_comes_by_the_buffer_in_as_many_pieces_as_it_takes(void **state)
{
	struct whole whole = {.size = 0};

	(void)state;
	given_file(2 * BOUNCE + 5, GIB(1));
	whole.file = given.file;
	whole.file.source.context = &whole.file;
	whole.size = whole.file.size;
	assert_int_equal(whole_read(&whole, 3, &given.loading, &given.why), OK);
	assert_int_equal(outcome.n_reads, 3);
	assert_int_equal(given.loading.read, 2 * BOUNCE + 5);
	assert_int_equal(whole.room, 2 * BOUNCE + 8);
	for (uint64_t at = 0; at < whole.size; at++)
		assert_int_equal(whole.at[at], sim_byte(&sim.file[0], at));
	whole_give_back(&whole);
	assert_null(whole.at);
}

/* What the buffer held before would stand in the place of what was not read. */
static void a_whole_file_of_which_a_piece_cannot_be_read_is_refused(void **state)
{
	(void)state;
	for (unsigned int piece = 0; piece < 3; piece++) {
		struct whole whole = {.size = 0};

		given_file(2 * BOUNCE + 5, GIB(1));
		whole.file = given.file;
		whole.file.source.context = &whole.file;
		whole.size = whole.file.size;
		sim.fail_call = 2 + piece; /* the first asks for memory */
		sim.fail_status = IO_ERROR;
		sim.fails_twice = true; /* and so does opening it anew */
		assert_int_equal(whole_read(&whole, 0, &given.loading, &given.why), IO_ERROR);
		assert_int_equal(outcome.n_reads, piece + 1);
		assert_int_equal(given.loading.read, 0);
		whole_give_back(&whole);
	}
}

static void a_whole_file_that_is_not_open_is_none_and_one_too_large_is_refused(void **state)
{
	struct whole whole = {.size = UINT64_MAX};

	(void)state;
	given_file(EFI_PAGE, GIB(1));
	assert_int_equal(whole_read(&whole, 1, &given.loading, &given.why), OK);
	assert_null(whole.at);
	whole.file = given.file;
	assert_int_equal(whole_read(&whole, 1, &given.loading, &given.why), IO_ERROR);
	assert_string_equal(given.why.text, "\\file: no memory to read it");
	assert_null(whole.at);
	assert_int_equal(outcome.n_reads, 0);
}

static void an_initrd_that_cannot_be_read_stops_the_others(void **state)
{
	struct file file[2];

	(void)state;
	given_file(EFI_PAGE, GIB(1) + EFI_PAGE);
	memset(file, 0, sizeof(file));
	file[0] = file[1] = given.file;
	sim.fail_call = 1;
	sim.fail_status = NOT_FOUND;
	assert_int_equal(
	    load_initrds(&given.loading, file, 2, (struct range){given.at, given.at + 2 * EFI_PAGE}, &given.why),
	    NOT_FOUND);
	assert_int_equal(outcome.n_reads, 1);
	file[1].size = UINT64_MAX;
	sim.fail_call = 0;
	assert_int_equal(
	    load_initrds(&given.loading, file, 2, (struct range){given.at, given.at + 2 * EFI_PAGE}, &given.why),
	    BAD_INPUT);
	assert_string_equal(given.why.text, "\\file: too large");
}

static int end(void **state)
{
	(void)state;
	sim_end();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c7_a_file_below_4_gib_is_read_once_in_as_few_pieces_as_the_disk_is_fast),
	    cmocka_unit_test(c7_a_payload_is_read_from_its_offset),
	    cmocka_unit_test(c7_a_file_that_ends_at_4_gib_is_not_read_twice),
	    cmocka_unit_test(c7_of_a_file_across_4_gib_the_first_piece_above_is_compared),
	    cmocka_unit_test(c7_of_a_file_across_4_gib_what_lies_above_goes_by_the_buffer),
	    cmocka_unit_test(c7_a_file_across_4_gib_whose_part_below_cannot_be_read_is_refused),
	    cmocka_unit_test(c7_a_short_read_above_4_gib_is_tried_by_the_buffer),
	    cmocka_unit_test(c7_what_was_loaded_before_a_lie_is_spoilt),
	    cmocka_unit_test(c7_a_short_file_above_4_gib_is_compared_whole),
	    cmocka_unit_test(c7_what_does_not_arrive_above_4_gib_goes_by_the_buffer),
	    cmocka_unit_test(c7_after_a_wrong_read_the_next_file_goes_by_the_buffer_at_once),
	    cmocka_unit_test(c7_failed_reads_above_4_gib_become_smaller_and_then_go_by_the_buffer),
	    cmocka_unit_test(c7_after_one_failed_read_the_rest_comes_in_smaller_pieces),
	    cmocka_unit_test(c7_a_file_below_4_gib_that_cannot_be_read_is_refused),
	    cmocka_unit_test(a_read_that_fails_otherwise_is_not_tried_again),
	    cmocka_unit_test(a_read_to_the_buffer_that_fails_ends_the_file),
	    cmocka_unit_test(a_file_that_cannot_be_opened_again_is_not_read_any_more),
	    cmocka_unit_test(c7_a_failed_comparison_read_is_tried_again),
	    cmocka_unit_test(a_file_that_became_shorter_is_refused_with_the_offset),
	    cmocka_unit_test(a_file_of_16_mib_is_told_with_its_speed),
	    cmocka_unit_test(initrds_lie_on_4_byte_edges_with_zeros_between_and_behind),
	    cmocka_unit_test(a_whole_file_that_is_not_open_is_none_and_one_too_large_is_refused),
	    cmocka_unit_test(a_whole_file_comes_by_the_buffer_in_as_many_pieces_as_it_takes),
	    cmocka_unit_test(a_whole_file_of_which_a_piece_cannot_be_read_is_refused),
	    cmocka_unit_test(an_initrd_that_cannot_be_read_stops_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
