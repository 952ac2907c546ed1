/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ground that all rules stand on: ranges that tell when they overflow, text that never overruns its buffer, and a
 * list of rules without gaps. Text is held against the C library's snprintf.
 */
#include "given.h"

#include "../../base/bytes.h"
#include "../../base/block.h"

#define MAX UINT64_MAX

/* ---- ranges ---- */

static void c2_ranges_are_half_open(void **state)
{
	(void)state;
	assert_false(range_overlaps((struct range){0, 4}, (struct range){4, 8}));
	assert_true(range_overlaps((struct range){0, 5}, (struct range){4, 8}));
	assert_true(range_overlaps((struct range){0, MAX}, (struct range){MAX - 1, MAX}));
	assert_false(range_overlaps((struct range){4, 4}, (struct range){0, 8}));
	assert_false(range_overlaps((struct range){6, 2}, (struct range){0, 8}));
	assert_true(range_is_empty((struct range){4, 4}));
	assert_true(range_is_empty((struct range){5, 4}));
	assert_false(range_is_empty((struct range){4, 5}));
	assert_true(range_size((struct range){0, MAX}) == MAX);
	assert_true(range_contains((struct range){0, 8}, (struct range){0, 8}));
	assert_false(range_contains((struct range){0, 8}, (struct range){0, 9}));
	assert_false(range_contains((struct range){1, 8}, (struct range){0, 8}));
}

static void c2_overlap_is_a_byte_in_both(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 6 * 6 * 6 * 6; n++) {
		struct range a = {n % 6, n / 6 % 6}, b = {n / 36 % 6, n / 216};
		unsigned int both = 0;
		struct range common = range_common(a, b);

		for (uint64_t byte = 0; byte < 6; byte++)
			both += a.start <= byte && byte < a.end && b.start <= byte && byte < b.end;
		assert_int_equal(range_overlaps(a, b), both != 0);
		assert_int_equal(range_is_empty(common), both == 0);
		if (both != 0)
			assert_int_equal(range_size(common), both);
	}
}

/* In 128 bits nothing overflows: what does not fit 64 is told, and the result is left alone. */
static void c2_arithmetic_that_does_not_fit_is_told(void **state)
{
	struct dice dice = dice_from_seed(__func__);

	(void)state;
	for (unsigned int i = 0; i < 300000; i++) {
		uint64_t a = roll_extreme(&dice), b = roll_extreme(&dice), align = UINT64_C(1) << roll(&dice, 64);
		unsigned __int128 sum = (unsigned __int128)a + b, product = (unsigned __int128)a * b;
		unsigned __int128 up = ((unsigned __int128)a + align - 1) / align * align;
		uint64_t out = 0x5a5a;
		struct range range = {1, 2};

		assert_int_equal(checked_add(a, b, &out), sum > MAX);
		assert_true(out == (sum > MAX ? 0x5a5a : (uint64_t)sum));
		out = 0x5a5a;
		assert_int_equal(checked_mul(a, b, &out), product > MAX);
		assert_true(out == (product > MAX ? 0x5a5a : (uint64_t)product));
		out = 0x5a5a;
		assert_int_equal(checked_align_up(a, align, &out), up > MAX);
		assert_true(out == (up > MAX ? 0x5a5a : (uint64_t)up));
		assert_true(align_down(a, align) == a / align * align);
		assert_int_equal(checked_range(a, b, &range), sum > MAX);
		assert_true(sum > MAX ? range.start == 1 && range.end == 2 : range.start == a && range.end == a + b);
	}
}

static void x1_powers_of_two_have_one_bit(void **state)
{
	(void)state;
	assert_false(is_power_of_two(0));
	for (unsigned int n = 0; n < 64; n++)
		assert_true(is_power_of_two(UINT64_C(1) << n));
	for (uint64_t n = 1; n < 100000; n++)
		assert_int_equal(is_power_of_two(n), __builtin_popcountll(n) == 1);
	assert_false(is_power_of_two(MAX));
}

/* ---- bytes, blocks ---- */

