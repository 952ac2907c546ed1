/* SPDX-License-Identifier: BSD-2-Clause */
/* The running CPU, by the routines of enter.S. Source: Intel SDM volume 3, 2.5. */
#include "enter.h"

#include "../arch.h"
#include "../x86/speaker.h"

static struct cpuid leaf(uint32_t number)
{
	struct cpuid registers;

	x86_cpuid(number, &registers);
	return registers;
}

const struct arch *arch_here(void)
{
	return &arch_x86_64;
}

void arch_cpu(struct cpu *cpu)
{
	*cpu = (struct cpu){
	    .gib_pages = (leaf(CPUID_EXTENDED).edx & EDX_GIB_PAGES) != 0,
	    .five_levels = (x86_read_cr4() & CR4_LA57) != 0,
	    .has_la57 = (leaf(CPUID_FEATURES).ecx & ECX_LA57) != 0,
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
	return x86_random(number) != 0;
}

void arch_enter(const struct handoff *handoff)
{
	if (handoff->trampoline != 0)
		x86_enter_by_trampoline(handoff->gdt, handoff->table_root, handoff->trampoline,
					handoff->copies.address);
	x86_enter(handoff->gdt, handoff->table_root, handoff->entry, handoff->argument, handoff->copies.address,
		  handoff->stack_top);
}
