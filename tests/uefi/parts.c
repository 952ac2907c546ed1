/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of a program's tests run, by cmocka's patterns in the environment (tests/mutants/floor.py). */
#include "../unit/given.h"

__attribute__((constructor)) static void choose_tests(void)
{
	cmocka_set_test_filter(getenv("TESTS_ONLY"));
	cmocka_set_skip_filter(getenv("TESTS_SKIPPED"));
}
