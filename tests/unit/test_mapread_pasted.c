/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps are read as they come out of mail, pages, patches and consoles of 80 columns, which break lines and put marks
 * around them. And a paste that leaves lines out is said to be incomplete, whatever the words for that.
 */
#include "given_maps.h"

#define FIRST  "BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable\n"
#define SECOND "BIOS-e820: [mem 0x0000000000100000-0x00000000001fffff] usable\n"
#define BOTH   "0-a0000:7 100000-200000:7"

/* ---- lines in pieces ---- */

static void e820_lines_that_mail_has_broken_are_put_together(void **state)
{
	(void)state;
	read_text("> " FIRST "> BIOS-e820: [mem 0x00000000000a0000-0x00000000000fffff]\n> reserved\n"
		  "> BIOS-e820: [mem\n> 0x0000000000100000-0x00000000001fffff] ACPI\n> NVS\n"
		  "> NX (Execute Disable) protection: active\n");
	expect_map("0-a0000:7 a0000-100000:0 100000-200000:10");
	read_text("touko 05 09:18:59 host kernel: Xen: [mem\n0x0000000000000000-0x0000000000000fff] usable\n");
	expect_map("0-1000:7");
	read_text(" BIOS-e820: 0000000000000000 -\n 000000000009f000 (usable)\n"
		  " BIOS-e820: 000000000009f000 - 00000000000a0000\n (reserved)\n");
	expect_map("0-9f000:7 9f000-a0000:0");
}

static void e820_lines_that_a_screen_has_broken_are_put_together(void **state)
{
	(void)state;
	read_text("May 04 12:22:28 host kernel: BIOS-e820: [mem 0x0000000000000000-0x000000000009ff\nff] usable\n"
		  "May 04 12:22:28 host kernel: BIOS-e820: [mem 0x0000000000100000-0x00000000001fffff] usab\nle\n");
	expect_map(BOTH);
}

static void what_follows_a_line_in_one_piece_is_no_part_of_it(void **state)
{
	(void)state;
	read_text("node   0: [mem 0x0000000000001000-0x000000000009dfff]\n" FIRST
		  "e820: remove [mem 0x000a0000-0x000fffff] usable\nfoo: [mem 0x80000000-0x8fffffff]\n" SECOND);
	expect_map(BOTH);
	read_text(FIRST "BIOS-e820: [mem 0x0000000000100000-0x00\n" SECOND);
	expect_bad("map.txt:2: ");
}

static void quoted_printable_mail_is_read(void **state)
{
	(void)state;
	read_text("BIOS-e820: [mem 0x0000000000000000-0x000000000009ff=\r\nff] usable=20\r\n"
		  "BIOS-e820: [mem 0x0000000000100000-0x00000000001fffff] usable=0A=\n"
		  "BIOS-e820: [mem 0x0000000000200000-0x00000000002fffff=\n] reserved\n");
	expect_map(BOTH " 200000-300000:0");
	read_text("efi: mem00: type=3D7, attr=3D0xf, range=3D[0x0000000000000000-0x00000=\n00000001000) (0MB)\n");
	expect_map("0-1000:7:f");
	read_text("BIOS-e820: [mem 0x0=\n-0xfff] usable\nBIOS-e820: [mem 0x2000-0x2] usable\n");
	expect_bad("map.txt:3: ");
}

/* ---- marks ---- */

