/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels that are entered by PVH: a fault at every call of firmware, and files cut at every place that matters. Each
 * boot ends with every clause of the ABI kept, or in an error with a reason and nothing left behind.
 */
#include "bench.h"

#include "../probe/clauses_pvh.h"
#include "../unit/packed.h"

/* The file: headers; code, with the facts in it; data, which is larger in memory; notes. */
enum {
	CODE_AT = 0x1000,
	FACTS_AT = 0x800,
	DATA_AT = 0x2000,
	DATA_SIZE = 0x5000,
	NOTES_AT = 0x7800,
	FILE_SIZE = 0x8000
};
enum { CODE_SIZE = DATA_AT - CODE_AT, DATA_MEMORY = 0x9000, RELOCATIONS = CODE_AT + 0xa00, DYNAMIC = CODE_AT + 0x900 };

static const char *const maps[] = {
    "1M-3G free, 4G-6G free",
    "1M-64M free, 65M-66M runtime, 66M-80M free",
    "1M-8M free, 8M-9M nvs, 9M-24M boot, 24M-512M free, 512M-520M runtime, 4G-5G free",
    "4G-6G free",
};

static const char *const entries[] = {
    LINUX,
    LINUX INITRDS,
    LINUX INITRD "placement low\n",
    LINUX INITRD "placement random\n",
    LINUX INITRD "placement 0x2000000\n",
    LINUX INITRD "placement 0x1800000-0x3000000\n",
};

enum move { FIXED, MOVED_BY_NOTE, RELOCATED, WITHOUT_NOTE, N_KINDS };

#define LINKED UINT64_C(0x2000000)

static uint8_t file[FILE_SIZE];

static size_t put_note(size_t at, uint32_t type, const uint32_t *value, size_t n)
{
	store_le(file + at, 4, 4);
	store_le(file + at + 4, 4, 4 * n);
	store_le(file + at + 8, 4, type);
	memcpy(file + at + 12, "Xen", 4);
	for (size_t i = 0; i < n; i++)
		store_le(file + at + 16 + 4 * i, 4, value[i]);
	return at + 16 + 4 * n;
}

static void put_header(unsigned int n, uint32_t type, uint64_t offset, uint64_t size, uint64_t memory)
{
	uint8_t *h = file + 64 + (size_t)n * 56;
	uint64_t at = LINKED + offset - CODE_AT;

	store_le(h, 4, type);
	store_le(h + 4, 4, 7);
	store_le(h + 8, 8, offset);
	store_le(h + 16, 8, at);
	store_le(h + 24, 8, at);
	store_le(h + 32, 8, size);
	store_le(h + 40, 8, memory);
	store_le(h + 48, 8, type == 4 ? 4 : 4096);
}

static void put_facts(enum move kind)
{
	struct pvh_facts facts = {
	    .linked = LINKED,
	    .window = CODE_SIZE + DATA_MEMORY,
	    .payload_at = CODE_SIZE,
	    .payload_size = DATA_SIZE,
	    .align = kind == MOVED_BY_NOTE ? MIB(2) : 4096,
	    .min = kind == FIXED	   ? LINKED
		   : kind == MOVED_BY_NOTE ? MIB(26)
					   : 0,
	    .last = kind == FIXED	    ? LINKED + CODE_SIZE + DATA_MEMORY - 1
		    : kind == MOVED_BY_NOTE ? GIB(1) - 1
					    : GIB(4) - 1,
	    .payload_sum = clause_adler32(1, file + DATA_AT, DATA_SIZE),
	    .n_words = kind == RELOCATED ? PVH_WORDS : 0,
	};

	memcpy(file + CODE_AT + FACTS_AT, &facts, sizeof(facts));
}

/* gABI, "Dynamic Section": DT_RELA, DT_RELASZ, DT_RELAENT; R_X86_64_RELATIVE is 8. */
static void put_relocations(void)
{
	uint64_t word = LINKED + FACTS_AT + offsetof(struct pvh_facts, word);

	for (unsigned int i = 0; i < 3; i++) {
		store_le(file + DYNAMIC + 16 * i, 8, 7 + i);
		store_le(file + DYNAMIC + 16 * i + 8, 8,
			 i == 0	  ? LINKED + RELOCATIONS - CODE_AT
			 : i == 1 ? 24 * PVH_WORDS
				  : 24);
	}
	for (unsigned int i = 0; i < PVH_WORDS; i++) {
		uint8_t *entry = file + RELOCATIONS + (size_t)24 * i;

		store_le(entry, 8, word + 8 * i);
		store_le(entry + 8, 8, 8);
		store_le(entry + 16, 8, word + 8 * i);
	}
}

static void make_file(enum move kind)
{
	static const uint32_t limits[] = {MIB(2), MIB(26), GIB(1) - 1}, entry = LINKED;
	static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	size_t end = NOTES_AT;

	memset(file, 0, sizeof(file));
	for (size_t i = DATA_AT; i < DATA_AT + DATA_SIZE; i++)
		file[i] = (uint8_t)(i * 0x9e3779b1 >> 24);
	if (kind == MOVED_BY_NOTE)
		end = put_note(end, 19, limits, 3);
	end = put_note(end, kind == WITHOUT_NOTE ? 17 : 18, &entry, 1);
	memcpy(file, ident, sizeof(ident));
	store_le(file + 16, 2, kind == RELOCATED ? 3 : 2);
	store_le(file + 18, 2, 62);
	store_le(file + 20, 4, 1);
	store_le(file + 24, 8, LINKED);
	store_le(file + 32, 8, 64);
	store_le(file + 52, 2, 64);
	store_le(file + 54, 2, 56);
	store_le(file + 56, 2, kind == RELOCATED ? 4 : 3);
	put_header(0, 1, CODE_AT, CODE_SIZE, CODE_SIZE);
	put_header(1, 1, DATA_AT, DATA_SIZE, DATA_MEMORY);
	put_header(2, 4, NOTES_AT, end - NOTES_AT, 0);
	put_header(3, 2, DYNAMIC, 64, 64);
	put_facts(kind);
	put_relocations();
}

