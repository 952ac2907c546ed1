/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot counting's names: each as UAPI.1, "Boot counting", has it, and over any name the property that makes counting
 * come to its end: the id stays, one try less is left, one more is done, and the name still fits.
 */
#include "given.h"

#include "../../config/counting.h"

static void expect_next(const char *name, const char *wanted, enum counting kind)
{
	char *exact = malloc(strlen(name) + 1), *out = malloc(MAX_ENTRY_ID);
	enum counting found;

	strcpy(exact, name);
	found = counting_next(exact, out);
	if (found != kind || strcmp(out, wanted) != 0)
		fail_msg("%s becomes %s (%d), not %s", name, out, (int)found, wanted);
	free(exact);
	free(out);
}

static void one_try_less_is_left_and_one_more_is_done(void **state)
{
	static const char *const row[][2] = {
	    {"a+3.conf", "a+2-1.conf"},
	    {"a+2-1.conf", "a+1-2.conf"},
	    {"a+1-2.conf", "a+0-3.conf"},
	    {"a+1.conf", "a+0-1.conf"},
	    {"a+3.efi", "a+2-1.efi"},
	    {"A+3-0.CONF", "A+2-1.CONF"},
	    {"a+3.Efi", "a+2-1.Efi"},
	    {"a-6.1+3.conf", "a-6.1+2-1.conf"},
	    {"a+1+3-1.conf", "a+1+2-2.conf"}, /* the last plus counts */
	    {"a+3-4+2.conf", "a+3-4+1-1.conf"},
	    {"a.conf+3.conf", "a.conf+2-1.conf"},
	    {"\xc3\xa4+2.conf", "\xc3\xa4+1-1.conf"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		expect_next(row[i][0], row[i][1], COUNTING_NEW);
}

/* UAPI.1 1.0: the digits of a counter stay as many, so that a name on FAT stays as long. */
static void a_counter_keeps_its_width(void **state)
{
	static const char *const row[][2] = {
	    {"a+10.conf", "a+09-1.conf"},
	    {"a+100-09.conf", "a+099-10.conf"},
	    {"a+03-000.conf", "a+02-001.conf"},
	    {"a+1000-199.conf", "a+0999-200.conf"},
	    {"a+3-9.conf", "a+2-9.conf"},
	    {"a+05-99.conf", "a+04-99.conf"},
	    {"a+99999999999999999999999999999999-18446744073709551615.conf",
	     "a+99999999999999999999999999999998-18446744073709551616.conf"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		expect_next(row[i][0], row[i][1], COUNTING_NEW);
}

static void without_tries_left_the_tries_done_are_counted_still(void **state)
{
	(void)state;
	expect_next("a+0.conf", "a+0-1.conf", COUNTING_NEW);
	expect_next("a+0-1.conf", "a+0-2.conf", COUNTING_NEW);
	expect_next("a+00-8.conf", "a+00-9.conf", COUNTING_NEW);
	expect_next("a+0-9.conf", "a+0-9.conf", COUNTING_SAME);
	expect_next("a+000-99.efi", "a+000-99.efi", COUNTING_SAME);
}

static void a_name_without_counters_is_not_counted(void **state)
{
	static const char *const row[] = {"a.conf",	  "a+.conf",	 "a+x.conf",	 "a+1x.conf",	 "a+1-.conf",
					  "a+1-x.conf",	  "a+1-2x.conf", "a+1-2-3.conf", "a+-1.conf",	 "a+1 .conf",
					  "+1.conf",	  "+1-1.conf",	 "a+1",		 "a+1-2",	 "a+1.config",
					  "a+1.con",	  "a+1conf",	 "a+1.conf~",	 "a1-2.conf",	 "",
					  ".conf",	  "+",		 "a+1.efi.x",	 "a+1.bin",	 "a+1.0.conf",
					  "a+1.efi.conf", "a++.conf",	 "\\a+1.conf",	 "..\\a+1.conf", "a/b+1.conf",
					  "a/+1.conf",	  "a+1--2.conf"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		expect_next(row[i], "", COUNTING_OFF);
}

/* UAPI.1, "Type #1": at most 255 characters. */
static void a_name_that_would_be_too_long_is_not_written(void **state)
{
	char name[MAX_ENTRY_ID + 8], wanted[MAX_ENTRY_ID + 8];

	(void)state;
	for (size_t length = 240; length <= 258; length++) {
		memset(name, 'n', sizeof(name));
		strcpy(name + length - 7, "+3.conf");
		strcpy(wanted, name);
		strcpy(wanted + length - 7, "+2-1.conf");
		expect_next(name, length + 2 <= 255 ? wanted : "", length + 2 <= 255 ? COUNTING_NEW : COUNTING_LONG);
		strcpy(name + length - 9, "+3-1.conf");
		strcpy(wanted, name);
		strcpy(wanted + length - 9, "+2-2.conf");
		expect_next(name, length <= 255 ? wanted : "", length <= 255 ? COUNTING_NEW : COUNTING_LONG);
		strcpy(name + length - 9, "+0-9.conf");
		expect_next(name, length <= 255 ? name : "", length <= 255 ? COUNTING_SAME : COUNTING_LONG);
	}
}

static void counters_are_found_where_they_are(void **state)
{
	static const struct {
		const char *stem;
		struct counters c;
	} row[] = {
	    {"ab+12-345", {2, 2, 3, false}}, {"ab+0", {2, 1, 0, true}},	   {"ab+00-5", {2, 2, 1, true}},
	    {"ab+10", {2, 2, 0, false}},     {"a+b+01", {3, 2, 0, false}}, {"ab", {2, 0, 0, false}},
	    {"ab+0-", {5, 0, 0, false}},     {"ab+", {3, 0, 0, false}},	   {"+0", {2, 0, 0, false}},
	    {"", {0, 0, 0, false}},	     {"ab+0x", {5, 0, 0, false}},  {"ab+1-0x", {7, 0, 0, false}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		size_t length = strlen(row[i].stem);
		char *exact = malloc(length == 0 ? 1 : length);
		struct counters c = counters_of((struct word){memcpy(exact, row[i].stem, length), length});

		if (c.id != row[i].c.id || c.left != row[i].c.left || c.done != row[i].c.done ||
		    c.exhausted != row[i].c.exhausted)
			fail_msg("%s: %zu %zu %zu %d", row[i].stem, c.id, c.left, c.done, c.exhausted);
		free(exact);
	}
}

/* A name of @left tries is tried as often, and then it has none; each name is as long as the one before. */
static void every_entry_comes_to_its_end(void **state)
{
	(void)state;
	for (unsigned int left = 0; left <= 120; left++) {
		char name[MAX_ENTRY_ID], next[MAX_ENTRY_ID];

		snprintf(name, sizeof(name), "a+%u-00.conf", left);
		for (unsigned int tries = 1; tries <= left + 3; tries++) {
			struct counters c;
			char done[16];

			(void)counting_next(name, next);
			assert_int_equal(strlen(next), strlen(name));
			strcpy(name, next);
			c = counters_of(word_without_conf(word_of(name)));
			assert_int_equal(c.exhausted, tries >= left);
			snprintf(done, sizeof(done), "-%02u.conf", tries < 99 ? tries : 99);
			assert_string_equal(name + strlen(name) - 8, done);
		}
	}
}

/* UAPI.1, "Boot counting": more tries left first, then fewer done; widths do not count. */
static void two_files_of_an_entry_are_ordered_by_their_tries(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
	} row[] = {
	    {"a+3.conf", "a+2.conf", -1},
	    {"a+10.conf", "a+9.conf", -1},
	    {"a+03.conf", "a+2.conf", -1},
	    {"a+3-1.conf", "a+3-2.conf", -1},
	    {"a+3.conf", "a+3-1.conf", -1},
	    {"a+3-9.conf", "a+3-10.conf", -1},
	    {"a+3-010.efi", "a+3-9.efi", 1},
	    {"a+3.conf", "a+3-0.conf", 0},
	    {"a+03.conf", "a+3.conf", 0},
	    {"a+0-1.conf", "a+0-2.conf", -1},
	    {"a.conf", "a+3.conf", 0},
	    {"a+3.conf", "a.conf", 0},
	    {"a+3x.conf", "a+4.conf", 0},
	    {"a+3.conf", "a+3.efi", 0},
	    {"a+18446744073709551616.conf", "a+1.conf", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		int one = counting_compare(row[i].a, row[i].b), other = counting_compare(row[i].b, row[i].a);

		if ((one > 0) - (one < 0) != row[i].order || (other > 0) - (other < 0) != -row[i].order)
			fail_msg("%s and %s: %d, and %d", row[i].a, row[i].b, one, other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_try_less_is_left_and_one_more_is_done),
	    cmocka_unit_test(a_counter_keeps_its_width),
	    cmocka_unit_test(without_tries_left_the_tries_done_are_counted_still),
	    cmocka_unit_test(a_name_without_counters_is_not_counted),
	    cmocka_unit_test(a_name_that_would_be_too_long_is_not_written),
	    cmocka_unit_test(counters_are_found_where_they_are),
	    cmocka_unit_test(every_entry_comes_to_its_end),
	    cmocka_unit_test(two_files_of_an_entry_are_ordered_by_their_tries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
