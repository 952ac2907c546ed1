/* SPDX-License-Identifier: BSD-2-Clause */
/* The running CPU, by the routines of enter.S. */
#include "enter.h"

#include "../arch.h"
#include "../x86/speaker.h"

static struct cpuid leaf(uint32_t number)
{
	struct cpuid registers;

	ia32_cpuid(number, &registers);
	return registers;
}

const struct arch *arch_here(void)
{
	return &arch_ia32;
}

void arch_cpu(struct cpu *cpu)
{
	uint32_t extended = leaf(CPUID_EXTENDED).edx;

	*cpu = (struct cpu){
	    .gib_pages = (extended & EDX_GIB_PAGES) != 0,
	    .has_la57 = (leaf(CPUID_FEATURES).ecx & ECX_LA57) != 0,
	    .lacks_long_mode = (extended & EDX_LONG_MODE) == 0,
	};
}

bool arch_is_virtual(void)
{
	return (leaf(CPUID_VERSION).ecx & ECX_HYPERVISOR) != 0;
}

bool arch_is_confidential(void)
{
	return x86_is_confidential(leaf);
}

uint64_t arch_ticks_per_second(void)
{
	struct cpuid ticks = leaf(CPUID_TICKS), frequency = leaf(CPUID_FREQUENCY);

	return x86_ticks_per_second(&ticks, &frequency);
}

bool arch_speaker(bool sounds)
{
	x86_speaker(sounds);
	return true;
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
