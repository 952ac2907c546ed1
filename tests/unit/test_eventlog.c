/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logs of what was measured, drawn event by event, in both forms; each number in them is made wrong once. Source: TCG
 * PC Client Platform Firmware Profile 1.05, 10.2.
 */
#include "given.h"

#include "../../config/eventlog.h"

#define HEAD 69 /* bytes of a first event that tells of two kinds of sums */

static uint8_t bytes[4096];
static size_t used;

static void put(uint64_t value, unsigned int width)
{
	store_le(bytes + used, width, value);
	used += width;
}

/* One that tells of sums of SHA-1 and SHA-256, and has 2 bytes of the firmware's own. */
static void given_newer(void)
{
	memset(bytes, 0x77, sizeof(bytes));
	used = 0;
	put(0, 4);
	put(3, 4);
	used += 20;
	put(39, 4);
	memcpy(bytes + used, "Spec ID Event03", 16);
	used += 24;
	put(2, 4);
	put(4, 2);
	put(20, 2);
	put(0xb, 2);
	put(32, 2);
	put(2, 1);
	used += 2;
}

static void add_newer(uint32_t pcr, uint32_t type, size_t size)
{
	put(pcr, 4);
	put(type, 4);
	put(2, 4);
	put(4, 2);
	used += 20;
	put(0xb, 2);
	memset(bytes + used, (int)pcr, 32);
	used += 32;
	put(size, 4);
	used += size;
}

static void add_older(uint32_t pcr, uint32_t type, size_t size)
{
	put(pcr, 4);
	put(type, 4);
	used += 20;
	put(size, 4);
	used += size;
}

/* How many events a walk finds, and that each has the register of its place. */
static size_t count(enum eventlog_form form)
{
	struct eventlog walk;
	struct event event;
	size_t n = 0;

	if (!eventlog_start(&walk, (struct bytes){bytes, used}, form))
		return SIZE_MAX;
	for (; eventlog_next(&walk, &event); n++) {
		assert_true(event.pcr == n + 1 && event.type == 10 + n);
		assert_int_equal(event.data.size, 5 * n);
		assert_int_equal(event.sha256.size, form == EVENTLOG_ANY ? 32 : 0);
		if (form == EVENTLOG_ANY)
			assert_true(event.sha256.at[0] == n + 1 && event.sha256.at[31] == n + 1);
	}
	return n;
}

static size_t size_of(size_t last, enum eventlog_form form)
{
	size_t size = 0;

	return eventlog_size((struct bytes){bytes, sizeof(bytes)}, last, form, &size) ? size : SIZE_MAX;
}

static void events_of_both_forms_are_found(void **state)
{
	(void)state;
	given_newer();
	assert_int_equal(used, HEAD + 2);
	assert_int_equal(count(EVENTLOG_ANY), 0);
	add_newer(1, 10, 0);
	add_newer(2, 11, 5);
	add_newer(3, 12, 10);
	assert_int_equal(count(EVENTLOG_ANY), 3);
	used--;
	assert_int_equal(count(EVENTLOG_ANY), 2);
	used = 0;
	assert_int_equal(count(EVENTLOG_SHA1), 0);
	add_older(1, 10, 0);
	add_older(2, 11, 5);
	assert_int_equal(count(EVENTLOG_SHA1), 2);
	used--;
	assert_int_equal(count(EVENTLOG_SHA1), 1);
}

/* Each is one number of a log that is whole otherwise. */
static void a_first_event_that_is_wrong_is_no_log(void **state)
{
	static const struct {
		size_t at;
		unsigned int width;
		uint64_t value;
	} row[] = {
	    {4, 4, 4},	{28, 4, 38}, {28, 4, 35}, {28, 4, UINT32_MAX}, {32, 1, 'T'},
	    {47, 1, 1}, {56, 4, 0},  {56, 4, 17}, {56, 4, UINT32_MAX}, {66, 2, 31},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_newer();
		store_le(bytes + row[i].at, row[i].width, row[i].value);
		/* The firmware's own bytes are not looked at: to cut off one of them is no harm. */
		if ((row[i].at == 28 && row[i].value == 38) != (count(EVENTLOG_ANY) == 0))
			fail_msg("row %zu", i);
	}
	for (size_t size = 0; size < HEAD + 2; size++) {
		given_newer();
		used = size;
		assert_int_equal(count(EVENTLOG_ANY), SIZE_MAX);
	}
}

