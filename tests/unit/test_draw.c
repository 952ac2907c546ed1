/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The picture is whole XML whatever the map and the names in it, shows every placement with its rule, every kind of
 * memory and the three lines, and no word in it lies on another. Read as a viewer would: from the bytes of the file.
 */
#include "drawing.h"

#include "../../tools/rule_source.h"

#define MANY 5000 /* fragments */

static void every_placement_is_labelled_with_its_rule(void **state)
{
	struct drawing d;

	(void)state;
	given_map("0-640K free, 1M-3G free, 4G-6G free");
	given_drawing(&d);
	place(&d, PART_KERNEL, GIB(6) - MIB(64), MIB(50), C3);
	place(&d, PART_INITRD, GIB(3) - MIB(128), MIB(128), X6);
	place(&d, PART_HANDOFF, GIB(6) - 4096, 4096, C5);
	place(&d, PART_KEPT, MIB(64), MIB(512), C9);
	place(&d, PART_BOUNCE, MIB(63), MIB(1), C7);
	draw(&d);
	expect_good(&d);
	expect_drawn(&d, rule_row(X6)->sentence);
	expect_drawn(&d, "50.0 MiB");
	assert_int_equal(count_of(&d, "class=\"placed\""), 5);
	put_away(&d);
}

static void each_kind_of_memory_is_named_and_in_the_legend(void **state)
{
	static const char *const names[] = {"free",
					    "boot services",
					    "loader",
					    "ACPI",
					    "runtime services",
					    "reserved",
					    "device registers",
					    "unusable",
					    "soft-reserved",
					    "hot-pluggable",
					    "persistent memory",
					    "unaccepted",
					    "free, mirrored"};
	struct drawing d;

	(void)state;
	given_map(
	    "0-1M free, 1M-2M boot, 2M-3M loader, 3M-4M acpi, 4M-5M nvs, 5M-6M runtime, 6M-7M reserved, 7M-8M mmio,"
	    "8M-9M unusable, 1G-2G free sp, 2G-3G free hotplug, 3G-4G pmem, 4G-5G unaccepted, 6G-7G reliable");
	given_drawing(&d);
	draw(&d);
	expect_good(&d);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		size_t found = 0;

		for (size_t k = 0; k < d.n_words; k++)
			found += strcmp(d.words[k].text, names[i]) == 0;
		if (found == 0)
			fail_msg("no slice is called %s", names[i]);
	}
	expect_drawn(&d, "boot services, free after exit");
	expect_drawn(&d, "soft-reserved, kept for a driver");
	expect_drawn(&d, "unusable, faulty");
	expect_drawn(&d, "not in the map");
	put_away(&d);
	given_map("1M-2M free");
	given_drawing(&d);
	draw(&d);
	assert_int_equal(find_words(&d, "boot services"), d.n_words);
	put_away(&d);
}

static void the_lines_stand_in_every_picture(void **state)
{
	static const char *const maps[] = {"1M-0x101000 free", "", "4G-5G free", "1M-80T free",
					   "0x7fff00000000-128T free"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(maps); i++) {
		struct drawing d;

		given_map(maps[i]);
		given_drawing(&d);
		place(&d, PART_KERNEL, GIB(4) + MIB(8), MIB(50), C3);
		draw(&d);
		expect_good(&d);
		put_away(&d);
	}
}

static void sums_leave_out_what_is_no_ram_and_what_overlaps(void **state)
{
	struct drawing d;

	(void)state;
	given_map("1G-2G free, 1G-1025M runtime, 2G-3G mmio, 3G-4G reserved, 4G-5G boot");
	given_drawing(&d);
	draw(&d);
	expect_drawn(&d, "2.0 GiB of RAM, 1023.0 MiB of it free; 5 descriptors");
	expect_drawn(&d, "largest run 1023.0 MiB");
	put_away(&d);
}

