/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a list costs no worse than n log n: people send maps of big machines, and a quadratic reader takes minutes
 * for them. Work is counted, not timed: gcc's -fsanitize-coverage=trace-pc calls the counter below at each basic block
 * of the readers (Makefile).
 */
#include "given_maps.h"

static uint64_t blocks;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
	blocks++;
}

/* Lines in descending order. */
static uint64_t blocks_of_list(unsigned int lines)
{
	char *text = malloc(lines * 40);
	size_t used = 0;

	for (unsigned int i = lines; i > 0; i--)
		used += (size_t)sprintf(text + used, "0x%x000+4K %s\n", 2 * i, i % 3 == 0 ? "reserved" : "free");
	blocks = 0;
	read_bytes(text, used);
	assert_int_equal(reading.status, OK);
	assert_int_equal(reading.source.map.count, lines);
	assert_true(reading.source.map.entry[0].at.start == 0x2000);
	free(text);
	assert_in_range(blocks, lines, UINT64_MAX);
	return blocks;
}

/* n log n grows 12.9 times from 3,000 lines to 30,000; numbers have a digit more, too. */
static void a_long_list_is_no_worse_than_n_log_n(void **state)
{
	uint64_t few = blocks_of_list(3000), many = blocks_of_list(30000);

	(void)state;
	print_message("%" PRIu64 " basic blocks for 3,000 lines, %" PRIu64 " for 30,000\n", few, many);
	assert_in_range(many / few, 1, 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_long_list_is_no_worse_than_n_log_n),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
