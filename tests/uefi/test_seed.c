/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The random seed over whole boots: what lies on the disk and in firmware's table when a Linux is entered, in which
 * order, and that nothing of it stays anywhere else. No failure of it keeps an entry from booting. Source: systemd,
 * docs/RANDOM_SEEDS.md and src/boot/random-seed.c.
 */
#include "../sim/bench.h"
#include "scene.h"

#include "../../codecs/sha256.h"
#include "../../config/seed.h"

#include <efi.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define SEED_FILE "\\loader\\random-seed"
#define ENTRY	  "title One\nlinux /vmlinuz\n"

static uint8_t before[40000], token[48], table[4 + 5000];

static void fill(uint8_t *at, size_t size, uint8_t first)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(first + 7 * i + i / 256);
}

/* A file of @size bytes on the disk; 0: there is none. */
static void given(size_t size)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", ENTRY, "", &debian);
	uefi = (struct uefi_setup){.nobody = true};
	scene_put_text("\\loader\\loader.conf", "log debug\n");
	scene_put_text("\\loader\\entries\\one.conf", ENTRY);
	fill(before, sizeof(before), 3);
	fill(token, sizeof(token), 5);
	fill(table, sizeof(table), 9);
	if (size != 0)
		scene_put(SEED_FILE, before, size);
}