static void as_many_kinds_of_sums_as_there_may_be_are_known(void **state)
{
	struct eventlog walk;

	(void)state;
	for (unsigned int n = EVENTLOG_KINDS; n <= EVENTLOG_KINDS + 1; n++) {
		given_newer();
		store_le(bytes + 28, 4, 28 + 4 * n + 1);
		store_le(bytes + 56, 4, n);
		for (unsigned int i = 0; i < n; i++)
			store_le(bytes + 60 + 4 * i, 4, 0x200000 | (i + 100));
		assert_int_equal(eventlog_start(&walk, (struct bytes){bytes, 1000}, EVENTLOG_ANY), n == EVENTLOG_KINDS);
	}
}

static void an_event_with_sums_of_another_kind_ends_the_log(void **state)
{
	(void)state;
	given_newer();
	add_newer(1, 10, 0);
	store_le(bytes + HEAD + 2 + 12, 2, 5);
	assert_int_equal(count(EVENTLOG_ANY), 0);
	given_newer();
	add_newer(1, 10, 0);
	store_le(bytes + HEAD + 2 + 8, 4, 3);
	assert_int_equal(count(EVENTLOG_ANY), 0);
	given_newer();
	add_newer(1, 10, 0);
	store_le(bytes + HEAD + 2 + 68, 4, UINT32_MAX);
	assert_int_equal(count(EVENTLOG_ANY), 0);
}

/* One event behind the first, with these sums; how many a walk finds. */
static size_t count_with(size_t n, const uint16_t *id, const size_t *size)
{
	given_newer();
	put(1, 4);
	put(10, 4);
	put(n, 4);
	for (size_t i = 0; i < n; i++) {
		put(id[i], 2);
		memset(bytes + used, 1, size[i]);
		used += size[i];
	}
	put(0, 4);
	return count(EVENTLOG_ANY);
}

static void an_event_has_known_sums_alone_and_no_more_than_the_log(void **state)
{
	(void)state;
	assert_int_equal(count_with(2, (const uint16_t[]){4, 0xb}, (const size_t[]){20, 32}), 1);
	assert_int_equal(count_with(2, (const uint16_t[]){0xb, 4}, (const size_t[]){32, 20}), 1);
	assert_int_equal(count_with(3, (const uint16_t[]){4, 0xb, 4}, (const size_t[]){20, 32, 20}), 0);
	assert_int_equal(count_with(1, (const uint16_t[]){0x77}, (const size_t[]){0}), 0);
	assert_int_equal(count_with(1, (const uint16_t[]){0}, (const size_t[]){0}), 0);
}

/* The one before it had one. */
static void an_event_without_a_sum_of_sha_256_has_none(void **state)
{
	struct eventlog walk;
	struct event event;

	(void)state;
	given_newer();
	add_newer(1, 10, 0);
	put(2, 4);
	put(11, 4);
	put(1, 4);
	put(4, 2);
	used += 20;
	put(0, 4);
	assert_true(eventlog_start(&walk, (struct bytes){bytes, used}, EVENTLOG_ANY));
	assert_true(eventlog_next(&walk, &event) && event.sha256.size == 32);
	assert_true(eventlog_next(&walk, &event) && event.sha256.size == 0 && event.pcr == 2);
}

