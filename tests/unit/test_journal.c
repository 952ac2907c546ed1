/* SPDX-License-Identifier: BSD-2-Clause */
/* What is kept for the booted system, and what goes first where room is short; and the form of the memory map in it. */
#include "given.h"

#include "../../base/journal.h"
#include "../../plan/mapline.h"
#include "../../tools/mapread.h"

static char lines[600], out[600];
static struct journal journal;

static void given_room(size_t room)
{
	memset(lines, 0, sizeof(lines));
	journal_open(&journal, lines, room);
}

static void add(enum kept kept, const char *line)
{
	journal_add(&journal, kept, line, strlen(line));
}

static void expect_text(size_t room, const char *text)
{
	size_t size;

	memset(out, '#', sizeof(out));
	size = journal_text(&journal, out, room);
	assert_true(size <= room && out[room] == '#');
	out[size] = '\0';
	assert_string_equal(out, text);
}

static void lines_come_in_their_order_whatever_their_class(void **state)
{
	(void)state;
	given_room(sizeof(lines));
	expect_text(100, "");
	add(KEPT_SAID, "one");
	add(KEPT_CANDIDATE, "two");
	add(KEPT_PLAN, "");
	add(KEPT_MAP, "three\n  four");
	expect_text(100, "one\ntwo\n\nthree\n  four\n");
}

static void what_is_no_text_becomes_question_marks(void **state)
{
	(void)state;
	given_room(sizeof(lines));
	add(KEPT_SAID, " ~\x1b[2J\x7f\t\r\xff\xc3");
	add(KEPT_SAID, "gr\xc3\xbc\xc3\x9f\x65 \xc2\x9b\xc2\xa0 \xf0\x9f\x90\xa7");
	expect_text(100, " ~?[2J?????\ngr\xc3\xbc\xc3\x9f\x65 ??\xc2\xa0 \xf0\x9f\x90\xa7\n");
}

static void the_least_important_go_first_and_the_text_says_how_many(void **state)
{
	(void)state;
	given_room(sizeof(lines));
	add(KEPT_CANDIDATE, "candidate 1");
	add(KEPT_SAID, "said 1");
	add(KEPT_MAP, "map");
	add(KEPT_SAID, "said 2");
	add(KEPT_CANDIDATE, "candidate 2");
	add(KEPT_PLAN, "place");
	expect_text(48, "candidate 1\nsaid 1\nmap\nsaid 2\ncandidate 2\nplace\n");
	/* From here on the last sentence needs room. */
	expect_text(JOURNAL_LEAST + 36, "candidate 1\nsaid 1\nmap\nsaid 2\ncandidate 2\nplace\n");
	add(KEPT_CANDIDATE,
	    "candidate 3, which is longer than what is left of the room for all of the lines of this text");
	expect_text(JOURNAL_LEAST + 36,
		    "candidate 1\nsaid 1\nmap\nsaid 2\nplace\nberth: 2 lines are left out for want of room\n");
	expect_text(JOURNAL_LEAST + 35, "said 1\nmap\nsaid 2\nplace\nberth: 3 lines are left out for want of room\n");
	expect_text(JOURNAL_LEAST + 23, "said 1\nmap\nplace\nberth: 4 lines are left out for want of room\n");
	expect_text(JOURNAL_LEAST + 10, "map\nplace\nberth: 5 lines are left out for want of room\n");
	expect_text(JOURNAL_LEAST + 6, "place\nberth: 6 lines are left out for want of room\n");
	expect_text(JOURNAL_LEAST, "berth: 7 lines are left out for want of room\n");
}

/* When a class does not fit, nothing of it follows a gap, and nothing of less important classes stays. */
static void what_is_cut_is_cut_at_one_place(void **state)
{
	(void)state;
	given_room(sizeof(lines));
	add(KEPT_MAP, "a map of twenty byt");
	add(KEPT_MAP, "a map of thirty-one bytes, so.");
	add(KEPT_MAP, "short");
	add(KEPT_SAID, "s");
	add(KEPT_SAID, "a sentence that is far too long for the room that there is left here to be had.");
	expect_text(JOURNAL_LEAST + 40, "a map of twenty byt\nberth: 4 lines are left out for want of room\n");
}