static void without_a_plan_the_reason_stands_in_its_place(void **state)
{
	struct drawing d;

	(void)state;
	given_map("0-640K free, 1M-3G free");
	given_drawing(&d);
	place(&d, PART_KERNEL, MIB(16), MIB(50), C3);
	d.picture.reason =
	    "the kernel cannot lie at 0x1000000 & nowhere else\n  needs     0x1000000-0x4378000   51.4 MiB\n"
	    "  rule C5: An exact place is kept exactly.";
	draw(&d);
	expect_good(&d);
	expect_drawn(&d, "the kernel cannot lie at 0x1000000 & nowhere else");
	expect_drawn(&d, "  needs     0x1000000-0x4378000   51.4 MiB");
	expect_drawn(&d, "  rule C5: An exact place is kept exactly.");
	assert_int_equal(find_words(&d, "kernel  "), d.n_words);
	assert_int_equal(count_of(&d, "class=\"placed\""), 0);
	put_away(&d);
}

static void what_was_refused_is_numbered_beside_its_memory(void **state)
{
	struct drawing d;

	(void)state;
	given_map("1M-3G free, 4G-6G free, 8G-9G boot");
	given_drawing(&d);
	place(&d, PART_KERNEL, GIB(6) - MIB(64), MIB(64), C3);
	refuse(&d, "initrd", (struct range){MIB(1), GIB(3)}, C1, "the lowest from 0x0 align 0x1000");
	refuse(&d, "bounce", (struct range){GIB(4), GIB(6)}, C7, "the highest from 0x100000000 align 0x1000");
	refuse(&d, "bounce", (struct range){GIB(4), GIB(6)}, C7, "the lowest from 0x100000000 align 0x1000");
	draw(&d);
	expect_good(&d);
	expect_drawn(&d, "for the highest from 0x100000000 align 0x1000, and 1 more");
	expect_drawn(&d, "Files are read in bounded pieces");
	expect_drawn(&d, rule_source(C7));
	expect_drawn(&d, rule_source(C3));
	/* The first stands above: beside the free memory that the kernel left of its run. */
	assert_int_equal(count_of(&d, "<title>not taken: bounce by rule C7</title>"), 1);
	assert_int_equal(count_of(&d, "<title>not taken: initrd by rule C1</title>"), 1);
	assert_true(find(d.svg, "not taken: bounce") < find(d.svg, "not taken: initrd"));
	assert_true(is_marked(&d, "<title>not taken: bounce", GIB(4)));
	assert_true(is_marked(&d, "<title>not taken: initrd", MIB(16)));
	put_away(&d);
}

static void refusals_that_nobody_would_read_are_counted(void **state)
{
	struct drawing d;

	(void)state;
	given_map("1M-3G free");
	given_drawing(&d);
	for (unsigned int i = 0; i < 30; i++)
		refuse(&d, "kernel", (struct range){MIB(2) * i, MIB(2) * i + MIB(1)}, C2, "the lowest");
	draw(&d);
	expect_good(&d);
	expect_drawn(&d, "and 10 more, which `--explain` lists");
	put_away(&d);
}

static void c6_what_waits_for_exit_is_drawn_where_it_waits(void **state)
{
	struct drawing d;

	(void)state;
	given_map("1M-16M free, 16M-24M boot, 24M-3G free");
	given_drawing(&d);
	place(&d, PART_KERNEL, MIB(16), MIB(50), C6);
	d.copies = (struct copies){{{GIB(2), MIB(16), MIB(8)}, {MIB(24), MIB(24), MIB(8)}}, 2};
	draw(&d);
	expect_good(&d);
	assert_int_equal(count_of(&d, "class=\"placed\" data-start=\"0x80000000\" data-end=\"0x80800000\""), 1);
	expect_drawn(&d, "kernel until exit");
	expect_drawn(&d, "An exact place may lie in memory that boot services hold");
	put_away(&d);
}

static void the_pieces_of_the_handoff_block_are_listed(void **state)
{
	struct drawing d;

	(void)state;
	given_map("1M-3G free");
	given_drawing(&d);
	place(&d, PART_HANDOFF, MIB(32), MIB(1), C3);
	hold(&d, "boot_params", MIB(32), 4096);
	hold(&d, "command line", MIB(32) + 4096, 16);
	hold(&d, "page tables", MIB(32) + 8192, 16384);
	draw(&d);
	expect_good(&d);
	expect_drawn(&d, "0x2001000");
	expect_drawn(&d, "command line");
	expect_drawn(&d, "16 bytes");
	put_away(&d);
}