static void expect_entered(const char *name)
{
	scene_run(name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
}

static const struct sim_file *seed_file(void)
{
	for (size_t i = 0; i < sim.n_files; i++)
		if (strcmp(sim.file[i].path, SEED_FILE) == 0)
			return &sim.file[i];
	return NULL;
}

/* What firmware answers on its own. */
static struct seed_parts parts_of_firmware(void)
{
	static uint8_t random[SEED_SIZE], time[16];

	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (uint8_t)(i * 37 + 11);
	for (size_t i = 0; i < sizeof(time); i++)
		time[i] = (uint8_t)(UEFI_TIME + i);
	return (struct seed_parts){
	    .random = {random, sizeof(random)}, .count = UEFI_COUNT, .time = {time, sizeof(time)}};
}

/* The file holds its new seed, and zeros up to @size; the table that of the system, and both are these parts'. */
static void expect_seeded(const struct seed_parts *parts, size_t size)
{
	const struct sim_file *file = seed_file();
	uint8_t for_file[SEED_SIZE], for_system[4 + SEED_SIZE] = {SEED_SIZE};

	seed_compose(parts, for_file, for_system + 4);
	assert_int_equal(uefi_report.seed_tables, 1);
	assert_memory_equal(uefi_report.seed_bytes, for_system, sizeof(for_system));
	assert_non_null(file);
	assert_int_equal(file->size, size);
	assert_memory_equal(file->head, for_file, SEED_SIZE);
	for (size_t i = SEED_SIZE; i < size; i++)
		assert_int_equal(sim_byte(file, i), 0);
}

static void expect_untouched(const char *words)
{
	assert_int_equal(uefi_report.seed_tables, 0);
	assert_int_equal(uefi_report.writes_to_disk, 0);
	assert_false(uefi_report.made_file);
	scene_expect(words, 1);
	scene_expect("is renewed", 0);
}

static void the_file_and_the_system_get_a_seed_each(void **state)
{
	struct seed_parts parts = parts_of_firmware();

	(void)state;
	given(32);
	expect_entered("32 bytes, as bootctl writes them");
	parts.file = (struct bytes){before, 32};
	expect_seeded(&parts, 32);
	assert_int_equal(uefi_report.writes_to_disk, 1);
	scene_expect("berth: random seed: " SEED_FILE " is renewed, and the system gets 32 bytes\n", 1);
	given(SEED_FILE_MOST);
	uefi_variable_put("LoaderSystemToken", token, sizeof(token));
	expect_entered("the largest, and a token");
	parts.file.size = SEED_FILE_MOST;
	parts.token = (struct bytes){token, sizeof(token)};
	expect_seeded(&parts, SEED_FILE_MOST);
	assert_int_equal(uefi_report.writes_to_disk, 2);
}

static void two_boots_have_two_seeds(void **state)
{
	uint8_t first[36], file[SEED_SIZE];

	(void)state;
	given(32);
	uefi.disk_stays = true;
	expect_entered("the first");
	memcpy(first, uefi_report.seed_bytes, sizeof(first));
	memcpy(file, seed_file()->head, sizeof(file));
	expect_entered("the second");
	assert_memory_not_equal(first, uefi_report.seed_bytes, sizeof(first));
	assert_memory_not_equal(file, seed_file()->head, sizeof(file));
}

static void a_file_that_is_missing_or_too_short_is_made(void **state)
{
	struct seed_parts parts = parts_of_firmware();

	(void)state;
	given(0);
	expect_entered("none");
	assert_true(uefi_report.made_file);
	expect_seeded(&parts, SEED_SIZE);
	given(31);
	expect_entered("31 bytes");
	expect_seeded(&parts, SEED_SIZE);
}

static void without_entropy_the_token_makes_the_file_this_machines(void **state)
{
	struct seed_parts parts = parts_of_firmware();

	(void)state;
	given(64);
	sim.no_entropy = true;
	uefi_variable_put("LoaderSystemToken", token, sizeof(token));
	expect_entered("a token");
	parts.random.size = 0;
	parts.file = (struct bytes){before, 64};
	parts.token = (struct bytes){token, sizeof(token)};
	expect_seeded(&parts, 64);
}

static void what_may_be_a_copy_of_another_disk_seeds_nothing(void **state)
{
	(void)state;
	given(64);
	sim.no_entropy = true;
	expect_entered("neither entropy nor token");
	expect_untouched("no variable LoaderSystemToken");
	given(64);
	sim.no_entropy = true;
	uefi_variable_put("LoaderSystemToken", token, 31);
	expect_entered("a token that is too short");
	expect_untouched("no variable LoaderSystemToken");
	given(0);
	sim.no_entropy = true;
	uefi_variable_put("LoaderSystemToken", token, sizeof(token));
	expect_entered("a token and no file");
	expect_untouched(SEED_FILE ": no such file");
}

static void an_earlier_loaders_seed_goes_into_the_next_and_away(void **state)
{
	struct seed_parts parts = parts_of_firmware();

	(void)state;
	given(32);
	sim.no_entropy = true;
	store_le(table, 4, 48);
	uefi.seed_table = table;
	uefi.seed_table_size = 4 + 48;
	expect_entered("a table");
	parts.random.size = 0;
	parts.file = (struct bytes){before, 32};
	parts.previous = (struct bytes){table + 4, 48};
	expect_seeded(&parts, 32);
	assert_true(uefi_report.earlier_cleared);
	/* One that tells more than any loader writes stays where it is. */
	given(32);
	store_le(table, 4, SEED_TABLE_MOST + 1);
	uefi.seed_table = table;
	uefi.seed_table_size = sizeof(table);
	sim.no_entropy = true;
	expect_entered("a table that is none");
	expect_untouched("no variable LoaderSystemToken");
	assert_false(uefi_report.earlier_cleared);
}

static void what_cannot_be_written_is_left_alone(void **state)
{
	(void)state;
	given(32);
	uefi.write_protected = true;
	expect_entered("a volume");
	expect_untouched("write-protected");
	given(0);
	uefi.write_protected = true;
	expect_entered("a volume without a file");
	expect_untouched("write-protected");
	given(32);
	uefi.read_only_file = true;
	expect_entered("a file");
	expect_untouched("is read-only");
	given(SEED_FILE_MOST + 1);
	expect_entered("a file of another kind");
	expect_untouched("has 32769 bytes; at most 32768 are a seed\n");
}

static void a_write_that_ends_early_hands_nothing_over(void **state)
{
	(void)state;
	given(32);
	uefi.writes_short = true;
	expect_entered("the seed");
	assert_int_equal(uefi_report.seed_tables, 0);
	scene_expect("firmware wrote 31 bytes when 32 were asked for", 1);
	given(64);
	uefi.writes_short = true;
	expect_entered("what is behind it");
	assert_int_equal(uefi_report.seed_tables, 0);
	assert_memory_equal(seed_file()->head, before, SEED_SIZE);
}

static void add_secret(const uint8_t *at)
{
	memcpy(uefi.secret[uefi.n_secrets++].at, at, sizeof(uefi.secret->at));
}

/* Clears the stack, so that what this test itself has made is not found there. */
__attribute__((noinline)) static void clear_stack(void)
{
	volatile uint8_t room[KIB(96)];

	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = 0;
}

/* FIPS 180-4, 6.2.2, step 3: of the last block's rounds a to d, from which the sum follows at once. */
static void add_rounds_of(const uint8_t sum[SEED_SIZE])
{
	static const uint32_t first[] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a};
	uint8_t rounds[16];

	for (size_t i = 0; i < COUNT_OF(first); i++)
		store_le(rounds + 4 * i, 4, __builtin_bswap32((uint32_t)load_le(sum + 4 * i, 4)) - first[i]);
	add_secret(rounds);
}

__attribute__((noinline)) static void add_secrets(const struct seed_parts *parts)
{
	uint8_t for_file[SEED_SIZE], for_system[SEED_SIZE];

	seed_compose(parts, for_file, for_system);
	add_secret(for_file);
	add_secret(for_system);
	add_rounds_of(for_file);
	add_rounds_of(for_system);
	add_secret(parts->file.at);
	add_secret(parts->file.at + parts->file.size - 16);
	add_secret(parts->token.at);
}