static void marks_around_a_line_are_no_part_of_it(void **state)
{
	static const char *const around[][2] = {
	    {"", "<br>"}, {"<p>", "</p>"}, {"<td class=\"line\">", "</td>"},
	    {"`", "`"},	  {"| ", " |"},	   {"\"", "\""},
	    {"+", ""},	  {"&gt; ", ""},   {"&nbsp;", ""},
	    {"", "=20"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		const char *before = around[i][0], *behind = around[i][1];

		snprintf(text, sizeof(text), "%s00001000-00001fff : System RAM%s\n%s00002000-00002fff : Reserved%s\n",
			 before, behind, before, behind);
		read_text(text);
		expect_map("1000-2000:7 2000-3000:0");
		snprintf(text, sizeof(text),
			 "%sType Start End Attributes%s\n%sBOOT DATA 0000000000001000-0000000000002000 WB%s\n", before,
			 behind, before, behind);
		read_text(text);
		expect_map("1000-2000:4:8");
	}
	read_text("<pre>00001000-00008fff : System RAM\n  00001000-00001fff : Kernel code\n0000a000-0000bfff : System "
		  "RAM</pre>\n");
	expect_map("1000-9000:7 a000-c000:7");
}

/* ---- what is left out ---- */

static void a_map_with_lines_left_out_says_so(void **state)
{
	static const char *const gaps[] = {
	    "...",
	    "[...]",
	    "> [...]",
	    "<snip>",
	    "[snip]",
	    "(cut)",
	    "--- truncated --",
	    "\xe2\x80\xa6",
	    "[ 0.0] ** 53 printk messages dropped **",
	    "May 04 12:22:28 host systemd-journald[232]: Missed 29 kernel messages",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		snprintf(text, sizeof(text), FIRST "%s\n" SECOND, gaps[i]);
		read_text(text);
		expect_map(BOTH);
		assert_string_equal(reading.source.incomplete, "line 2 tells that a part of it was left out");
	}
	read_text("MEMORY RANGES\n0000000000000000-0000000000000fff (0)\n...\n0000000000002000-0000000000002fff (0)\n");
	expect_map("0-1000:7 2000-3000:7");
	assert_non_null(strstr(reading.source.incomplete, "line 3"));
}

static void what_is_left_out_elsewhere_is_no_part_of_the_map(void **state)
{
	(void)state;
	read_text("...\n" FIRST SECOND "[...]\nNX (Execute Disable) protection: active\n");
	assert_string_equal(reading.source.incomplete, "");
	read_text(FIRST "...\n" SECOND FIRST SECOND); /* another boot, whole */
	expect_map(BOTH);
	assert_string_equal(reading.source.incomplete, "");
	read_text("efi: Processing EFI memory map:\nefi:   0x1000-0x1fff [Conventional|WB]\n...\n"
		  "efi: Processing EFI memory map:\nefi:   0x2000-0x2fff [Conventional|WB]\n");
	expect_map("2000-3000:7:8");
	assert_string_equal(reading.source.incomplete, "");
}

static void a_row_that_the_end_cuts_off_is_told_of(void **state)
{
	static const char uboot[] = "Type Start End Attributes\nBOOT DATA 0000000000001000-0000000000002000 WB\n";
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), "%sCONVENTIONAL     0000000000002000-00000", uboot);
	read_text(text);
	expect_map("1000-2000:4:8");
	assert_string_equal(reading.source.incomplete, "its last line, 3, is cut off");
	read_text("00001000-00001fff : System RAM\n00002000-0000");
	assert_string_equal(reading.source.incomplete, "its last line, 2, is cut off");
	snprintf(text, sizeof(text), "%s=> ", uboot);
	read_text(text);
	assert_string_equal(reading.source.incomplete, "");
	read_text("00001000-00001fff : System RAM\n00002000-00002fff : Reserved"); /* whole, without a line end */
	expect_map("1000-2000:7 2000-3000:0");
	assert_string_equal(reading.source.incomplete, "");
	read_text("00001000-00001fff : System RAM\n  00001000-000017ff : Kernel code");
	assert_string_equal(reading.source.incomplete, "");
	read_text(FIRST SECOND "e820: remove [mem 0x000a0000-0x000fffff] usable");
	assert_string_equal(reading.source.incomplete, "");
}

static void lines_that_two_consoles_print_count_once(void **state)
{
	(void)state;
	read_text("efi: mem00: type=7, attr=0xf, range=[0x0-0x1000) (0MB)\n"
		  "efi: mem00: type=7, attr=0xf, range=[0x0-0x1000) (0MB)\n"
		  "efi: mem01: type=7, attr=0xf, range=[0x1000-0x2000) (0MB)\n"
		  "efi: mem01: type=7, attr=0xf, range=[0x1000-0x2000) (0MB)\n");
	expect_map("0-1000:7:f 1000-2000:7:f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(e820_lines_that_mail_has_broken_are_put_together),
	    cmocka_unit_test(e820_lines_that_a_screen_has_broken_are_put_together),
	    cmocka_unit_test(what_follows_a_line_in_one_piece_is_no_part_of_it),
	    cmocka_unit_test(quoted_printable_mail_is_read),
	    cmocka_unit_test(marks_around_a_line_are_no_part_of_it),
	    cmocka_unit_test(a_map_with_lines_left_out_says_so),
	    cmocka_unit_test(what_is_left_out_elsewhere_is_no_part_of_the_map),
	    cmocka_unit_test(a_row_that_the_end_cuts_off_is_told_of),
	    cmocka_unit_test(lines_that_two_consoles_print_count_once),
	};

	return cmocka_run_group_tests_name("mapread: pasted", tests, NULL, NULL);
}
