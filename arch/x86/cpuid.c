/* SPDX-License-Identifier: BSD-2-Clause */
#include "cpuid.h"

#include "../../base/mem.h"

#define MHZ 1000000

#define ISOLATED_BY_SNP 2 /* EBX, bits 0 to 3, of CPUID_HYPER_V_ISOLATION */
#define ISOLATED_BY_TDX 3

static bool says(uint32_t a, uint32_t b, uint32_t c, const char *name)
{
	const uint32_t words[] = {a, b, c};

	return memcmp(words, name, sizeof(words)) == 0;
}

/* Azure hides the leaves of SEV and TDX from its guests, and uses those of Hyper-V instead. */
static bool is_isolated_by_hyper_v(struct cpuid (*leaf)(uint32_t number))
{
	struct cpuid name = leaf(CPUID_HYPER_V);
	uint32_t how;

	if (!says(name.ebx, name.ecx, name.edx, "Microsoft Hv") || name.eax < CPUID_HYPER_V_ISOLATION ||
	    (leaf(CPUID_HYPER_V_FEATURES).ebx & EBX_ISOLATION) == 0)
		return false;
	how = leaf(CPUID_HYPER_V_ISOLATION).ebx & 0xf;
	return how == ISOLATED_BY_SNP || how == ISOLATED_BY_TDX;
}

/* A hypervisor shows SEV to guests that use it; the register that says whether it is active is not on every CPU. */
bool x86_is_confidential(struct cpuid (*leaf)(uint32_t number))
{
	struct cpuid tdx;

	if ((leaf(CPUID_VERSION).ecx & ECX_HYPERVISOR) == 0)
		return false;
	tdx = leaf(CPUID_TDX);
	return (leaf(CPUID_ENCRYPTED).eax & EAX_SEV) != 0 || says(tdx.ebx, tdx.edx, tdx.ecx, "IntelTDX    ") ||
	       is_isolated_by_hyper_v(leaf);
}

/*
 * 15H: the crystal's frequency in ECX, and the counter's ratio to it, EBX / EAX. CPUs that do not tell the crystal's
 * have the processor's base frequency in 16H, in MHz, which is the counter's (SDM volume 3, 18.18.3 and 18.7.3).
 */
uint64_t x86_ticks_per_second(const struct cpuid *ticks, const struct cpuid *frequency)
{
	if (ticks->eax == 0 || ticks->ebx == 0)
		return 0;
	if (ticks->ecx == 0)
		return (uint64_t)(frequency->eax & 0xffff) * MHZ;
	return (uint64_t)ticks->ecx * ticks->ebx / ticks->eax;
}
