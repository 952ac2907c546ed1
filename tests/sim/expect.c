/* SPDX-License-Identifier: BSD-2-Clause */
#include "expect.h"

#include "bench.h"
#include "vmlinux.h"

static void expect_entered(void)
{
	bench_run();
	if (!outcome.entered)
		fail_msg("%s: refused: %s", bench.name, outcome.why.text);
}

void expect_through(const char *words)
{
	expect_entered();
	if (strstr(sim_log(), words) == NULL)
		fail_msg("%s: the log does not say \"%s\":\n%s", bench.name, words, sim_log());
}

void expect_the_kernel(void)
{
	expect_entered();
	if (sim.vmlinux->moves != (strstr(sim_log(), " moved by 0x") != NULL))
		fail_msg("%s: the log tells of a move, or not, wrongly", bench.name);
}

void expect_refusal(const char *words)
{
	bench_run();
	if (outcome.entered || strstr(outcome.why.text, words) == NULL)
		fail_msg("%s: not refused with \"%s\": %s", bench.name, words,
			 outcome.entered ? "entered" : outcome.why.text);
}
