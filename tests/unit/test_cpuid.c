/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What CPUID tells: the rate of the time-stamp counter by leaves 15H and 16H (Intel SDM volume 2, CPUID), and whether
 * the machine is a confidential one (AMD APM volume 3, E.4.17; Intel TDX module; Hyper-V TLFS 2.4).
 */
#include "../../arch/x86/cpuid.h"
#include "given.h"

static uint64_t rate(struct cpuid ticks, struct cpuid frequency)
{
	return x86_ticks_per_second(&ticks, &frequency);
}

static void by_the_crystal_and_the_counters_ratio_to_it(void **state)
{
	(void)state;
	/* Skylake-X: a crystal of 25 MHz, 168 / 2. */
	assert_int_equal(rate((struct cpuid){2, 168, 25000000, 0}, (struct cpuid){2000, 3000, 100, 0}), 2100000000);
	/* Tremont: 38.4 MHz, 125 / 3 */
	assert_int_equal(rate((struct cpuid){3, 125, 38400000, 0}, (struct cpuid){0}), 1600000000);
	assert_true(rate((struct cpuid){1, UINT32_MAX, UINT32_MAX, 0}, (struct cpuid){0}) ==
		    UINT64_C(0xfffffffe00000001));
}

static void by_the_base_frequency_where_the_crystal_is_not_told(void **state)
{
	(void)state;
	/* Skylake, client: 15H tells no crystal; bits 31 to 16 of 16H's EAX are reserved. */
	assert_int_equal(rate((struct cpuid){2, 216, 0, 0}, (struct cpuid){0xabcd0a28, 3400, 100, 0}), 2600000000);
	assert_int_equal(rate((struct cpuid){2, 216, 0, 0}, (struct cpuid){0}), 0);
}

static void without_a_ratio_it_is_not_known(void **state)
{
	(void)state;
	assert_int_equal(rate((struct cpuid){0, 168, 25000000, 0}, (struct cpuid){2000, 0, 0, 0}), 0);
	assert_int_equal(rate((struct cpuid){2, 0, 25000000, 0}, (struct cpuid){2000, 0, 0, 0}), 0);
	assert_int_equal(rate((struct cpuid){0}, (struct cpuid){2000, 0, 0, 0}), 0);
}

/* ---- a machine whose memory is kept from its host ---- */

static struct {
	uint32_t number;
	struct cpuid told;
} leaves[4];

static struct cpuid leaf(uint32_t number)
{
	for (size_t i = 0; i < COUNT_OF(leaves); i++)
		if (leaves[i].number == number)
			return leaves[i].told;
	return (struct cpuid){0};
}

#define GUEST                                                                                                          \
	{                                                                                                              \
		0x1,                                                                                                   \
		{                                                                                                      \
			.ecx = 1u << 31                                                                                \
		}                                                                                                      \
	}
#define SEV                                                                                                            \
	{                                                                                                              \
		0x8000001f,                                                                                            \
		{                                                                                                      \
			.eax = 0x2                                                                                     \
		}                                                                                                      \
	}
#define TDX                                                                                                            \
	{                                                                                                              \
		0x21,                                                                                                  \
		{                                                                                                      \
			0, 0x65746e49, 0x20202020, 0x5844546c                                                          \
		}                                                                                                      \
	} /* "Inte", "    ", "lTDX" */
#define HYPER_V                                                                                                        \
	{                                                                                                              \
		0x40000000,                                                                                            \
		{                                                                                                      \
			0x4000000c, 0x7263694d, 0x666f736f, 0x76482074                                                 \
		}                                                                                                      \
	} /* "Micr", "osof", "t Hv" */
#define ISOLATES                                                                                                       \
	{                                                                                                              \
		0x40000003,                                                                                            \
		{                                                                                                      \
			.ebx = 1u << 22                                                                                \
		}                                                                                                      \
	}

#define expect_confidential(is, ...)                                                                                   \
	do {                                                                                                           \
		memset(leaves, 0, sizeof(leaves));                                                                     \
		memcpy(leaves, (__typeof__(leaves[0])[]){__VA_ARGS__},                                                 \
		       sizeof((__typeof__(leaves[0])[]){__VA_ARGS__}));                                                \
		assert_int_equal(x86_is_confidential(leaf), is);                                                       \
	} while (0)

static void guests_of_sev_and_tdx_are_confidential(void **state)
{
	(void)state;
	expect_confidential(true, GUEST, SEV);
	expect_confidential(true, GUEST, TDX);
	expect_confidential(false, GUEST, {0x8000001f, {.eax = ~0x2u}});
	expect_confidential(false, GUEST, {0x21, {0, 0x65746e49, 0x5844546c, 0x20202020}});
	expect_confidential(false, GUEST);
	/* The CPU of a host can do so, and is no guest. */
	expect_confidential(false, SEV, TDX);
	expect_confidential(false, {0x1, {.ecx = ~(1u << 31)}}, SEV, TDX);
}

static void guests_that_hyper_v_isolates_are_confidential(void **state)
{
	(void)state;
	expect_confidential(true, GUEST, HYPER_V, ISOLATES, {0x4000000c, {.ebx = 0xf2}});
	expect_confidential(true, GUEST, HYPER_V, ISOLATES, {0x4000000c, {.ebx = 0x3}});
	expect_confidential(false, GUEST, HYPER_V, ISOLATES, {0x4000000c, {.ebx = 0x1}});
	expect_confidential(false, GUEST, HYPER_V, {0x40000003, {.ebx = ~(1u << 22)}}, {0x4000000c, {.ebx = 0x2}});
	expect_confidential(false, GUEST, {0x40000000, {0x4000000b, 0x7263694d, 0x666f736f, 0x76482074}}, ISOLATES,
			    {0x4000000c, {.ebx = 0x2}});
	expect_confidential(false, GUEST, {0x40000000, {0x4000000c, 0x4b4d564b, 0x564b4d56, 0x4d}}, ISOLATES,
			    {0x4000000c, {.ebx = 0x2}});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(guests_of_sev_and_tdx_are_confidential),
	    cmocka_unit_test(guests_that_hyper_v_isolates_are_confidential),
	    cmocka_unit_test(by_the_crystal_and_the_counters_ratio_to_it),
	    cmocka_unit_test(by_the_base_frequency_where_the_crystal_is_not_told),
	    cmocka_unit_test(without_a_ratio_it_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
