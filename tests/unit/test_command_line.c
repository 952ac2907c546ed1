/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command line takes the memory from the parts that it takes from the kernel, and no more; whatever numbers, quotes
 * or nonsense stand on it. Sources: Linux arch/x86/kernel/e820.c, kernel/crash_reserve.c, lib/cmdline.c,
 * lib/vsprintf.c.
 */
#include "given.h"

#include "../../protocol/command_line.h"
#include "../../protocol/kept_out.h"

#define TOP (UINT64_MAX - 4095) /* the end of whole pages */

static struct kept_out kept_of(const char *line, bool memmap)
{
	struct kept_out out;
	struct fail why;

	if (command_line_kept_out(line, memmap, &out, &why) != OK)
		fail_msg("\"%s\": %s", line, why.text);
	return out;
}

static void expect_kept(const char *line, bool memmap, size_t n, const struct range *expected)
{
	struct kept_out out = kept_of(line, memmap);

	for (size_t i = 0; i < n || i < out.n; i++) {
		struct range got = i < out.n ? out.at[i] : (struct range){0, 0};
		struct range want = i < n ? expected[i] : (struct range){0, 0};

		if (got.start != want.start || got.end != want.end)
			fail_msg("\"%s\": range %zu is %#" PRIx64 "-%#" PRIx64 " instead of %#" PRIx64 "-%#" PRIx64,
				 line, i, got.start, got.end, want.start, want.end);
	}
}

#define KEPT(line, ...)                                                                                                \
	expect_kept(line, true, COUNT_OF(((struct range[]){__VA_ARGS__})), (struct range[]){__VA_ARGS__})
#define NOTHING(line) expect_kept(line, true, 0, NULL)

/* ---- memmap= ---- */

static void c13_memmap_takes_what_it_reserves(void **state)
{
	(void)state;
	KEPT("memmap=1G$1G", {GIB(1), GIB(2)});
	KEPT("quiet memmap=64M!4G ro", {GIB(4), GIB(4) + MIB(64)});
	KEPT("memmap=0x1000#0x20000000", {MIB(512), MIB(512) + 4096});
	KEPT("memmap=010M$0x10M", {MIB(16), MIB(24)});
	KEPT("memmap=1g$1T,1K$2k", {0, 4096}, {TIB(1), TIB(1) + GIB(1)});
	KEPT("memmap=1M$5M memmap=1M$3M,1M$4M", {MIB(3), MIB(6)});
	KEPT("memmap=100$4000", {0, 8192}); /* a page of which the kernel cannot use all */
	KEPT("memmap=0xa000$1M,0xF000$0x20000000", {MIB(1), MIB(1) + 0xa000}, {MIB(512), MIB(512) + 0xf000});
	KEPT("memmap=1G$", {0, GIB(1)});
	KEPT("memmap=1M$1Mjunk", {MIB(1), MIB(2)});
}

static void c13_a_bare_size_ends_memory(void **state)
{
	(void)state;
	KEPT("memmap=2G", {GIB(2), TOP});
	KEPT("memmap=1G\\$1G", {GIB(1), TOP}); /* as in GRUB's files */
	KEPT("memmap=1G\\\\\\$2G", {GIB(1), TOP});
	KEPT("memmap=1G:2G", {GIB(1), TOP});
	KEPT("memmap=2G memmap=3G", {GIB(2), TOP});
	KEPT("memmap=2G,1G$3G", {GIB(2), TOP});
	KEPT("memmap=2G memmap=1G@4G", {GIB(2), GIB(4)}, {GIB(5), TOP});
}