static void c2_numbers_are_little_endian_and_never_read_past_the_end(void **state)
{
	(void)state;
	for (size_t size = 0; size < 20; size++) {
		uint8_t *exact = malloc(size == 0 ? 1 : size);
		struct bytes from = {exact, size};

		for (size_t i = 0; i < size; i++)
			exact[i] = (uint8_t)(i + 1);
		for (size_t at = 0; at < 30; at++)
			for (unsigned int width = 1; width <= 8; width++) {
				uint64_t out = 0x5a5a, want = 0;

				for (unsigned int i = 0; i < width; i++)
					want |= (uint64_t)(uint8_t)(at + i + 1) << (8 * i);
				assert_int_equal(bytes_get(from, at, width, &out), at + width <= size);
				assert_true(out == (at + width <= size ? want : 0x5a5a));
			}
		assert_false(bytes_get(from, SIZE_MAX, 8, &(uint64_t){0}));
		assert_false(bytes_get(from, SIZE_MAX - 3, 8, &(uint64_t){0}));
		free(exact);
	}
}

static void c2_what_is_stored_is_loaded(void **state)
{
	struct dice dice = dice_from_seed(__func__);

	(void)state;
	for (unsigned int i = 0; i < 10000; i++) {
		unsigned int width = 1 + roll(&dice, 8);
		uint64_t value = roll_extreme(&dice);
		uint8_t at[10];

		memset(at, 0xee, sizeof(at));
		store_le(at + 1, width, value);
		assert_true(load_le(at + 1, width) == (width == 8 ? value : value & ((UINT64_C(1) << 8 * width) - 1)));
		assert_true(at[0] == 0xee && at[width + 1] == 0xee);
	}
}

static void c2_a_block_gives_out_the_same_pieces_measuring_and_writing(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	uint8_t memory[1];

	(void)state;
	for (unsigned int round = 0; round < 1000; round++) {
		struct block measure = {NULL, MIB(1), 0}, write = {memory, MIB(1), 0};
		uint64_t end = 0;

		for (unsigned int i = 0; i < 10; i++) {
			uint64_t size = roll(&dice, 9000), align = UINT64_C(1) << roll(&dice, 13);
			struct piece m = block_take(&measure, size, align), w = block_take(&write, size, align);

			assert_true(m.at == NULL && m.address == w.address && w.address % align == 0);
			assert_true(w.address >= MIB(1) + end && w.address < MIB(1) + end + align);
			end = w.address - MIB(1) + size;
			assert_true(measure.used == end && write.used == end);
		}
	}
}

/* ---- text ---- */

static char ours[128], theirs[128];

static void expect_same_text(struct text *text, const char *format)
{
	if (strcmp(ours, theirs) != 0 || text->used != strlen(theirs))
		fail_msg("\"%s\": \"%s\"; snprintf has \"%s\"", format, ours, theirs);
}

#define compare(format, ...)                                                                                           \
	do {                                                                                                           \
		struct text text = TEXT(ours);                                                                         \
		text_add(&text, format, __VA_ARGS__);                                                                  \
		(void)snprintf(theirs, sizeof(theirs), format, __VA_ARGS__);                                           \
		expect_same_text(&text, format);                                                                       \
	} while (0)

static void c3_numbers_are_written_as_by_snprintf(void **state)
{
	struct dice dice = dice_from_seed(__func__);

	(void)state;
	for (unsigned int i = 0; i < 50000; i++) {
		uint64_t u = roll_extreme(&dice);
		uint64_t nz = u | 1; /* of 0, "%#x" has no 0x in C; ours has */
		int d = (int)(uint32_t)u;

		compare("%u|%5u|%-5u|%05u|%12u|%012u", (unsigned int)u, (unsigned int)u, (unsigned int)u,
			(unsigned int)u, (unsigned int)u, (unsigned int)u);
		compare("%x|%3x|%-9x|%09x|%016x", (unsigned int)u, (unsigned int)u, (unsigned int)u, (unsigned int)u,
			(unsigned int)u);
		compare("%#x|%#12x|%-#12x|%#012x", (unsigned int)nz, (unsigned int)nz, (unsigned int)nz,
			(unsigned int)nz);
		compare("%d|%4d|%-14d|%014d|%02d", d, d, d, d, d);
		compare("%lu %lx %ld %#lx", (unsigned long)u, (unsigned long)u, (long)u, (unsigned long)nz);
		compare("%llu %llx %lld", (unsigned long long)u, (unsigned long long)u, (long long)u);
		compare("%zu %zx %20zu", (size_t)u, (size_t)u, (size_t)u);
		compare("%" PRIu64 " %#" PRIx64 " %016" PRIx64, u, nz, u);
	}
	compare("%d %d %ld %lld", INT32_MIN, INT32_MAX, (long)INT64_MIN, (long long)INT64_MIN);
}

