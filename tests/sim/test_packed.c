/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels that Berth unpacks, on firmware that fails at every call, and packed kernels cut and damaged at every byte.
 * Each boot ends in a whole handoff (every piece in place, zeros behind, every relocation as the log tells), or in an
 * error with a reason and nothing left behind.
 */
#include "bench.h"
#include "vmlinux.h"

#define MAP	 "1M-1G free, 4G-5G free"
#define UNPACKED LINUX INITRD "decompress loader\n"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static struct {
	struct vmlinux vmlinux;
	struct blob file;
	size_t payload_at; /* 0: the file is packed as a whole */
	struct blob packed;
	const struct kind *kind;
} given;

static void forget_kernel(void)
{
	vmlinux_drop(&given.vmlinux);
	drop(&given.file);
	drop(&given.packed);
}

static bool has_length(const struct kind *kind)
{
	return kind->sized || kind->packing == PACKED_GZIP;
}

/* In a bzImage every packing has the length behind it; alone none has. */
static void given_packed(const struct kind *kind, bool in_bzimage)
{
	uint8_t size[4];

	forget_kernel();
	given.kind = kind;
	given.vmlinux = vmlinux_made(in_bzimage);
	given.packed = packed_as(kind, given.vmlinux.file);
	store_le(size, sizeof(size), given.vmlinux.file.size);
	if (in_bzimage && !has_length(kind))
		given.packed = joined(given.packed, blob_copy(size, sizeof(size)));
	given.payload_at = 0;
	given.file = in_bzimage ? vmlinux_in_bzimage(debian, given.packed, &given.payload_at)
				: blob_copy(given.packed.at, given.packed.size);
}

static void set_up_on(const char *map, const char *entry)
{
	bench_set_up(map, entry, "", &debian);
	sim.file[0].size = given.file.size;
	sim.file[0].head = given.file.at;
	sim.file[0].head_size = given.file.size;
	sim.vmlinux = &given.vmlinux;
	given.vmlinux.moves = given.payload_at != 0 && strstr(entry, "nokaslr") == NULL;
	sim.no_clauses = given.payload_at == 0; /* they are held against the file's header, and there is none */
	snprintf(bench.name, sizeof(bench.name), "%s, %s", given.kind->command,
		 given.payload_at != 0 ? "in a bzImage" : "alone");
}

static void each_packed(void (*test)(void))
{
	memset(&bench, 0, sizeof(bench));
	for (size_t k = 0; k < n_kinds; k++)
		for (int in_bzimage = 0; in_bzimage < 2; in_bzimage++) {
			if (in_bzimage == 0 && kinds[k].sized)
				continue;
			given_packed(&kinds[k], in_bzimage == 1);
			test();
		}
}

static void run_to_the_kernel(void)
{
	bench_run();
	if (!outcome.entered)
		fail_msg("%s: refused: %s", bench.name, outcome.why.text);
}

/* ---- honest firmware ---- */

static void boots_everywhere(void)
{
	static const char *const maps[] = {MAP, "1M-64M free", "4G-6G free",
					   "16M-20M free, 21M-25M free, 4G-4102M free"};
	static const char *const entries[] = {UNPACKED, UNPACKED "options nokaslr\n", UNPACKED "placement low\n",
					      UNPACKED "placement high\n", LINUX INITRDS "decompress loader\n"};

	for (size_t m = 0; m < COUNT_OF(maps); m++)
		for (size_t e = 0; e < COUNT_OF(entries); e++) {
			set_up_on(maps[m], entries[e]);
			run_to_the_kernel();
			if (given.vmlinux.moves != (strstr(sim_log(), " moved by 0x") != NULL))
				fail_msg("%s: the log tells of a move, or not, wrongly", bench.name);
		}
}

static void x10_every_packing_boots_with_every_relocation_done(void **state)
{
	(void)state;
	each_packed(boots_everywhere);
}

static void x10_without_entropy_the_kernel_stays_as_linked(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	given_packed(&kinds[0], true);
	set_up_on(MAP, UNPACKED);
	sim.no_entropy = true;
	given.vmlinux.moves = false;
	run_to_the_kernel();
	assert_non_null(strstr(sim_log(), "no entropy: the kernel keeps the virtual addresses"));
	assert_non_null(strstr(sim_log(), "a random place, which KASLR asks for, is not met: neither firmware nor"));
	assert_null(strstr(sim_log(), "placement random")); /* which no entry asked for */
}