static void c13_exactmap_leaves_what_is_added_after_it(void **state)
{
	(void)state;
	KEPT("memmap=exactmap", {0, TOP});
	KEPT("memmap=exactmap memmap=640K@0 memmap=2G@1M", {KIB(640), MIB(1)}, {GIB(2) + MIB(1), TOP});
	KEPT("memmap=exactmap,1G@0,1M$5M", {MIB(5), MIB(6)}, {GIB(1), TOP});
	KEPT("memmap=1G@0,exactmap", {0, TOP});
	KEPT("memmap=1M$5M,exactmap,1G@0", {GIB(1), TOP});
	KEPT("memmap=exactmapping", {0, TOP}); /* strncmp(p, "exactmap", 8) */
	KEPT("memmap=exactmap,639K@0,1G@1M", {0x9f000, MIB(1)}, {GIB(1) + MIB(1), TOP});
	/* What is reserved stays so where RAM is added: the higher type counts. */
	KEPT("memmap=1G$1G,4G@0", {GIB(1), GIB(2)});
}

static void c13_types_are_changed_as_the_kernel_does(void **state)
{
	(void)state;
	KEPT("memmap=1G%1G-1+2", {GIB(1), GIB(2)});
	KEPT("memmap=1G%1G-1", {GIB(1), GIB(2)});
	KEPT("memmap=1G%1G+12", {GIB(1), GIB(2)});
	KEPT("memmap=1G%1G", {GIB(1), GIB(2)});
	KEPT("memmap=exactmap,1G%0+1", {GIB(1), TOP});
	NOTHING("memmap=1G%1G-2+1");
	NOTHING("memmap=1G%1G-2+12");
	NOTHING("memmap=1G%1G-2");
	NOTHING("memmap=1G%1G-1+2x");
	NOTHING("memmap=1M$1M,1G%0 memmap=1G@0");
}

static void c13_what_is_no_memmap_takes_nothing(void **state)
{
	(void)state;
	NOTHING("");
	NOTHING("memmap");
	NOTHING("nemmap=1G$1G memmaq=1G$1G");
	NOTHING("memmap=");
	NOTHING("memmap=,,");
	NOTHING("memmap=nothing,$1G,@1G");
	NOTHING("memmap=0$1G");
	NOTHING("memmap=1G@1G");
	NOTHING("xmemmap=1G$1G memmapx=1G$1G a.memmap=1G$1G foo=memmap=1G$1G");
	NOTHING("-- memmap=1G$1G");
	NOTHING("a=\"b memmap=1G$1G\"");
	expect_kept("memmap=1G$1G", false, 0, NULL); /* another CPU's kernel does not know it */
}

static void c13_quotes_and_blanks_are_linuxs(void **state)
{
	(void)state;
	KEPT("\"memmap=1G$1G\"", {GIB(1), GIB(2)});
	KEPT("memmap=\"1G$1G\"", {GIB(1), GIB(2)});
	KEPT("memmap=\"1G$1G quiet", {GIB(1), GIB(2)});
	KEPT("a\tmemmap=1G$1G\nb", {GIB(1), GIB(2)});
	KEPT("a=\"-- b\" memmap=1G$1G -- memmap=1G$3G", {GIB(1), GIB(2)});
	KEPT("--x memmap=1G$1G", {GIB(1), GIB(2)});
}

/* simple_strtoull goes on modulo 2^64, and a range that wraps has no end. */
static void c13_numbers_that_do_not_fit_are_what_the_kernel_makes_of_them(void **state)
{
	(void)state;
	KEPT("memmap=18446744073709551617M$1G", {GIB(1), GIB(1) + MIB(1)});
	KEPT("memmap=0x10000000040000000$1G", {GIB(1), GIB(2)});
	NOTHING("memmap=1G$0xffffffffffffffff"); /* the last page of all is nobody's */
	KEPT("memmap=0xffffffffffffffff$1G", {GIB(1), TOP});
	NOTHING("memmap=16E$1G");
}

static void c13_more_pieces_than_are_kept_are_refused_and_never_dropped(void **state)
{
	static char line[65536];
	struct kept_out out;
	struct fail why;

	(void)state;
	for (unsigned int n = 1; n < 3000; n += n < 70 ? 1 : 97) {
		char *at = line + sprintf(line, "memmap=1M$1M");
		enum status status;

		for (unsigned int i = 1; i < n; i++)
			at += sprintf(at, ",1M$%uM", 2 * i + 1);
		status = command_line_kept_out(line, true, &out, &why);
		assert_int_equal(status, n <= MAX_KEPT_OUT ? OK : BAD_INPUT);
		if (status == OK)
			assert_int_equal(out.n, n);
		else
			assert_int_equal(why.rule, C13);
	}
}