static void hostile_names_stay_text(void **state)
{
	static const char *const titles[] = {
	    "</title><script>alert(1)</script>",
	    "\"&amp;'<![CDATA[",
	    "a\tb\x01\x1b[31m\x7f\nc\r\n",
	    "\xff\xfe\xc0\xaf\xed\xa0\x80 \xef\xbf\xbe\xef\xbf\xbf\xe2\x82",
	    "",
	    "\n",
	    "%s%n%x",
	    "]]>--><!--</svg>' onload='x",
	    "\xe2\x80\xae txt.exe \xe2\x81\xa6\xd8\x9c",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(titles); i++) {
		struct drawing d;

		given_map("1M-3G free");
		given_drawing(&d);
		d.picture.title = titles[i];
		if (i % 2 == 1)
			d.picture.reason = titles[i];
		refuse(&d, titles[i], (struct range){MIB(1), MIB(2)}, C1, titles[i]);
		draw(&d);
		expect_good(&d);
		assert_null(find(d.svg, "<script"));
		assert_null(find(d.svg, "]]>"));
		assert_null(find(d.svg, "\xe2\x80\xae"));
		put_away(&d);
	}
}

static void long_names_are_broken_into_lines_and_cut(void **state)
{
	char title[4000];
	struct drawing d;

	(void)state;
	memset(title, 'M', sizeof(title) - 1);
	title[sizeof(title) - 1] = '\0';
	given_map("1M-3G free");
	given_drawing(&d);
	d.picture.title = title;
	d.picture.reason = title;
	draw(&d);
	assert_true(find_words(&d, "MMM\xe2\x80\xa6") != d.n_words);
	expect_lines(&d);
	put_away(&d);
}

static void thousands_of_fragments_are_a_readable_picture(void **state)
{
	static struct memory entry[MANY];
	struct memmap map = {entry, MANY, MANY};
	struct drawing d;

	(void)state;
	for (unsigned int i = 0; i < MANY; i++)
		entry[i] = (struct memory){{MIB(1) * (i + 1), MIB(1) * (i + 2)}, i % 2 == 0 ? 7 : i % 15, 0xf};
	given_drawing(&d);
	d.picture.map = &map;
	place(&d, PART_KERNEL, MIB(2401), 4096, C3);
	draw(&d);
	expect_good(&d);
	assert_in_range(count_of(&d, "data-start"), 10, 40);
	assert_int_equal(count_of(&d, "class=\"placed\" data-start=\"0x96100000\" data-end=\"0x96101000\""), 1);
	expect_drawn(&d, " ranges");
	put_away(&d);
}

static void tall_memory_is_a_page(void **state)
{
	static struct memory entry[24];
	struct memmap map = {entry, COUNT_OF(entry), COUNT_OF(entry)};
	struct drawing d;

	(void)state;
	for (unsigned int i = 0; i < COUNT_OF(entry); i++)
		entry[i] = (struct memory){{TIB(4) * i, TIB(4) * (i + 1)}, i % 2 == 0 ? 7 : 14, 0xf};
	given_drawing(&d);
	d.picture.map = &map;
	draw(&d);
	expect_good(&d);
	assert_in_range(strtoull(find(d.svg, " height=\"") + 9, NULL, 10), 700, 1200);
	put_away(&d);
}

static void the_same_picture_is_the_same_bytes(void **state)
{
	struct drawing a, b;

	(void)state;
	given_map("0-640K free, 1M-3G free, 2G-0x80001000 boot, 4G-6G free");
	given_drawing(&a);
	place(&a, PART_KERNEL, MIB(16), MIB(50), C3);
	given_drawing(&b);
	place(&b, PART_KERNEL, MIB(16), MIB(50), C3);
	draw(&a);
	draw(&b);
	assert_string_equal(a.svg, b.svg);
	put_away(&a);
	put_away(&b);
}

