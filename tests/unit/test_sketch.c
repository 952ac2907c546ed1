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
	assert_null(strstr(drawn, "0x"));
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
	    cmocka_unit_test(the_kernel_is_always_seen),
	    cmocka_unit_test(stretches_with_a_hole_between_have_lines_of_one_scale),
	    cmocka_unit_test(random_maps_fit_their_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