/* ---- crashkernel= ---- */

static void c13_a_crash_kernel_at_an_address_has_its_memory(void **state)
{
	(void)state;
	for (int memmap = 0; memmap < 2; memmap++) {
		static const struct range at_16m[] = {{MIB(16), MIB(80)}};

		expect_kept("crashkernel=64M@16M", memmap == 1, 1, at_16m);
		expect_kept("crashkernel=1G@1G crashkernel=64M@0x1000000", memmap == 1, 1, at_16m);
		expect_kept("crashkernel=64M@16M crashkernel=72M,low crashkernel=1G,high", memmap == 1, 1, at_16m);
		expect_kept("crashkernel=64M@16M \"crashkernel=1G,high\" x", memmap == 1, 1, at_16m);
		expect_kept("crashkernel=64M@16M crashkernel=\"1G,high\" x", memmap == 1, 1, at_16m);
		expect_kept("crashkernel=512M-2G:32M,2G-:64M@16M", memmap == 1, 1, at_16m);
		expect_kept("-- crashkernel=64M@16M", memmap == 1, 1, at_16m);
		expect_kept("crashkernel=64M@16M crashkernel=128M", memmap == 1, 0, NULL);
		expect_kept("crashkernel=256M@0", memmap == 1, 0, NULL);
		expect_kept("crashkernel=512M-2G:64M,2G-:128M@0x0", memmap == 1, 0, NULL);
		expect_kept("crashkernel=128M crashkernel=1G,high crashkernel crashkernel=@", memmap == 1, 0, NULL);
	}
	KEPT("crashkernel=64M@16M memmap=16M$80M", {MIB(16), MIB(96)});
}

/* ---- mem= ---- */

static void c9_mem_is_an_amount_to_arm64_and_riscv(void **state)
{
	uint64_t amount = 0;

	(void)state;
	assert_true(command_line_amount("mem=2G mem=3G", false, &amount) && amount == GIB(3));
	assert_true(command_line_amount("mem=2G mem=3G", true, &amount) && amount == GIB(2));
	assert_true(command_line_amount("mem=3G mem=2G -- mem=1G", true, &amount) && amount == GIB(2));
	assert_true(command_line_amount("mem=0x1fff", true, &amount) && amount == 4096);
	assert_true(command_line_amount("mem=all", false, &amount) && amount == 0);
	assert_false(command_line_amount("mem=all", true, &amount));
	assert_false(command_line_amount("mem=1G mem=0", true, &amount));
	assert_false(command_line_amount("mem memx=1G", true, &amount));
}

static void c9_an_amount_ends_where_so_much_memory_was_counted(void **state)
{
	struct memory entry[] = {
	    {{GIB(1), GIB(2)}, MEMORY_CONVENTIONAL, 8},	  {{GIB(2), GIB(3)}, MEMORY_RUNTIME_DATA, 8},
	    {{GIB(3), GIB(4)}, MEMORY_MMIO, 1},		  {{GIB(4), GIB(5)}, MEMORY_RESERVED, 0},
	    {{GIB(6), GIB(8)}, MEMORY_CONVENTIONAL, 0xf},
	};
	const struct memmap map = {entry, COUNT_OF(entry), COUNT_OF(entry)};

	(void)state;
	assert_true(memmap_amount_end(&map, 0) == GIB(1));
	assert_true(memmap_amount_end(&map, MIB(1)) == GIB(1) + MIB(1));
	assert_true(memmap_amount_end(&map, GIB(2)) == GIB(3));
	assert_true(memmap_amount_end(&map, GIB(2) + 4096) == GIB(6) + 4096);
	assert_true(memmap_amount_end(&map, GIB(4)) == GIB(8));
	assert_true(memmap_amount_end(&map, GIB(4) + 4096) == UINT64_MAX);
}

