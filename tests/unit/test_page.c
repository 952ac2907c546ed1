/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page of a plan: whole XML whatever the names in it, nothing in it from outside, every link leads somewhere, and
 * everything of the plan is in a row.
 */
#include "drawing.h"

#include "../../tools/page.h"
#include "../../tools/rule_source.h"

#define PLAN_TEXT "the plan\n  as text & more\n"

static void draw_page(struct drawing *d, const char *text)
{
	FILE *out = open_memstream(&d->svg, &d->size);

	assert_non_null(out);
	assert_true(page_write(out, &d->picture, text));
	fclose(out);
	assert_true(d->size > 1000);
}

static size_t expect_once(const struct drawing *d, const char *text)
{
	size_t count = count_of(d, text);

	if (count != 1)
		fail_msg("%zu times in the page: %s", count, text);
	return count;
}

/* Each link of the page leads to one element of it, and to nothing else. */
static void expect_links(const struct drawing *d)
{
	size_t links = 0;

	for (const char *at = d->svg; (at = find(at, " href=\"")) != NULL; at++) {
		const char *target = at + strlen(" href=\"");
		char id[64];

		assert_true(*target == '#');
		snprintf(id, sizeof(id), " id=\"%.*s\"", (int)strcspn(target + 1, "\""), target + 1);
		expect_once(d, id);
		links++;
	}
	assert_true(links > 0);
}

static void given_page(struct drawing *d)
{
	given_map("1M-3G free, 4G-6G free, 8G-9G boot, 9G-10G mmio");
	given_drawing(d);
	place(d, PART_KERNEL, MIB(16), MIB(50), C6);
	place(d, PART_HANDOFF, GIB(6) - MIB(1), MIB(1), C3);
	d->copies = (struct copies){{{GIB(2), MIB(16), MIB(8)}, {GIB(1), MIB(24), MIB(8)}, {MIB(32), MIB(32), 1}}, 3};
	hold(d, "boot_params", GIB(6) - MIB(1), 4096);
	refuse(d, "bounce", (struct range){GIB(4), GIB(6)}, C7, "the highest from 0x100000000 align 0x1000");
}

static void everything_of_a_plan_has_a_row_and_every_link_leads_to_one(void **state)
{
	struct drawing d;

	(void)state;
	given_page(&d);
	draw_page(&d, PLAN_TEXT);
	expect_page(&d);
	expect_links(&d);
	for (unsigned int i = 0; i < 2; i++)
		expect_once(&d, i == 0 ? "<tr id=\"p0\">" : "<tr id=\"p2\" data-more=\"handoff\">");
	expect_once(&d, "<tr id=\"p5\">");
	assert_true(count_of(&d, "kernel until exit</th>") == 2);
	expect_once(&d, "class=\"n\">0x80000000</td><td data-l=\"end\"");
	expect_once(&d, ">boot_params</th>");
	expect_once(&d, "<tr id=\"r1\">");
	expect_once(&d, "<tr id=\"rule-C7\">");
	expect_once(&d, "GRUB efi disk bounce buffers");
	expect_once(&d, "the plan\n  as text &amp; more\n");
	expect_once(&d, "The whole map: 4 descriptors");
	assert_true(count_of(&d, "<td data-l=\"of which\"></td>") == count_of(&d, "<td data-l=\"of which\">"));
	put_away(&d);
}

static void without_a_plan_the_page_says_why_and_by_which_rule(void **state)
{
	struct drawing d;

	(void)state;
	given_page(&d);
	d.picture.reason = "no free memory holds the initrd\n  needs <3 GiB>";
	d.picture.by = X4;
	draw_page(&d, "");
	expect_page(&d);
	expect_links(&d);
	assert_true(count_of(&d, "no free memory holds the initrd\n  needs &lt;3 GiB&gt;") ==
		    2); /* in words, in <desc> */
	expect_once(&d, "<tr id=\"rule-X4\">");
	assert_true(count_of(&d, "<tr id=\"p0\"") == 0 && count_of(&d, "class=\"placed\"") == 0);
	put_away(&d);
}

static void refusals_without_a_row_are_counted(void **state)
{
	struct drawing d;

	(void)state;
	given_page(&d);
	for (unsigned int i = 0; i < 25; i++)
		refuse(&d, "kernel", (struct range){MIB(2) * i, MIB(2) * i + MIB(1)}, C2, "the lowest");
	draw_page(&d, "");
	expect_page(&d);
	expect_links(&d);
	expect_once(&d, "And 6 more: the text below has all of them.");
	put_away(&d);
}

/* Only one script, the page's own; no handler, no address, no image, no style from outside; a policy that says so. */
static void names_from_files_never_become_markup(void **state)
{
	static const char *const names[] = {
	    "</title></style></script><script>alert(1)</script>",
	    "\"' onload='x' onmouseover=\"y\" &amp;<![CDATA[ ]]> -->",
	    "a\tb\x01\x1b[31m\x7f\nc\r\n",
	    "\xff\xfe\xc0\xaf\xed\xa0\x80 \xef\xbf\xbe\xef\xbf\xbf\xe2\x82 \xe2\x80\xae",
	    "",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct drawing d;

		given_page(&d);
		d.picture.title = names[i];
		refuse(&d, names[i], (struct range){MIB(1), MIB(2)}, C1, names[i]);
		if (i % 2 == 0)
			d.picture.reason = names[i];
		draw_page(&d, names[i]);
		expect_page(&d);
		expect_once(&d, "<script>");
		expect_once(&d, "default-src 'none'");
		assert_true(count_of(&d, "alert(1)</script>") == 0);
		assert_true(count_of(&d, "onload='") == 0 && count_of(&d, "onmouseover=\"") == 0);
		assert_true(count_of(&d, " src=") == 0 && count_of(&d, "url(http") == 0 &&
			    count_of(&d, "@import") == 0);
		put_away(&d);
	}
}

static void a_map_alone_and_no_map_make_a_page(void **state)
{
	static const char *const maps[] = {"", "1M-2M free", "1M-80T free"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(maps); i++) {
		struct drawing d;

		given_map(maps[i]);
		given_drawing(&d);
		draw_page(&d, PLAN_TEXT);
		expect_page(&d);
		expect_links(&d);
		assert_true((count_of(&d, "The whole map") == 0) == (i == 0));
		put_away(&d);
	}
}

static void the_same_page_is_the_same_bytes(void **state)
{
	struct drawing a, b;

	(void)state;
	given_page(&a);
	draw_page(&a, PLAN_TEXT);
	given_page(&b);
	draw_page(&b, PLAN_TEXT);
	assert_string_equal(a.svg, b.svg);
	put_away(&a);
	put_away(&b);
}

static void every_rule_has_a_source_and_no_rule_has_none(void **state)
{
	(void)state;
	for (unsigned int by = RULE_NONE + 1; by < N_RULES; by++)
		assert_true(rule_source((enum rule)by)[0] != '\0');
	assert_string_equal(rule_source(RULE_NONE), "");
	assert_string_equal(rule_source(N_RULES), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_of_a_plan_has_a_row_and_every_link_leads_to_one),
	    cmocka_unit_test(without_a_plan_the_page_says_why_and_by_which_rule),
	    cmocka_unit_test(refusals_without_a_row_are_counted),
	    cmocka_unit_test(names_from_files_never_become_markup),
	    cmocka_unit_test(a_map_alone_and_no_map_make_a_page),
	    cmocka_unit_test(the_same_page_is_the_same_bytes),
	    cmocka_unit_test(every_rule_has_a_source_and_no_rule_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
