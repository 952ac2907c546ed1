/* SPDX-License-Identifier: BSD-2-Clause */
/* The running CPU, by the routines of enter.S. Source: Intel SDM volume 2, CPUID. */
#include "enter.h"

#include "../arch.h"

#define CPUID_EXTENDED 0x80000001u
#define EDX_GIB_PAGES  (1u << 26)
#define EDX_LONG_MODE  (1u << 29)
#define CPUID_VERSION  1u
#define ECX_HYPERVISOR (1u << 31) /* not Intel's: all hypervisors set it */
#define CPUID_FEATURES 7u
#define ECX_LA57       (1u << 16)

const struct arch *arch_here(void)
{
	return &arch_ia32;
}

void arch_cpu(struct cpu *cpu)
{
	uint32_t extended = ia32_cpuid_edx(CPUID_EXTENDED);

	*cpu = (struct cpu){
	    .gib_pages = (extended & EDX_GIB_PAGES) != 0,
	    .has_la57 = (ia32_cpuid_ecx(CPUID_FEATURES) & ECX_LA57) != 0,
	    .lacks_long_mode = (extended & EDX_LONG_MODE) == 0,
	};
}

bool arch_ticks_from_power_on(void)
{
	return (ia32_cpuid_ecx(CPUID_VERSION) & ECX_HYPERVISOR) == 0;
}

bool arch_random(uint64_t *number)
{
	uint32_t low, high;

	if (ia32_random(&low) == 0 || ia32_random(&high) == 0)
		return false;
	*number = (uint64_t)high << 32 | low;
	return true;
}

void arch_enter(const struct handoff *handoff)
{
	ia32_enter((uint32_t)handoff->gdt, (uint32_t)handoff->trampoline, (uint32_t)handoff->copies.address,
		   handoff->table_root != 0);
}