/* Each in memory of exactly that size. */
static void an_event_that_is_cut_off_is_none(void **state)
{
	struct eventlog walk;
	struct event event;
	size_t whole;

	(void)state;
	given_newer();
	add_newer(1, 10, 3);
	whole = used;
	for (size_t size = HEAD + 2; size < whole; size++) {
		uint8_t *copy = malloc(size);

		memcpy(copy, bytes, size);
		assert_true(eventlog_start(&walk, (struct bytes){copy, size}, EVENTLOG_ANY));
		assert_false(eventlog_next(&walk, &event));
		assert_int_equal(walk.rest.size, size - HEAD - 2);
		free(copy);
	}
}

static void a_log_ends_behind_its_last_event(void **state)
{
	size_t first = HEAD + 2, second = first + 72, third = second + 77, end = third + 82;

	(void)state;
	given_newer();
	add_newer(1, 10, 0);
	add_newer(2, 11, 5);
	add_newer(3, 12, 10);
	assert_int_equal(used, end);
	assert_int_equal(size_of(0, EVENTLOG_ANY), first);
	assert_int_equal(size_of(first, EVENTLOG_ANY), second);
	assert_int_equal(size_of(second, EVENTLOG_ANY), third);
	assert_int_equal(size_of(third, EVENTLOG_ANY), end);
	assert_int_equal(size_of(end, EVENTLOG_ANY), SIZE_MAX); /* what is behind it is no event */
	for (size_t last = 1; last < end; last++)
		if (last != first && last != second && last != third)
			assert_int_equal(size_of(last, EVENTLOG_ANY), SIZE_MAX);
	assert_int_equal(size_of(sizeof(bytes), EVENTLOG_ANY), SIZE_MAX);
	bytes[4] = 4;
	assert_int_equal(size_of(0, EVENTLOG_ANY), SIZE_MAX);
	assert_int_equal(size_of(first, EVENTLOG_ANY), SIZE_MAX);
	used = 0;
	add_older(1, 10, 0);
	add_older(2, 11, 5);
	assert_int_equal(size_of(0, EVENTLOG_SHA1), 32);
	assert_int_equal(size_of(32, EVENTLOG_SHA1), 32 + 37);
	assert_int_equal(size_of(31, EVENTLOG_SHA1), SIZE_MAX);
}

static size_t final_size(uint64_t n, size_t room)
{
	static uint8_t head[HEAD + 2];
	struct eventlog walk;

	given_newer();
	memcpy(head, bytes, sizeof(head));
	assert_true(eventlog_start(&walk, (struct bytes){head, sizeof(head)}, EVENTLOG_ANY));
	memset(bytes, 0x77, sizeof(bytes));
	used = 0;
	put(1, 8);
	put(n, 8);
	add_newer(1, 10, 0);
	add_newer(2, 11, 5);
	return eventlog_final_size(&walk, (struct bytes){bytes, room});
}

static void final_events_are_counted_up_to_what_is_none(void **state)
{
	(void)state;
	assert_int_equal(final_size(0, sizeof(bytes)), 0);
	assert_int_equal(final_size(1, sizeof(bytes)), 72);
	assert_int_equal(final_size(2, sizeof(bytes)), 72 + 77);
	assert_int_equal(final_size(3, sizeof(bytes)), 72 + 77);
	assert_int_equal(final_size(UINT64_MAX, sizeof(bytes)), 72 + 77);
	assert_int_equal(final_size(2, 16 + 72 + 76), 72);
	assert_int_equal(final_size(2, 16), 0);
	assert_int_equal(final_size(2, 15), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(events_of_both_forms_are_found),
	    cmocka_unit_test(a_first_event_that_is_wrong_is_no_log),
	    cmocka_unit_test(as_many_kinds_of_sums_as_there_may_be_are_known),
	    cmocka_unit_test(an_event_with_sums_of_another_kind_ends_the_log),
	    cmocka_unit_test(an_event_has_known_sums_alone_and_no_more_than_the_log),
	    cmocka_unit_test(an_event_without_a_sum_of_sha_256_has_none),
	    cmocka_unit_test(an_event_that_is_cut_off_is_none),
	    cmocka_unit_test(a_log_ends_behind_its_last_event),
	    cmocka_unit_test(final_events_are_counted_up_to_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