/* Where it would begin memory is not free, or kept out: LZ4's blocks then go through a buffer of 8 MiB. */
static void e1_without_room_before_its_place_a_kernel_is_unpacked_by_pieces(void **state)
{
	static const struct {
		const char *map, *entry;
		bool run;
	} cases[] = {
	    {MAP, UNPACKED, true},
	    {MAP, LINUX "decompress loader\n", true},
	    {MAP, UNPACKED "placement low\n", true},
	    {MAP ", 0x4000000000000000-0xc000000000000000 reserved, 0x4000000000000000-0xd000000000000000 reserved",
	     UNPACKED, true},
	    {MAP, UNPACKED "placement 0x100200000\n", true},
	    {MAP, UNPACKED "placement 0x100000000\n", false},
	    {MAP, UNPACKED "placement 0x100200000\noptions memmap=0x1000$0x1001ff000\n", false},
	};

	(void)state;
	memset(&bench, 0, sizeof(bench));
	given_packed(&kinds[2], true);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		set_up_on(cases[i].map, cases[i].entry);
		run_to_the_kernel();
		if (cases[i].run != (strstr(sim_log(), "decoder 8.") == NULL))
			fail_msg("%zu: in one run, or not, wrongly", i);
	}
}

/* A vmlinux that is not packed is read straight to its place. */
static void e1_a_plain_vmlinux_boots(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	given_packed(&kinds[0], false);
	drop(&given.file);
	given.file = blob_copy(given.vmlinux.file.at, given.vmlinux.file.size);
	set_up_on(MAP, UNPACKED);
	run_to_the_kernel();
	assert_null(strstr(sim_log(), "unpacked"));
}

/* ---- firmware that fails ---- */

static void fail_each_call(void)
{
	unsigned int calls;

	set_up_on(MAP, UNPACKED);
	run_to_the_kernel();
	calls = outcome.calls;
	assert_true(outcome.call_of[SERVICE_TAKE] > 0);
	bench_fail_each_call();
	for (unsigned int k = 1; k <= calls; k++) {
		if (!in_sample())
			continue;
		sim.short_read_call = k;
		bench_run();
	}
}

static void a_fault_at_every_call_leaves_a_handoff_or_nothing(void **state)
{
	(void)state;
	each_packed(fail_each_call);
	bench_expect_runs(2000);
}

/* ---- hostile files ---- */

/* The payload, or the whole file, has @size bytes. */
static void cut(size_t size)
{
	if (given.payload_at == 0)
		sim.file[0].size = sim.file[0].head_size = size;
	else
		store_le(given.file.at + 0x24c, 4, size);
	given.vmlinux.damaged = false;
	bench_run();
	if (outcome.entered != (size == given.packed.size))
		fail_msg("%s, %zu of %zu bytes: %s", bench.name, size, given.packed.size,
			 outcome.entered ? "entered" : outcome.why.text);
}

static void cut_everywhere(void)
{
	set_up_on(MAP, UNPACKED);
	for (size_t size = 1; size <= given.packed.size; size++)
		if (in_sample() || size == given.packed.size)
			cut(size);
}

static void a_packed_kernel_cut_anywhere_is_refused(void **state)
{
	(void)state;
	each_packed(cut_everywhere);
	print_message("packed kernels cut short: %" PRIu64 "\n", bench.runs - bench.entered);
}

/* Whether the packing has a checksum of what comes out. */
static bool notices_damage(const struct kind *kind)
{
	return kind->packing != PACKED_LZ4_LEGACY && strstr(kind->command, "--no-check") == NULL;
}

static struct dice damage;

static void damage_everywhere(void)
{
	size_t start = given.payload_at;

	set_up_on(MAP, UNPACKED);
	given.vmlinux.damaged = !notices_damage(given.kind);
	sim.no_clauses |= given.vmlinux.damaged;
	for (size_t i = 0; i < given.packed.size; i++) {
		uint8_t bits = (uint8_t)(1 + roll(&damage, 255));

		if (!in_sample())
			continue;
		given.file.at[start + i] ^= bits;
		bench_run();
		given.file.at[start + i] ^= bits;
	}
	run_to_the_kernel();
}

static void a_packed_kernel_damaged_anywhere_is_whole_or_refused(void **state)
{
	(void)state;
	damage = dice_from_seed("damage");
	each_packed(damage_everywhere);
	print_message("packed kernels damaged: %" PRIu64 ", refused %" PRIu64 "\n", bench.runs, bench.refused);
	assert_true(bench.refused > bench.runs / 2);
}

/* Each byte of the ELF file's own headers, with no checksum that would tell first. */
static void a_vmlinux_with_damaged_headers_is_taken_whole_or_not_at_all(void **state)
{
	struct dice dice = dice_from_seed("inside");

	(void)state;
	memset(&bench, 0, sizeof(bench));
	given_packed(&kinds[0], false);
	for (size_t i = 0; i < 64 + 3 * 56; i++)
		for (int n = 0; n < 16; n++) {
			if (!in_sample())
				continue;
			drop(&given.file);
			given.file = blob_copy(given.vmlinux.file.at, given.vmlinux.file.size);
			given.file.at[i] = (uint8_t)roll_extreme(&dice);
			set_up_on(MAP, UNPACKED);
			given.vmlinux.damaged = true;
			bench_run();
		}
	bench_expect_runs(3000);
}

/* ---- numbers that a file says of itself ---- */