static void a_full_buffer_takes_what_matters_more(void **state)
{
	(void)state;
	given_room(26);
	add(KEPT_CANDIDATE, "12345678");
	add(KEPT_SAID, "123456");
	add(KEPT_CANDIDATE, "1234"); /* one byte too many */
	expect_text(200, "12345678\n123456\nberth: 1 lines are left out for want of room\n");
	add(KEPT_MAP, "map");
	add(KEPT_CANDIDATE, ""); /* its class is full by now */
	expect_text(200, "12345678\n123456\nmap\nberth: 2 lines are left out for want of room\n");
	add(KEPT_PLAN, "place of 16 byte"); /* with its class and length 19 */
	expect_text(200, "map\nplace of 16 byte\nberth: 4 lines are left out for want of room\n");
	add(KEPT_PLAN, "place of more bytes than there are"); /* and nothing goes for that */
	expect_text(200, "map\nplace of 16 byte\nberth: 5 lines are left out for want of room\n");
}

static void another_plan_keeps_what_was_said(void **state)
{
	(void)state;
	given_room(64);
	journal_begin(&journal);
	add(KEPT_SAID, "one.conf does not boot");
	add(KEPT_MAP, "map");
	add(KEPT_PLAN, "place");
	add(KEPT_CANDIDATE, "refused here");
	add(KEPT_CANDIDATE, "refused there");
	add(KEPT_CANDIDATE, "x");
	journal_begin(&journal);
	add(KEPT_CANDIDATE, "y");
	add(KEPT_PLAN, "place 2");
	expect_text(100, "one.conf does not boot\ny\nplace 2\n");
	journal_begin(&journal);
	expect_text(100, "one.conf does not boot\n");
}

/* ---- the memory map ---- */

#define WB     UINT64_C(0xf)
#define AT_RUN UINT64_C(0x800000000000000f)

static void the_map_has_few_bytes_and_a_line_stands_by_itself(void **state)
{
	struct memory entry[18] = {{{0, 0x1000}, 3, WB},
				   {{0x1000, 0xa0000}, 7, WB},
				   {{0x100000, 0x800000}, 7, AT_RUN},
				   {{0x800000, 0x801000}, 0x80000c13, AT_RUN}};
	struct memmap map = {entry, 4, 18};
	char line[MAPLINE_ROOM];
	size_t next = 0;

	(void)state;
	assert_true(mapline_write(line, &map, &next));
	assert_string_equal(line, "map @0 1.3.f 9f.7 @100 700.7.800000000000000f 1.80000c13");
	assert_false(mapline_write(line, &map, &next));
	for (size_t i = 0; i < 18; i++)
		entry[i] = (struct memory){{(i + 1) * EFI_PAGE, (i + 2) * EFI_PAGE}, 7, WB};
	map.count = 17;
	next = 0;
	assert_true(mapline_write(line, &map, &next));
	assert_string_equal(line, "map @1 1.7.f 1.7 1.7 1.7 1.7 1.7 1.7 1.7 1.7 1.7 1.7 1.7 1.7 1.7 1.7 1.7");
	assert_true(mapline_write(line, &map, &next));
	assert_string_equal(line, "map @11 1.7.f");
}

static void the_longest_line_has_room(void **state)
{
	struct memory entry[MAPLINE_ITEMS];
	struct memmap map = {entry, MAPLINE_ITEMS, MAPLINE_ITEMS};
	char *line = malloc(MAPLINE_ROOM);
	size_t next = 0;

	(void)state;
	for (size_t i = 0; i < MAPLINE_ITEMS; i++)
		entry[i] =
		    (struct memory){{UINT64_MAX - EFI_PAGE * (2 + i % 2), UINT64_MAX}, UINT32_MAX, UINT64_MAX - i};
	entry[0].at.start = 0;
	assert_true(mapline_write(line, &map, &next));
	assert_true(strlen(line) < MAPLINE_ROOM);
	free(line);
}

