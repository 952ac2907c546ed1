/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times planning on badly fragmented maps (tests/unit/large.h): milliseconds, the best of five. With a case and a
 * number of descriptors it runs that one once, for scripts/bench-plan to count its instructions.
 */
#include <time.h>

#include "../unit/large.h"

static struct large large;

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void time_case(enum large_case which, size_t n)
{
	double best = 1e9;

	large_make(&large, which, n);
	for (int i = 0; i < 5; i++) {
		double start, took;

		large_make(&large, which, n);
		start = milliseconds();
		(void)large_run(&large, which, NULL);
		took = milliseconds() - start;
		best = took < best ? took : best;
	}
	printf("%-30s %7zu descriptors %9.3f ms\n", large_case_name[which], n, best);
}

int main(int argc, char **argv)
{
	if (argc == 3) {
		enum large_case which = (enum large_case)atoi(argv[1]);

		large_make(&large, which, strtoul(argv[2], NULL, 0));
		printf("%-30s %7zu descriptors ", large_case_name[which], large.n);
		(void)large_run(&large, which, NULL);
		return 0;
	}
	for (enum large_case which = 0; which < LARGE_CASES; which++)
		for (size_t n = 1000; n <= LARGE; n *= 10)
			time_case(which, n);
	return 0;
}
