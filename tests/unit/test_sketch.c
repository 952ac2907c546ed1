/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory as lines of characters: each stands for what lies there, and no line is longer than the console. */
#include "given.h"

#include "../../plan/sketch.h"

static char drawn[8192];

static void draw(const char *map_text, struct range kernel, struct range initrd, unsigned int columns)
{
	struct plan plan = {.part = {[PART_KERNEL] = {.at = kernel}, [PART_INITRD] = {.at = initrd}}};
	struct text text = TEXT(drawn);

	given_map(map_text);
	drawn[0] = '\0';
	sketch_memory(&text, &world.map, &plan, columns);
	assert_false(text_cut(&text));
}

static void expect_line(const char *line)
{
	if (strstr(drawn, line) == NULL)
		fail_msg("no \"%s\" in\n%s", line, drawn);
}

/* 32 characters of 32 MiB in 61 columns. */
static void each_character_is_what_lies_there(void **state)
{
	(void)state;
	draw("0-512M free, 512M-640M boot, 640M-1G free", (struct range){MIB(960), MIB(1000)},
	     (struct range){MIB(32), MIB(33)}, 61);
	expect_line("0x0-0x40000000               .I..............####..........KK\n");
	expect_line("one is 32.0 MiB: . free, + partly, # taken, K kernel, I initrd, H handoff\n");
	draw("0-520M free, 520M-540M boot, 540M-1G free", (struct range){0, 0}, (struct range){0, 0}, 61);
	expect_line(" ................#...............\n");
	draw("0-520M free, 520M-530M boot, 530M-1G free", (struct range){0, 0}, (struct range){0, 0}, 61);
	expect_line(" ................+...............\n");
}

/* Half of it is free, or a page less; and the last of a line stands for what is left, be it less than the others. */
static void a_character_is_told_by_the_half_of_its_memory(void **state)
{
	(void)state;
	draw("0-512M free, 512M-528M boot, 528M-1G free", (struct range){0, 0}, (struct range){0, 0}, 61);
	expect_line(" ................+...............\n");
	draw("0-512M free, 512M-0x21001000 boot, 0x21001000-1G free", (struct range){0, 0}, (struct range){0, 0}, 61);
	expect_line(" ................#...............\n");
	draw("0-1008M free", (struct range){0, 0}, (struct range){0, 0}, 50);
	expect_line("one is 48.0 MiB");
	expect_line(" .....................\n");
	draw("0-0x3f001000 free", (struct range){0, 0}, (struct range){0, 0}, 50);
	expect_line(" .....................\n");
	draw("0-1G free", (struct range){0, 0}, (struct range){0, 0}, 50);
	expect_line(" .....................\n");
}

static void the_handoff_is_drawn_where_nothing_else_is(void **state)
{
	struct plan plan = {.part = {[PART_HANDOFF] = {.at = {MIB(64), MIB(65)}}}};
	struct text text = TEXT(drawn);

	(void)state;
	given_map("0-1G free");
	sketch_memory(&text, &world.map, &plan, 61);
	expect_line(" ..H.............................\n");
}

/* The kernel is what a person looks for: it shows even where other parts lie in the same character's memory. */
static void the_kernel_is_always_seen(void **state)
{
	(void)state;
	draw("0-1G free", (struct range){MIB(1) + 4096, MIB(1) + 8192}, (struct range){MIB(1), MIB(1) + 4096}, 61);
	expect_line(" K...............................\n");
}

static void stretches_with_a_hole_between_have_lines_of_one_scale(void **state)
{
	(void)state;
	draw("0-640K free, 1M-1G free, 4G-4608M free", (struct range){0, 0}, (struct range){0, 0}, 61);
	expect_line("0x0-0x40000000               +..............................."); /* the hole of the PC is none */
	expect_line("\n0x100000000-0x120000000      ................\n");
	draw("1M-1G mmio", (struct range){0, 0}, (struct range){0, 0}, 61);
	assert_string_equal(drawn, "");
}

static void a_hole_of_16_mib_ends_no_stretch_and_a_larger_one_does(void **state)
{
	(void)state;
	draw("0-512M free, 528M-1040M free", (struct range){0, 0}, (struct range){0, 0}, 61);
	expect_line("0x0-0x41000000 ");
	draw("0-512M free, 0x21001000-0x41001000 free", (struct range){0, 0}, (struct range){0, 0}, 61);
	expect_line("0x0-0x20000000 ");
	expect_line("0x21001000-0x41001000 ");
}

