/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a kernel's file may lie before anybody knows what is in it: what the command line takes away, as a Linux for
 * this CPU reads it. Sources: those of protocol/command_line.h.
 */
#include "../../policy/situation.h"
#include "given.h"

static struct situation p;
static struct fail why;

static void given(const struct arch *arch, const char *line)
{
	given_map("1G-3G free");
	p = (struct situation){
	    .arch = arch, .cargo = {.command_line = line}, .survey = {.map = world.map, .free = world.free}};
	assert_int_equal(situation_keep_file_out(&p, &why), OK);
}

static void c9_mem_is_an_address_to_x86_and_an_amount_to_others(void **state)
{
	static const struct {
		const struct arch *arch;
		const char *line;
		uint64_t end;
	} rows[] = {
	    {&arch_x86_64, "mem=1200M", MIB(1200)},
	    {&arch_ia32, "mem=1500M mem=1200M", MIB(1200)},
	    {&arch_aarch64, "mem=1200M", GIB(1) + MIB(1200)},
	    {&arch_aarch64, "mem=1200M mem=1500M", GIB(1) + MIB(1200)}, /* the last counts to it: here the least */
	    {&arch_riscv64, "mem=100M", GIB(1) + MIB(100)},
	    {&arch_x86_64, "quiet", UINT64_MAX},
	    {&arch_aarch64, "quiet", UINT64_MAX},
	    {&arch_aarch64, "mem=9G", UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		given(rows[i].arch, rows[i].line);
		if (situation_file_end(&p) != rows[i].end)
			fail_msg("row %zu: %#" PRIx64, i, situation_file_end(&p));
	}
}

static void c13_memmap_is_a_word_of_x86_alone(void **state)
{
	static const struct range upper = {GIB(2), GIB(3)};

	(void)state;
	given(&arch_x86_64, "memmap=1G$2G");
	assert_true(range_is_empty(largest_run(&p.survey.free.all, upper)));
	given(&arch_aarch64, "memmap=1G$2G");
	assert_int_equal(range_size(largest_run(&p.survey.free.all, upper)), GIB(1));
	given(&arch_aarch64, "crashkernel=1G@2G");
	assert_true(range_is_empty(largest_run(&p.survey.free.all, upper)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c9_mem_is_an_address_to_x86_and_an_amount_to_others),
	    cmocka_unit_test(c13_memmap_is_a_word_of_x86_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