/* ---- against the kernel's table, of cells of 1 MiB ---- */

#define CELLS 32
#define ITEMS 6

struct table {
	struct {
		unsigned int from, to, type;
	} entry[4 * ITEMS + 8];
	size_t n;
};

static void table_add(struct table *t, unsigned int from, unsigned int to, unsigned int type)
{
	t->entry[t->n].from = from;
	t->entry[t->n].to = to;
	t->entry[t->n++].type = type;
}

/* Takes [from, to) out of all entries of @type, 0: of any. */
static void table_remove(struct table *t, unsigned int from, unsigned int to, unsigned int type)
{
	for (size_t i = 0, n = t->n; i < n; i++) {
		unsigned int end = t->entry[i].to;

		if ((type != 0 && t->entry[i].type != type) || t->entry[i].from >= to || end <= from)
			continue;
		if (end > to)
			table_add(t, to, end, t->entry[i].type);
		if (t->entry[i].from < from)
			t->entry[i].to = from;
		else
			t->entry[i].from = t->entry[i].to = 0;
	}
}

static bool table_is_ram(const struct table *t, unsigned int cell)
{
	unsigned int highest = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->entry[i].from <= cell && cell < t->entry[i].to && t->entry[i].type > highest)
			highest = t->entry[i].type;
	return highest == 1;
}

static char *write_item(struct table *t, char *out)
{
	static const char mark[] = "@$#!";
	static const unsigned int type[] = {1, 2, 3, 12};
	unsigned int from = (unsigned int)rand() % CELLS, size = (unsigned int)rand() % 9,
		     how = (unsigned int)rand() % 8;

	if (how < 4) {
		table_add(t, from, from + size, type[how]);
		return out + sprintf(out, "%uM%c%uM", size, mark[how], from);
	}
	if (how == 4) {
		t->n = 0;
		return out + sprintf(out, "exactmap");
	}
	if (how == 5) {
		table_remove(t, from, CELLS, 1);
		return out + sprintf(out, "%uM", from);
	}
	if (how == 6) {
		table_remove(t, from, from + size, 1);
		return out + sprintf(out, "%uM%%%uM-1", size, from);
	}
	table_remove(t, from, from + size, 0);
	return out + sprintf(out, "%uM%%%uM", size, from);
}

static bool is_kept(const struct kept_out *out, unsigned int cell)
{
	for (size_t i = 0; i < out->n; i++)
		if (range_overlaps(out->at[i], (struct range){MIB(cell), MIB(cell + 1)}))
			return true;
	return false;
}

static void c13_is_what_the_kernels_table_comes_to(void **state)
{
	(void)state;
	srand(20260101);
	for (int round = 0; round < 30000; round++) {
		struct table table = {.n = 0};
		char line[512], *at = line;
		struct kept_out out;

		table_add(&table, 0, CELLS, 1);
		for (int i = rand() % ITEMS; i >= 0; i--) {
			at += sprintf(at, at == line || rand() % 2 == 0 ? " memmap=" : ",");
			at = write_item(&table, at);
		}
		out = kept_of(line, true);
		for (unsigned int cell = 0; cell < CELLS; cell++)
			if (is_kept(&out, cell) == table_is_ram(&table, cell))
				fail_msg("\"%s\": MiB %u", line, cell);
		for (size_t i = 1; i < out.n; i++)
			assert_true(out.at[i - 1].end < out.at[i].start);
	}
}