/* ---- random maps ---- */

static struct range roll_range(struct dice *dice)
{
	struct range at = {roll_extreme(dice), 0};

	if (roll(dice, 2) == 0)
		at.start = align_down(at.start >> 16, EFI_PAGE);
	at.end = at.start + (roll(dice, 2) == 0 ? EFI_PAGE * (1 + roll(dice, 5000)) : roll_extreme(dice));
	if (at.end < at.start)
		at.end = UINT64_MAX;
	return at;
}

static int compare_starts(const void *a, const void *b)
{
	uint64_t x = ((const struct memory *)a)->at.start, y = ((const struct memory *)b)->at.start;

	return x < y ? -1 : x > y;
}

static void any_map_and_any_placements_make_a_good_picture(void **state)
{
	static const uint64_t attributes[] = {0xf, ATTRIBUTE_MORE_RELIABLE, ATTRIBUTE_SOFT_RESERVED,
					      ATTRIBUTE_HOT_PLUGGABLE};
	struct dice dice = dice_from_seed(__func__);

	(void)state;
	for (unsigned long round = cases_or(20000); round != 0; round--) {
		struct memory entry[60];
		struct memmap map = {entry, roll(&dice, roll(&dice, 8) == 0 ? 61 : 12), 60};
		struct drawing d;

		for (size_t i = 0; i < map.count; i++)
			entry[i] = (struct memory){roll_range(&dice), roll(&dice, 20), attributes[roll(&dice, 4)]};
		qsort(entry, map.count, sizeof(*entry), compare_starts);
		given_drawing(&d);
		d.picture.map = &map;
		for (unsigned int part = 0; part < N_PARTS; part++)
			if (roll(&dice, 2) == 0)
				d.placed[part] =
				    (struct placement){roll_range(&dice), EFI_PAGE, C1 + roll(&dice, N_RULES - 1)};
		for (unsigned int i = roll(&dice, 4); i != 0; i--) {
			uint64_t from = EFI_PAGE * roll(&dice, 1 << 20) << roll(&dice, 12),
				 size = EFI_PAGE << roll(&dice, 12);

			d.copies.copy[d.copies.n++] = (struct copy){from, roll(&dice, 3) == 0 ? from : MIB(16), size};
		}
		for (unsigned int i = roll(&dice, roll(&dice, 8) == 0 ? MOST_REFUSED : 4); i != 0; i--)
			refuse(&d, part_name(roll(&dice, N_PARTS)), roll_range(&dice), C1 + roll(&dice, N_RULES - 1),
			       "the highest from 0x400000000000 align 0x40000000");
		if (roll(&dice, 8) == 0)
			d.picture.reason = "no place\n  for it";
		draw(&d);
		expect_good(&d);
		put_away(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_placement_is_labelled_with_its_rule),
	    cmocka_unit_test(each_kind_of_memory_is_named_and_in_the_legend),
	    cmocka_unit_test(the_lines_stand_in_every_picture),
	    cmocka_unit_test(sums_leave_out_what_is_no_ram_and_what_overlaps),
	    cmocka_unit_test(without_a_plan_the_reason_stands_in_its_place),
	    cmocka_unit_test(what_was_refused_is_numbered_beside_its_memory),
	    cmocka_unit_test(refusals_that_nobody_would_read_are_counted),
	    cmocka_unit_test(c6_what_waits_for_exit_is_drawn_where_it_waits),
	    cmocka_unit_test(the_pieces_of_the_handoff_block_are_listed),
	    cmocka_unit_test(hostile_names_stay_text),
	    cmocka_unit_test(long_names_are_broken_into_lines_and_cut),
	    cmocka_unit_test(thousands_of_fragments_are_a_readable_picture),
	    cmocka_unit_test(tall_memory_is_a_page),
	    cmocka_unit_test(the_same_picture_is_the_same_bytes),
	    cmocka_unit_test(any_map_and_any_placements_make_a_good_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
