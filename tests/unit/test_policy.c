/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user's command line means to the loader what it means to the kernel: words, mem= and nokaslr.
 * Sources: Linux lib/cmdline.c, memparse; arch/x86/kernel/e820.c, parse_memopt; arch/x86/boot/compressed/kaslr.c.
 */
#include "given.h"
#include "../../policy/linux_words.h"

/* ---- words ---- */

static void x9_a_word_stands_alone(void **state)
{
	(void)state;
	assert_true(command_line_has("nokaslr", "nokaslr"));
	assert_true(command_line_has("quiet nokaslr", "nokaslr"));
	assert_true(command_line_has("nokaslr quiet", "nokaslr"));
	assert_true(command_line_has("  quiet\tnokaslr\n", "nokaslr"));
	assert_false(command_line_has("", "nokaslr"));
	assert_false(command_line_has("nokaslrx", "nokaslr"));
	assert_false(command_line_has("xnokaslr", "nokaslr"));
	assert_false(command_line_has("nokasl", "nokaslr"));
	assert_false(command_line_has("foo=nokaslr nokaslr=1", "nokaslr"));
}

/* ---- mem= ---- */

static void expect_mem(const char *line, uint64_t expected)
{
	uint64_t limit = 0;

	if (!command_line_mem(line, &limit))
		fail_msg("\"%s\": no mem=; expected %#" PRIx64, line, expected);
	if (limit != expected)
		fail_msg("\"%s\": %#" PRIx64 "; expected %#" PRIx64, line, limit, expected);
}

static void expect_no_mem(const char *line)
{
	uint64_t limit = 0x5a5a;

	if (command_line_mem(line, &limit) || limit != 0x5a5a)
		fail_msg("\"%s\": %#" PRIx64 "; expected none", line, limit);
}

static void c9_mem_has_every_suffix_of_memparse(void **state)
{
	(void)state;
	expect_mem("mem=4096", 4096);
	expect_mem("mem=3K", 3 << 10);
	expect_mem("mem=3k", 3 << 10);
	expect_mem("mem=3M", 3 << 20);
	expect_mem("mem=3m", 3 << 20);
	expect_mem("mem=3G", GIB(3));
	expect_mem("mem=3g", GIB(3));
	expect_mem("mem=3T", TIB(3));
	expect_mem("mem=3t", TIB(3));
	expect_mem("mem=3P", UINT64_C(3) << 50);
	expect_mem("mem=3E", UINT64_C(3) << 60);
	expect_mem("mem=0x40000000", GIB(1));
	expect_mem("mem=0X4000000f", GIB(1) + 15);
	expect_mem("mem=0x40M", MIB(64));
	expect_mem("quiet mem=2G root=/dev/vda", GIB(2));
}

static void c9_what_is_no_limit_to_the_kernel_is_none_to_us(void **state)
{
	(void)state;
	expect_no_mem("");
	expect_no_mem("quiet");
	expect_no_mem("mem");
	expect_no_mem("mem=");
	expect_no_mem("mem=0");
	expect_no_mem("mem=nopentium");
	expect_no_mem("mem=G");
	expect_no_mem("xmem=2G highmem=2G memmap=2G mem.x=2G");
}

static void c9_numbers_that_do_not_fit_64_bits_bound_nothing(void **state)
{
	(void)state;
	expect_no_mem("mem=16E");
	expect_no_mem("mem=18446744073709551616");
	expect_no_mem("mem=0x10000000000000000");
	expect_mem("mem=18446744073709551615", UINT64_MAX);
	expect_mem("mem=15E", UINT64_C(15) << 60);
}

/* lib/cmdline.c, memparse: simple_strtoull(ptr, &endptr, 0), and a leading 0 is octal. */
static void c9_a_leading_zero_is_octal(void **state)
{
	(void)state;
	expect_mem("mem=010G", GIB(8));
	expect_mem("mem=0100M", MIB(64));
}

/* parse_memopt takes memory away at each mem=, and looks at nothing behind the number. */
static void c9_of_several_the_smallest_bounds(void **state)
{
	(void)state;
	expect_mem("mem=4G mem=2G", GIB(2));
	expect_mem("mem=2G mem=junk", GIB(2));
	expect_mem("mem=2G mem=4G", GIB(2));
}

static void c9_what_stands_behind_the_number_is_not_looked_at(void **state)
{
	(void)state;
	expect_mem("mem=2Gfoo", GIB(2));
	expect_mem("mem=2G,4G", GIB(2));
}

/* ---- nokaslr ---- */

static void expect_line(enum placement_policy policy, const char *before, const char *after)
{
	struct entry entry = {.wish.policy = policy};
	size_t room = strlen(after) + 1;
	char *line = malloc(room + 16);
	struct fail why;
	bool added;

	strcpy(line, before);
	assert_int_equal(linux_words_keep_in_place(&entry, line, room, &added, &why), OK);
	assert_string_equal(line, after);
	assert_int_equal(added, strcmp(before, after) != 0);
	free(line);
}

static void x9_an_exact_place_adds_nokaslr_once(void **state)
{
	(void)state;
	expect_line(PLACE_EXACT, "quiet", "quiet nokaslr");
	expect_line(PLACE_EXACT, "quiet nokaslr", "quiet nokaslr");
	expect_line(PLACE_EXACT, "nokaslr quiet", "nokaslr quiet");
	expect_line(PLACE_EXACT, "kaslr", "kaslr nokaslr");
}