/* What lies behind the last entry of a map is none of it. */
static void a_map_ends_with_its_last_entry(void **state)
{
	struct memory memory[] = {{.at = {0, GIB(1)}, .type = 7, .attribute = ATTRIBUTE_CACHED},
				  {.at = {GIB(1), GIB(2)}, .type = 7, .attribute = ATTRIBUTE_CACHED}};
	struct memmap map = {memory, 1, COUNT_OF(memory)};
	struct plan plan = {.part = {{.at = {0, 0}}}};
	struct text text = TEXT(drawn);

	(void)state;
	sketch_memory(&text, &map, &plan, 61);
	expect_line("0x0-0x40000000               ................................\n");
	text.used = 0;
	memory[0].type = 3; /* boot services' */
	memory[1].at = (struct range){0, GIB(1)};
	sketch_memory(&text, &map, &plan, 61);
	expect_line("0x0-0x40000000               ################################\n");
}

/* A serial line of 25 characters, or firmware that tells nonsense. */
static void a_console_that_is_too_narrow_has_one_character_a_line(void **state)
{
	(void)state;
	for (unsigned int columns = 20; columns <= 30; columns++) {
		draw("0-1G free", (struct range){0, 0}, (struct range){0, 0}, columns);
		expect_line("0x0-0x40000000               .\n");
	}
	draw("0-1G free", (struct range){0, 0}, (struct range){0, 0}, 31);
	expect_line("0x0-0x40000000               ..\n");
}

/* More would not be on one screen. */
static void of_more_than_twelve_stretches_the_first_twelve_are_drawn(void **state)
{
	struct memory memory[13];
	struct plan plan = {.part = {{.at = {0, 0}}}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(memory); i++)
		memory[i] =
		    (struct memory){.at = {GIB(i), GIB(i) + MIB(512)}, .type = 7, .attribute = ATTRIBUTE_CACHED};
	for (size_t n = 12; n <= 13; n++) {
		struct memmap map = {memory, n, COUNT_OF(memory)};
		struct text text = TEXT(drawn);

		sketch_memory(&text, &map, &plan, 61);
		expect_line("\n0x2c0000000-0x2e0000000 ");
		assert_null(strstr(drawn, "\n0x300000000"));
		if ((strstr(drawn, "\nand more\none is ") != NULL) != (n == 13))
			fail_msg("of %zu stretches:\n%s", n, drawn);
	}
}

static void random_maps_fit_their_columns(void **state)
{
	struct dice dice = dice_from_seed("sketch");

	(void)state;
	for (unsigned long n = cases_or(2000); n > 0; n--) {
		static char room[1 << 16];
		struct memory memory[40];
		struct memmap map = {memory, 0, COUNT_OF(memory)};
		struct plan plan = {.part = {{.at = {0, 0}}}};
		struct text text = TEXT(room);
		unsigned int columns = 32 + roll(&dice, 100), width = 0;
		uint64_t at = 0;

		for (uint32_t i = roll(&dice, COUNT_OF(memory)); i > 0; i--) {
			at += roll64(&dice) % (UINT64_C(1) << roll(&dice, 45)) / EFI_PAGE * EFI_PAGE;
			memory[map.count].at.start = at;
			at += (1 + roll64(&dice) % (UINT64_C(1) << roll(&dice, 40))) / EFI_PAGE * EFI_PAGE + EFI_PAGE;
			memory[map.count].at.end = at;
			memory[map.count].attribute = ATTRIBUTE_CACHED;
			memory[map.count++].type = roll(&dice, 16);
		}
		room[0] = '\0';
		sketch_memory(&text, &map, &plan, columns);
		assert_false(text_cut(&text));
		for (const char *c = room; *c != '\0' && strncmp(c, "one is", 6) != 0; c++) {
			width = *c == '\n' ? 0 : width + 1;
			if (width > columns + 12) /* of addresses of more than 48 bits */
				fail_msg("%u columns: %s", columns, room);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_character_is_what_lies_there),
	    cmocka_unit_test(a_character_is_told_by_the_half_of_its_memory),
	    cmocka_unit_test(the_handoff_is_drawn_where_nothing_else_is),
	    cmocka_unit_test(the_kernel_is_always_seen),
	    cmocka_unit_test(stretches_with_a_hole_between_have_lines_of_one_scale),
	    cmocka_unit_test(a_hole_of_16_mib_ends_no_stretch_and_a_larger_one_does),
	    cmocka_unit_test(a_map_ends_with_its_last_entry),
	    cmocka_unit_test(a_console_that_is_too_narrow_has_one_character_a_line),
	    cmocka_unit_test(of_more_than_twelve_stretches_the_first_twelve_are_drawn),
	    cmocka_unit_test(random_maps_fit_their_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
