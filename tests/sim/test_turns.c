/* SPDX-License-Identifier: BSD-2-Clause */
/* The turns of the flow that no fault leads to: each machine here makes the loader take one, and shows where it ends.
 */
#include "bench.h"
#include "expect.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static void begin(const char *map, const char *entry, const char *conf)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up(map, entry, conf, &debian);
	snprintf(bench.name, sizeof(bench.name), "one turn");
}

static void expect_back(enum status status, const char *words)
{
	bench_run();
	assert_int_equal(bench.refused, 1);
	assert_int_equal(outcome.status, status);
	if (strstr(outcome.why.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", outcome.why.text, words);
}

static void secure_boot_refuses_whatever_was_not_verified(void **state)
{
	(void)state;
	for (enum secure_boot state = SECURE_BOOT_UNSET; state <= SECURE_BOOT_ENABLED; state++) {
		begin("1M-1G free", LINUX, "");
		bench_sign(bench.head);
		sim.machine.secure_boot = state;
		sim.untrusted = "\\vmlinuz";
		if (state == SECURE_BOOT_DISABLED)
			expect_through("read ");
		else
			expect_back(REFUSED, "not trusted");
	}
}

static void a_quiet_loader_takes_the_same_way(void **state)
{
	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX INITRD, "");
	sim.quiet = true;
	sim.refused[sim.n_refused++] = (struct range){GIB(4) + MIB(100), GIB(5)};
	expect_through("read ");
}

static void a_place_that_was_taken_meanwhile_is_seen_at_the_second_look(void **state)
{
	uint8_t later[GIVEN_ENTRIES * DESC_SIZE];
	size_t n = raw_map("1M-1G free, 4G-4608M free, 4608M-5G runtime", later);

	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX, "");
	memcpy(later + n * DESC_SIZE, bench.raw + (bench.n - 2) * DESC_SIZE, 2 * DESC_SIZE); /* firmware's tables */
	sim.refused[sim.n_refused++] = (struct range){GIB(4) + MIB(512), GIB(5)};
	sim.next_map = sim.final_map = later;
	sim.next_map_size = sim.final_map_size = (n + 2) * DESC_SIZE;
	expect_through("planning again");
	/* The map explains it: no place is remembered as refused. */
	assert_null(strstr(sim_log(), "refused 0x"));
	assert_true(outcome.entry < GIB(4) + MIB(512));
}

static void firmware_that_gives_nothing_is_asked_a_bounded_number_of_times(void **state)
{
	(void)state;
	begin("1M-4M free, 16M-17M boot, 17M-3G free, 4G-64G free", LINUX, "");
	sim.gives_nothing = true;
	bench_run();
	assert_int_equal(bench.refused, 1);
	assert_true(outcome.status == GAVE_UP || outcome.status == NO_PLACE);
	assert_true(outcome.call_of[SERVICE_CLAIM] <= 100);
}

static void a_file_that_grows_between_two_opens_is_no_file_to_boot(void **state)
{
	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX INITRD, "");
	sim.unreadable_above = GIB(4);
	sim.reads_fail_above = true;
	sim.grows = sim.file[0].path;
	expect_back(BAD_INPUT, "bytes now and had");
}

static void initrds_larger_than_memory_are_refused_by_their_sum(void **state)
{
	(void)state;
	begin("1M-1G free", LINUX INITRDS, "");
	sim.file[1].size = sim.file[3].size = UINT64_MAX / 2 + 9;
	expect_back(BAD_INPUT, "together are larger than any memory");
	begin("1M-1G free", LINUX INITRD, "");
	sim.file[1].size = UINT64_MAX - 5;
	expect_back(BAD_INPUT, "larger than any memory");
	begin("1M-1G free", LINUX INITRD, "");
	sim.file[1].size = GIB(1);
	expect_back(NO_PLACE, "initrd");
}

static void a_long_file_is_read_with_its_speed(void **state)
{
	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX INITRD, "");
	sim.file[1].size = MIB(40) + 77;
	expect_through("MB/s");
	begin("1M-1G free, 4G-5G free", LINUX INITRD, "");
	sim.file[1].size = MIB(40) + 77;
	sim.quiet = true;
	expect_through("read ");
}

static void the_cpus_entropy_serves_where_firmware_has_none(void **state)
{
	uint64_t of_the_cpu;

	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX "placement random\n", "");
	sim.no_entropy = true;
	sim.cpu_has_entropy = true;
	expect_through("place kernel");
	of_the_cpu = outcome.entry;
	assert_null(strstr(sim_log(), "no entropy"));
	begin("1M-1G free, 4G-5G free", LINUX "placement random\n", "");
	sim.cpu_has_entropy = true;
	expect_through("place kernel");
	assert_true(outcome.entry != of_the_cpu); /* firmware's comes first */
}

static void random_without_entropy_says_so_and_is_high(void **state)
{
	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX "placement random\n", "");
	sim.no_entropy = true;
	expect_through("neither firmware nor the CPU has entropy");
	assert_true(outcome.entry >= GIB(4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_quiet_loader_takes_the_same_way),
	    cmocka_unit_test(a_place_that_was_taken_meanwhile_is_seen_at_the_second_look),
	    cmocka_unit_test(firmware_that_gives_nothing_is_asked_a_bounded_number_of_times),
	    cmocka_unit_test(a_file_that_grows_between_two_opens_is_no_file_to_boot),
	    cmocka_unit_test(initrds_larger_than_memory_are_refused_by_their_sum),
	    cmocka_unit_test(a_long_file_is_read_with_its_speed),
	    cmocka_unit_test(the_cpus_entropy_serves_where_firmware_has_none),
	    cmocka_unit_test(random_without_entropy_says_so_and_is_high),
	    cmocka_unit_test(secure_boot_refuses_whatever_was_not_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