static void x9_what_stands_behind_two_dashes_is_for_init(void **state)
{
	uint64_t limit;

	(void)state;
	expect_line(PLACE_EXACT, "quiet -- single", "quiet nokaslr -- single");
	expect_line(PLACE_EXACT, "-- single", "nokaslr -- single");
	expect_line(PLACE_EXACT, "quiet --", "quiet nokaslr --");
	expect_line(PLACE_EXACT, "quiet --x", "quiet --x nokaslr");
	assert_false(command_line_mem("quiet -- mem=1G", &limit));
	assert_true(command_line_mem("mem=2G -- mem=1G", &limit));
	assert_true(limit == GIB(2));
}

static void x9_other_placements_leave_the_command_line_alone(void **state)
{
	(void)state;
	expect_line(PLACE_HIGH, "quiet", "quiet");
	expect_line(PLACE_LOW, "quiet", "quiet");
	expect_line(PLACE_PREFERRED, "quiet", "quiet");
}

static void x9_a_command_line_without_room_is_refused_and_not_overrun(void **state)
{
	struct entry entry = {.wish.policy = PLACE_EXACT};

	(void)state;
	for (size_t room = 1; room < 40; room++)
		for (size_t length = 0; length < room; length++) {
			char *line = malloc(room);
			struct fail why;
			bool added;

			memset(line, 'a', length);
			line[length] = '\0';
			if (linux_words_keep_in_place(&entry, line, room, &added, &why) == OK) {
				assert_true(command_line_has(line, "nokaslr"));
				assert_true(strlen(line) == (length == 0 ? 7 : length + 8));
			} else {
				assert_int_equal(why.rule, X9);
				assert_true(length + 9 > room);
				assert_int_equal(strlen(line), length);
			}
			free(line);
		}
}

/* Before "--" what is behind it moves, its NUL too, and nothing more. */
static void x9_nokaslr_before_the_end_of_options_takes_its_own_room_alone(void **state)
{
	static const char before[] = "quiet -- init";
	struct entry entry = {.wish.policy = PLACE_EXACT};
	char *line = malloc(sizeof(before) + 8);
	struct fail why;
	bool added;

	(void)state;
	strcpy(line, before);
	assert_int_equal(linux_words_keep_in_place(&entry, line, sizeof(before) + 8, &added, &why), OK);
	assert_true(added);
	assert_string_equal(line, "quiet nokaslr -- init");
	free(line);
}

/* ---- choices ---- */

/* kernel_alignment 2 GiB to 2 MiB: the longest list that there is, in each policy. */
static void x1_every_halving_has_its_choices(void **state)
{
	static const enum placement_policy policy[] = {PLACE_HIGH, PLACE_LOW, PLACE_PREFERRED};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(policy); i++) {
		const struct request *kernel;

		given_map("1M-3G free, 4G-6G free");
		given_kernel(.kernel_alignment = 0x80000000, .pref_address = 0x80000000);
		given_placement(policy[i], 0);
		kernel = &requests_now()[PART_KERNEL];
		assert_in_range(kernel->n_choices, 2 * 11, MAX_CHOICES);
		assert_true(kernel->choice[0].align == 0x80000000);
		assert_true(kernel->choice[kernel->n_choices - 1].align == MIB(2));
	}
}

static void c1_no_choice_reaches_below_1_mib(void **state)
{
	static const enum placement_policy policy[] = {PLACE_HIGH, PLACE_LOW, PLACE_PREFERRED};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(policy); i++) {
		given_map("1M-3G free");
		given_kernel(.pref_address = 0);
		given_placement(policy[i], 0);
		for (unsigned int part = 0; part < N_PARTS; part++)
			expect_limit(part, min, MIB(1), C1);
	}
	given_map("0-3G free");
	given_kernel(.pref_address = 0);
	given_placement(PLACE_EXACT, 0);
	expect_refused(BAD_INPUT, C1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x9_a_word_stands_alone),
	    cmocka_unit_test(c9_mem_has_every_suffix_of_memparse),
	    cmocka_unit_test(c9_what_is_no_limit_to_the_kernel_is_none_to_us),
	    cmocka_unit_test(c9_numbers_that_do_not_fit_64_bits_bound_nothing),
	    cmocka_unit_test(c9_a_leading_zero_is_octal),
	    cmocka_unit_test(c9_of_several_the_smallest_bounds),
	    cmocka_unit_test(c9_what_stands_behind_the_number_is_not_looked_at),
	    cmocka_unit_test(x9_what_stands_behind_two_dashes_is_for_init),
	    cmocka_unit_test(x9_an_exact_place_adds_nokaslr_once),
	    cmocka_unit_test(x9_other_placements_leave_the_command_line_alone),
	    cmocka_unit_test(x9_a_command_line_without_room_is_refused_and_not_overrun),
	    cmocka_unit_test(x9_nokaslr_before_the_end_of_options_takes_its_own_room_alone),
	    cmocka_unit_test(x1_every_halving_has_its_choices),
	    cmocka_unit_test(c1_no_choice_reaches_below_1_mib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