/* At each line of the log, at exit, and of each pool that is given back, they are looked for. */
static void nothing_of_it_stays_in_memory(void **state)
{
	static const size_t sizes[] = {32, 64};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct seed_parts parts = parts_of_firmware();

		given(sizes[i]);
		uefi_variable_put("LoaderSystemToken", token, sizeof(token));
		store_le(table, 4, 48);
		uefi.seed_table = table;
		uefi.seed_table_size = 4 + 48;
		parts.file = (struct bytes){before, sizes[i]};
		parts.token = (struct bytes){token, sizeof(token)};
		parts.previous = (struct bytes){table + 4, 48};
		add_secrets(&parts);
		add_secret(table + 4);
		clear_stack();
		expect_entered("secrets");
		expect_seeded(&parts, sizes[i]);
	}
}

static bool is_of_the_seed(const char *service)
{
	static const char *const own[] = {"InstallConfigurationTable", "GetNextMonotonicCount", "GetTime", "Write"};

	for (size_t i = 0; i < COUNT_OF(own); i++)
		if (strcmp(service, own[i]) == 0)
			return true;
	return false;
}

static void each_call_may_fail_and_the_entry_boots(void **state)
{
	static const uint64_t faults[] = {EFIERR(2), EFIERR(3),	 EFIERR(5),  EFIERR(7),	  EFIERR(8),
					  EFIERR(9), EFIERR(11), EFIERR(15), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int own = 0, calls = 1000;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			const char *service;

			given(64);
			uefi_variable_put("LoaderSystemToken", token, sizeof(token));
			sim.fail_call = k;
			uefi.fault = faults[f];
			scene_run("a call fails");
			/* Among these is one by which stray keys come, and each is a call. */
			calls = k == 1 && f == 0 ? outcome.calls + 110 : calls;
			service = uefi_service_name(uefi_report.service);
			if (!is_of_the_seed(service))
				continue;
			own++;
			if (!outcome.entered)
				fail_msg("call %u, %s, fault %#" PRIx64 ": %s", k, service, faults[f],
					 outcome.why.text);
			if (strcmp(service, "Write") == 0)
				assert_int_equal(uefi_report.seed_tables, 0);
			if (strcmp(service, "GetTime") == 0 || strcmp(service, "GetNextMonotonicCount") == 0)
				assert_int_equal(uefi_report.seed_tables, 1);
		}
	assert_int_equal(own, 5 * COUNT_OF(faults));
}

/* A program that is no Linux gets no seed; an image with Linux's stub does. */
static void a_program_that_is_no_linux_gets_none(void **state)
{
	(void)state;
	given(32);
	sim.n_files -= 2;
	scene_put_text("\\loader\\entries\\one.conf", "title One\nefi /vmlinuz\n");
	scene_put(SEED_FILE, before, 32);
	scene_run("efi");
	assert_int_equal(uefi_report.starts, 1);
	assert_int_equal(uefi_report.seed_tables + uefi_report.writes_to_disk, 0);
	given(32);
	sim.n_files -= 2;
	scene_put_text("\\loader\\entries\\one.conf", "title One\nuki /vmlinuz\n");
	scene_put(SEED_FILE, before, 32);
	scene_run("uki");
	assert_int_equal(uefi_report.starts, 1);
	assert_int_equal(uefi_report.seed_tables, 1);
	given(32);
	sim.n_files -= 2;
	scene_put_text("\\loader\\entries\\one.conf", ENTRY "handoff stub\n");
	scene_put(SEED_FILE, before, 32);
	scene_run("stub");
	assert_int_equal(uefi_report.starts, uefi_report.seed_tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_file_and_the_system_get_a_seed_each),
	    cmocka_unit_test(two_boots_have_two_seeds),
	    cmocka_unit_test(a_file_that_is_missing_or_too_short_is_made),
	    cmocka_unit_test(without_entropy_the_token_makes_the_file_this_machines),
	    cmocka_unit_test(what_may_be_a_copy_of_another_disk_seeds_nothing),
	    cmocka_unit_test(an_earlier_loaders_seed_goes_into_the_next_and_away),
	    cmocka_unit_test(what_cannot_be_written_is_left_alone),
	    cmocka_unit_test(a_write_that_ends_early_hands_nothing_over),
	    cmocka_unit_test(nothing_of_it_stays_in_memory),
	    cmocka_unit_test(each_call_may_fail_and_the_entry_boots),
	    cmocka_unit_test(a_program_that_is_no_linux_gets_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