static void set_up(size_t m, size_t e, enum move kind)
{
	bench_set_up(maps[m], entries[e], "", &KERNEL(SMALL_KERNEL));
	make_file(kind);
	sim.file[0] = (struct sim_file){"\\vmlinuz", FILE_SIZE, file, FILE_SIZE};
	sim.pvh_facts_at = FACTS_AT;
	snprintf(bench.name, sizeof(bench.name), "map %zu, entry %zu, kind %d", m, e, (int)kind);
}

static void fail_each_call(void)
{
	unsigned int calls;

	bench_fail_each_call();
	bench_run();
	calls = outcome.calls;
	for (sim.short_read_call = 1; sim.short_read_call <= calls; sim.short_read_call++)
		bench_run();
	sim.short_read_call = 0;
}

static void e3_a_fault_at_every_call_keeps_every_clause_of_pvh_or_leaves_nothing(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t m = 0; m < COUNT_OF(maps); m++)
		for (size_t e = 0; e < COUNT_OF(entries); e++)
			for (int kind = 0; kind < N_KINDS; kind++)
				for (int five = 0; five <= 1; five++) {
					set_up(m, e, (enum move)kind);
					sim.five_levels = five != 0;
					fail_each_call();
				}
	bench_expect_runs(5000);
}

/* A kernel that boots, cut at each byte of its headers and its notes: what is cut is never entered. */
static void a_file_cut_anywhere_is_refused(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	set_up(0, 1, RELOCATED);
	bench_run();
	assert_int_equal(bench.entered, 1);
	assert_false(outcome.is_linux);
	for (uint64_t size = 0; size < NOTES_AT + 20; size += size < IMAGE_HEAD || size >= NOTES_AT - 1 ? 1 : 0x100) {
		sim.file[0].size = size;
		sim.file[0].head_size = (size_t)size;
		snprintf(bench.name, sizeof(bench.name), "cut at %" PRIu64, size);
		bench_run();
	}
	assert_int_equal(bench.entered, 1);
}

/* ---- the same, packed ---- */

static struct blob packed;

static void set_up_packed(const struct kind *packing, size_t m, size_t e, enum move kind)
{
	struct blob whole;

	set_up(m, e, kind);
	whole = blob_copy(file, sizeof(file));
	drop(&packed);
	packed = packed_as(packing, whole);
	drop(&whole);
	sim.file[0] = (struct sim_file){"\\vmlinuz", packed.size, packed.at, packed.size};
	snprintf(bench.name, sizeof(bench.name), "%s, map %zu, entry %zu, kind %d", packing->command, m, e, (int)kind);
}

static void refusal_of(enum move kind, const struct kind *packing, char to[FAIL_TEXT])
{
	if (packing == NULL)
		set_up(0, 1, kind);
	else
		set_up_packed(packing, 0, 1, kind);
	bench_run();
	assert_false(outcome.entered);
	snprintf(to, FAIL_TEXT, "%s", outcome.why.text);
}

static void e3_a_packed_kernel_with_a_note_is_entered_as_the_unpacked_one(void **state)
{
	char plain[FAIL_TEXT], other[FAIL_TEXT];

	(void)state;
	memset(&bench, 0, sizeof(bench));
	refusal_of(WITHOUT_NOTE, NULL, plain);
	for (size_t k = 0; k < n_kinds; k++) {
		if (kinds[k].sized)
			continue; /* what Linux's build appends is in a bzImage alone */
		for (size_t e = 0; e < COUNT_OF(entries); e++)
			for (int kind = 0; kind < WITHOUT_NOTE; kind++) {
				bool was_entered;

				set_up(0, e, (enum move)kind);
				bench_run();
				was_entered = outcome.entered;
				set_up_packed(&kinds[k], 0, e, (enum move)kind);
				sim.dirty = true;
				bench_run();
				if (outcome.entered != was_entered)
					fail_msg("%s: %s", bench.name, outcome.why.text);
			}
		refusal_of(WITHOUT_NOTE, &kinds[k], other);
		assert_string_equal(other, plain);
		set_up_packed(&kinds[k], 1, 1, (enum move)(k % WITHOUT_NOTE));
		fail_each_call();
	}
	drop(&packed);
	assert_true(bench.entered > 100);
}

/* Cut anywhere, also where the notes are read that say how it is entered. */
static void e3_a_packed_kernel_with_a_note_cut_anywhere_is_refused(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t k = 0; k < n_kinds; k++) {
		if (kinds[k].sized)
			continue;
		set_up_packed(&kinds[k], 0, 1, MOVED_BY_NOTE);
		for (size_t size = 1; size < packed.size; size += size < 64 || size + 64 > packed.size ? 1 : 97) {
			sim.file[0].size = sim.file[0].head_size = size;
			bench_run();
			if (outcome.entered)
				fail_msg("%s: entered, of %zu bytes", bench.name, size);
		}
	}
	drop(&packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(e3_a_fault_at_every_call_keeps_every_clause_of_pvh_or_leaves_nothing),
	    cmocka_unit_test(a_file_cut_anywhere_is_refused),
	    cmocka_unit_test(e3_a_packed_kernel_with_a_note_is_entered_as_the_unpacked_one),
	    cmocka_unit_test(e3_a_packed_kernel_with_a_note_cut_anywhere_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