/* Any bytes: nothing is read behind the NUL, and what comes out is in order. */
static void c13_no_bytes_are_too_odd(void **state)
{
	static const char letters[] = "memmap=crashkernel=exactmap0123456789xKMGE$@!#%-+,:\"  \t\xa0\xff";

	(void)state;
	srand(20260101);
	for (int round = 0; round < 30000; round++) {
		size_t length = (size_t)rand() % 80;
		char *line = malloc(length + 1);
		struct kept_out out;
		struct fail why;
		uint64_t limit;

		for (size_t i = 0; i < length; i++)
			line[i] = letters[(size_t)rand() % (sizeof(letters) - 1)];
		line[length] = '\0';
		if (round % 3 == 0 && length > 16)
			memcpy(line, "memmap=", 7);
		if (round % 3 == 1 && length > 16)
			memcpy(line, "crashkernel=", 12);
		assert_true(command_line_options_end(line) <= length);
		(void)command_line_mem(line, &limit);
		if (command_line_kept_out(line, true, &out, &why) == OK)
			for (size_t i = 0; i < out.n; i++)
				assert_true(out.at[i].start < out.at[i].end && out.at[i].start % 4096 == 0);
		free(line);
	}
}

/* ---- plans ---- */

static void c13_no_part_lies_in_what_the_command_line_reserves(void **state)
{
	(void)state;
	given_map("1M-2G free");
	given_initrd(MIB(64));
	given_handoff(KIB(36));
	given_command_line("quiet memmap=1G$1G");
	assert_true(requests_now()[PART_KERNEL].size != 0);
	expect_place(PART_KERNEL, align_down(GIB(1) - requests_now()[PART_KERNEL].size, MIB(2)));
}

static void c13_an_exact_place_in_what_is_kept_out_is_refused_by_name(void **state)
{
	(void)state;
	given_map("1M-1G free, 1G-2G boot, 2G-3G free");
	given_placement(PLACE_EXACT, GIB(1) + MIB(16));
	given_command_line("memmap=64M!1G");
	expect_refused(NO_PLACE, C5);
	expect_words("0x40000000-0x44000000   kept out by memmap= or crashkernel= on the command line [C13]");
}

static void c13_no_one_buys_memory_that_the_command_line_takes(void **state)
{
	(void)state;
	given_map("1M-2G free");
	given_command_line("memmap=1T$1M");
	expect_refused(NO_PLACE, C1);
	expect_words("try: less of memmap= or crashkernel= on the command line, more memory or a smaller kernel");
	given_map("1M-2G free");
	given_command_line("mem=32M");
	expect_refused(NO_PLACE, C9);
	expect_words("try: a larger mem= on the command line, more memory or a smaller kernel");
}

static void c13_what_is_not_kept_out_is_planned_as_without(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_command_line("memmap=1G$6G crashkernel=256M");
	expect_place(PART_KERNEL, align_down(GIB(6) - requests_now()[PART_KERNEL].size, MIB(2)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c13_memmap_takes_what_it_reserves),
	    cmocka_unit_test(c13_a_bare_size_ends_memory),
	    cmocka_unit_test(c13_exactmap_leaves_what_is_added_after_it),
	    cmocka_unit_test(c13_types_are_changed_as_the_kernel_does),
	    cmocka_unit_test(c13_what_is_no_memmap_takes_nothing),
	    cmocka_unit_test(c13_quotes_and_blanks_are_linuxs),
	    cmocka_unit_test(c13_numbers_that_do_not_fit_are_what_the_kernel_makes_of_them),
	    cmocka_unit_test(c13_more_pieces_than_are_kept_are_refused_and_never_dropped),
	    cmocka_unit_test(c13_a_crash_kernel_at_an_address_has_its_memory),
	    cmocka_unit_test(c9_mem_is_an_amount_to_arm64_and_riscv),
	    cmocka_unit_test(c9_an_amount_ends_where_so_much_memory_was_counted),
	    cmocka_unit_test(c13_is_what_the_kernels_table_comes_to),
	    cmocka_unit_test(c13_no_bytes_are_too_odd),
	    cmocka_unit_test(c13_no_part_lies_in_what_the_command_line_reserves),
	    cmocka_unit_test(c13_an_exact_place_in_what_is_kept_out_is_refused_by_name),
	    cmocka_unit_test(c13_no_one_buys_memory_that_the_command_line_takes),
	    cmocka_unit_test(c13_what_is_not_kept_out_is_planned_as_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