static void c3_strings_are_written_as_by_snprintf(void **state)
{
	static const char unended[3] = {'a', 'b', 'c'};

	(void)state;
	compare("%s|%6s|%-6s|%2s|", "abc", "abc", "abc", "abc");
	compare("%.2s|%.0s|%.9s|%6.2s|%-6.2s|", "abc", "abc", "abc", "abc", "abc");
	compare("%.3s", unended);
	compare("%s%s", "", "");
	compare("%c%c 100%%", 'x', 'y');
	compare("%3c|%-3c|", 'x', 'y');
}

static void c3_widths_past_any_number_are_filled(void **state)
{
	(void)state;
	compare("%30u|%-30u|%30d", 7u, 7u, -7);
	compare("%030u", 7u);
	compare("%030d", -7);
	compare("%#030x", 7u);
}

/* Every size of buffer, in malloc'ed memory: never a byte more, always an end, and the length is that of the whole. */
static void c3_text_is_cut_and_never_overrun(void **state)
{
	static const char whole[] = "vmlinuz at 0x12345678, -42 0077 [  x]";

	(void)state;
	for (size_t size = 1; size < sizeof(whole) + 5; size++) {
		char *exact = malloc(size);
		struct text text = {exact, size, 0};

		memset(exact, 0xee, size);
		text_add(&text, "%s at %#x, %d ", "vmlinuz", 0x12345678u, -42);
		text_add(&text, "%04u [%3s]", 77u, "x");
		assert_int_equal(text.used, sizeof(whole) - 1);
		assert_int_equal(text_cut(&text), size < sizeof(whole));
		assert_true(strlen(exact) == (size < sizeof(whole) ? size - 1 : sizeof(whole) - 1));
		assert_memory_equal(exact, whole, strlen(exact));
		free(exact);
	}
}

static void c3_text_without_any_room_writes_nothing(void **state)
{
	char *end = (char *)malloc(1) + 1;
	struct text text = {end, 0, 0};

	(void)state;
	text_add(&text, "%s", "abc");
	assert_int_equal(text.used, 3);
	assert_true(text_cut(&text));
	free(end - 1);
}

static void c3_text_in_a_file_is_known_with_its_nul_alone(void **state)
{
	static const struct {
		size_t size;
		const char *bytes;
		bool is_it;
	} rows[] = {{4, "Xen\0", true}, {3, "Xen", false},    {5, "Xen\0\0", false}, {2, "Xe", false},
		    {3, "Xe\0", false}, {5, "Xens\0", false}, {4, "xen\0", false},   {0, "", false}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t *exact = malloc(rows[i].size + 1);

		memcpy(exact + 1, rows[i].bytes, rows[i].size); /* its end is the end of the memory */
		assert_true(text_is((struct bytes){exact + 1, rows[i].size}, "Xen") == rows[i].is_it);
		free(exact);
	}
	assert_true(text_is((struct bytes){(const uint8_t *)"", 1}, ""));
}