static struct map_source source;
static struct fail why;

static enum status read(const char *log)
{
	static char copy[4096];

	map_source_free(&source);
	snprintf(copy, sizeof(copy), "%s", log);
	return map_read_text("log", (uint8_t *)copy, strlen(copy), &source, &why);
}

#define FACTS "berth: facts descriptors 3 size 48 room 9 bits 64 levels 4 la57 1 gib-pages 1 seed 1 entropy 0x0\n"

static void the_workstation_reads_the_same_map(void **state)
{
	(void)state;
	assert_int_equal(read(FACTS "berth: map @0 1.3.f 9f.7\nberth: map @100 700.7.800000000000000f\n"), OK);
	assert_int_equal(source.map.count, 3);
	assert_int_equal(source.map.entry[1].at.start, 0x1000);
	assert_int_equal(source.map.entry[1].at.end, 0xa0000);
	assert_int_equal(source.map.entry[1].type, 7);
	assert_true(source.map.entry[1].attribute == WB);
	assert_true(source.map.entry[2].attribute == AT_RUN && source.map.entry[2].at.end == 0x800000);
	assert_string_equal(source.incomplete, "");
	assert_int_equal(read(FACTS "berth: map @0 1.3.f 9f.7\n"), OK);
	assert_non_null(strstr(source.incomplete, "of 3 descriptors"));
	map_source_free(&source);
}

/* efivarfs: four bytes of attributes before the value. */
static void a_variable_is_read_as_the_system_shows_it(void **state)
{
	uint8_t file[] = "\6\0\0\0" FACTS "berth: map @0 1.3.f 9f.7 @100 700.7\n";

	(void)state;
	assert_int_equal(map_read_text("log", file, sizeof(file) - 1, &source, &why), OK);
	assert_int_equal(source.map.count, 3);
	assert_true(source.has_facts);
	map_source_free(&source);
}

static void a_garbled_map_is_refused_by_its_line(void **state)
{
	static const char *const bad[] = {
	    "map 1.3.f",      /* no start */
	    "map @0 1.3",     /* no attribute */
	    "map @0 1.3.f 2", /* no type */
	    "map @0 1.3.f 2.",
	    "map @0 1.3.f 2.7.",
	    "map @0 1.3.f 2.7x",
	    "map @ 1.3.f",
	    "map @0, 1.3.f",
	    "map @0 1.100000000.f",	 /* a type of 33 bits */
	    "map @10000000000000 1.3.f", /* beyond the last address */
	    "map @fffffffffffff 1.3.f",
	    "map @0 10000000000000.3.f",
	    "map @1 ffffffffffffffff.3.f",
	};
	char log[300];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		snprintf(log, sizeof(log), FACTS "berth: %s\n", bad[i]);
		if (read(log) != BAD_INPUT)
			fail_msg("\"%s\" is taken", bad[i]);
		assert_non_null(strstr(why.text, "log:2: no `map @START PAGES.TYPE.ATTRIBUTE`"));
	}
	assert_int_equal(read(FACTS "berth: map @ffffffffffffe 1.3.f\n"), OK);
	map_source_free(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_come_in_their_order_whatever_their_class),
	    cmocka_unit_test(what_is_no_text_becomes_question_marks),
	    cmocka_unit_test(the_least_important_go_first_and_the_text_says_how_many),
	    cmocka_unit_test(what_is_cut_is_cut_at_one_place),
	    cmocka_unit_test(a_full_buffer_takes_what_matters_more),
	    cmocka_unit_test(another_plan_keeps_what_was_said),
	    cmocka_unit_test(the_map_has_few_bytes_and_a_line_stands_by_itself),
	    cmocka_unit_test(the_longest_line_has_room),
	    cmocka_unit_test(the_workstation_reads_the_same_map),
	    cmocka_unit_test(a_variable_is_read_as_the_system_shows_it),
	    cmocka_unit_test(a_garbled_map_is_refused_by_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