/* A vmlinux with section headers, with @value at @at, and more behind it, packed. */
static void given_claim(const struct kind *kind, size_t at, uint64_t value, struct blob behind)
{
	struct blob file;

	forget_kernel();
	given.kind = kind;
	given.payload_at = 0;
	given.vmlinux = vmlinux_made(false);
	file = joined(blob_copy(given.vmlinux.file.at, given.vmlinux.file.size), behind);
	store_le(file.at + 0x28, 8, 0x1c00); /* e_shoff */
	store_le(file.at + 0x3a, 2, 64);     /* e_shentsize */
	store_le(file.at + 0x3c, 2, 4);	     /* e_shnum */
	store_le(file.at + at, 8, value);
	given.file = packed_as(kind, file);
	drop(&file);
	set_up_on(MAP, UNPACKED);
}

/* Refused for what it says, before anything had a place. */
static void expect_refused_unread(const char *what)
{
	uint64_t read = 0;

	bench_run();
	for (size_t i = 0; i < outcome.n_reads; i++)
		read += outcome.read[i].size;
	if (outcome.entered || outcome.call_of[SERVICE_CLAIM] != 0)
		fail_msg("%s, %s: %s after %u claims", bench.name, what, outcome.entered ? "entered" : outcome.why.text,
			 outcome.call_of[SERVICE_CLAIM]);
	assert_in_range(read, 1, MIB(1));
}

/* 0x28 is e_shoff; the first PT_LOAD's p_offset is at 0x48 and its p_filesz at 0x60. */
static void e1_a_packed_file_that_says_more_than_it_can_have_is_refused_unread(void **state)
{
	static const uint64_t values[] = {UINT64_C(1) << 50, UINT64_C(1) << 62, GIB(4) + 1, UINT64_MAX / 2};
	static const size_t at[] = {0x28, 0x48, 0x60};

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t k = 0; k < n_kinds; k++)
		for (size_t v = 0; v < COUNT_OF(values) && !kinds[k].sized; v++)
			for (size_t i = 0; i < COUNT_OF(at); i++) {
				given_claim(&kinds[k], at[i], values[v], given_data(LOOK_ZEROS, MIB(1)));
				expect_refused_unread("a claim of the header's");
			}
	/* What the bytes that are there cannot become, although it is less than 4 GiB. */
	given_claim(&kinds[0], 0x28, MIB(64), given_data(LOOK_ZEROS, 1));
	expect_refused_unread("e_shoff behind 8 KiB");
	/* And a kernel that says the truth boots. */
	given_claim(&kinds[0], 0x28, KIB(64), given_data(LOOK_ZEROS, KIB(64)));
	given.vmlinux.damaged = true; /* its first segment has no ELF header in it, and is compared elsewhere */
	run_to_the_kernel();
}

/* More than the machine has, though the packed bytes could become it: zstd's. */
static void e1_a_packed_file_larger_than_memory_is_refused_before_it_is_unpacked(void **state)
{
	size_t k = 0;

	(void)state;
	memset(&bench, 0, sizeof(bench));
	while (kinds[k].packing != PACKED_ZSTD)
		k++;
	given_claim(&kinds[k], 0x28, GIB(3), given_data(LOOK_NOISE, KIB(128)));
	bench_run();
	assert_false(outcome.entered);
	assert_non_null(strstr(outcome.why.text, "this machine's memory"));
}

/* The length word behind a payload: of a table that no kernel has, or more than the payload can become. */
static void x10_a_payload_that_says_more_than_it_can_have_is_refused_unread(void **state)
{
	static const uint32_t lengths[] = {0xffffffff, 0x80000000, ELF_FILE_SIZE + MIB(64) + 1};

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t k = 0; k < n_kinds; k++)
		for (size_t i = 0; i < COUNT_OF(lengths); i++) {
			given_packed(&kinds[k], true);
			store_le(given.file.at + given.payload_at + given.packed.size - 4, 4, lengths[i]);
			set_up_on(MAP, UNPACKED);
			expect_refused_unread("payload length");
		}
}

static int end(void **state)
{
	(void)state;
	forget_kernel();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(e1_a_packed_file_that_says_more_than_it_can_have_is_refused_unread),
	    cmocka_unit_test(e1_a_packed_file_larger_than_memory_is_refused_before_it_is_unpacked),
	    cmocka_unit_test(x10_a_payload_that_says_more_than_it_can_have_is_refused_unread),
	    cmocka_unit_test(x10_every_packing_boots_with_every_relocation_done),
	    cmocka_unit_test(x10_without_entropy_the_kernel_stays_as_linked),
	    cmocka_unit_test(e1_without_room_before_its_place_a_kernel_is_unpacked_by_pieces),
	    cmocka_unit_test(e1_a_plain_vmlinux_boots),
	    cmocka_unit_test(a_fault_at_every_call_leaves_a_handoff_or_nothing),
	    cmocka_unit_test(a_packed_kernel_cut_anywhere_is_refused),
	    cmocka_unit_test(a_packed_kernel_damaged_anywhere_is_whole_or_refused),
	    cmocka_unit_test(a_vmlinux_with_damaged_headers_is_taken_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