static void c3_sizes_are_said_as_people_say_them(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *words;
	} sizes[] = {
	    {0, "0 bytes"},	      {1023, "1023 bytes"},	  {1024, "1.0 KiB"},
	    {1536, "1.5 KiB"},	      {MIB(1) - 1, "1023.9 KiB"}, {0x37e5000, "55.8 MiB"},
	    {GIB(4), "4.0 GiB"},      {TIB(64), "64.0 TiB"},	  {UINT64_C(3) << 50, "3.0 PiB"},
	    {UINT64_MAX, "15.9 EiB"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		assert_string_equal(size_words(sizes[i].bytes).at, sizes[i].words);
}

/* ---- fail ---- */

static void c5_a_failure_has_its_status_rule_and_lines(void **state)
{
	struct fail why;

	(void)state;
	memset(&why, 0xee, sizeof(why));
	assert_int_equal(fail_by(&why, NO_PLACE, X3, "%s: %u", "vmlinuz", 7u), NO_PLACE);
	fail_add(&why, "  try: %s", "another");
	assert_int_equal(why.status, NO_PLACE);
	assert_int_equal(why.rule, X3);
	assert_string_equal(why.text, "vmlinuz: 7\n  try: another");
	assert_int_equal(fail(&why, BAD_INPUT, "again"), BAD_INPUT);
	assert_int_equal(why.rule, RULE_NONE);
	assert_string_equal(why.text, "again");
}

static void c5_a_failures_lines_end_with_its_room(void **state)
{
	struct fail *why = malloc(sizeof(*why));
	char word[60];

	(void)state;
	for (size_t length = 0; length < sizeof(word); length++) {
		memset(word, 'a', length);
		word[length] = '\0';
		(void)fail(why, BAD_INPUT, "%s", word);
		for (unsigned int i = 0; i < 1100; i++)
			fail_add(why, "%s", word);
		assert_int_equal(strlen(why->text), FAIL_TEXT - 1);
	}
	free(why);
}

/* ---- rules ---- */

static void c1_every_rule_has_an_id_a_sentence_and_a_source(void **state)
{
	(void)state;
	for (unsigned int i = RULE_NONE + 1; i < N_RULES; i++) {
		const struct rule_row *row = rule_row((enum rule)i);

		assert_true(strlen(row->id) >= 2 && strlen(row->sentence) > 20);
		assert_true(row->sentence[strlen(row->sentence) - 1] == '.');
		assert_true(row->kind == LIMIT || row->kind == DUTY);
		for (unsigned int j = RULE_NONE + 1; j < i; j++) {
			assert_string_not_equal(row->id, rule_row((enum rule)j)->id);
			assert_string_not_equal(row->sentence, rule_row((enum rule)j)->sentence);
		}
	}
	assert_string_equal(rule_row(C1)->id, "C1");
	assert_string_equal(rule_row(X9)->id, "X9");
}

static void c1_what_is_no_rule_has_an_empty_row(void **state)
{
	(void)state;
	assert_string_equal(rule_row(RULE_NONE)->id, "");
	assert_string_equal(rule_row(N_RULES)->id, "");
	assert_string_equal(rule_row((enum rule)1000000)->id, "");
}

static void c1_a_rule_is_found_by_its_id_in_either_case(void **state)
{
	static const char *const none[] = {"", "C", "C1x", "C99", "X", "x1 ", "1C"};
	enum rule rule = RULE_NONE;

	(void)state;
	for (unsigned int i = RULE_NONE + 1; i < N_RULES; i++) {
		const char *id = rule_row((enum rule)i)->id;
		char small[8] = "";

		for (size_t c = 0; id[c] != '\0'; c++)
			small[c] = (char)(id[c] >= 'A' && id[c] <= 'Z' ? id[c] - 'A' + 'a' : id[c]);
		assert_true(rule_named(id, strlen(id), &rule) && rule == i);
		assert_true(rule_named(small, strlen(small), &rule) && rule == i);
		assert_false(rule_named(id, strlen(id) - 1, &rule) && rule == i);
	}
	for (size_t i = 0; i < COUNT_OF(none); i++)
		assert_false(rule_named(none[i], strlen(none[i]), &rule));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c2_ranges_are_half_open),
	    cmocka_unit_test(c2_overlap_is_a_byte_in_both),
	    cmocka_unit_test(c2_arithmetic_that_does_not_fit_is_told),
	    cmocka_unit_test(x1_powers_of_two_have_one_bit),
	    cmocka_unit_test(c2_numbers_are_little_endian_and_never_read_past_the_end),
	    cmocka_unit_test(c2_what_is_stored_is_loaded),
	    cmocka_unit_test(c2_a_block_gives_out_the_same_pieces_measuring_and_writing),
	    cmocka_unit_test(c3_numbers_are_written_as_by_snprintf),
	    cmocka_unit_test(c3_strings_are_written_as_by_snprintf),
	    cmocka_unit_test(c3_widths_past_any_number_are_filled),
	    cmocka_unit_test(c3_text_is_cut_and_never_overrun),
	    cmocka_unit_test(c3_text_without_any_room_writes_nothing),
	    cmocka_unit_test(c3_text_in_a_file_is_known_with_its_nul_alone),
	    cmocka_unit_test(c3_sizes_are_said_as_people_say_them),
	    cmocka_unit_test(c5_a_failure_has_its_status_rule_and_lines),
	    cmocka_unit_test(c5_a_failures_lines_end_with_its_room),
	    cmocka_unit_test(c1_every_rule_has_an_id_a_sentence_and_a_source),
	    cmocka_unit_test(c1_what_is_no_rule_has_an_empty_row),
	    cmocka_unit_test(c1_a_rule_is_found_by_its_id_in_either_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
