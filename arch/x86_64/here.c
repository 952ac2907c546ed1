/* SPDX-License-Identifier: BSD-2-Clause */
/* The running CPU, by the routines of enter.S. Source: Intel SDM volume 2, CPUID; volume 3, 2.5. */
#include "enter.h"

#include "../arch.h"

#define CPUID_EXTENDED 0x80000001u
#define EDX_GIB_PAGES  (1u << 26)
#define CPUID_VERSION  1u
#define ECX_HYPERVISOR (1u << 31) /* not Intel's: all hypervisors set it */
#define CPUID_FEATURES 7u
#define ECX_LA57       (1u << 16)

const struct arch *arch_here(void)
{
	return &arch_x86_64;
}

void arch_cpu(struct cpu *cpu)
{
	*cpu = (struct cpu){
	    .gib_pages = (x86_cpuid_edx(CPUID_EXTENDED) & EDX_GIB_PAGES) != 0,
	    .five_levels = (x86_read_cr4() & CR4_LA57) != 0,
	    .has_la57 = (x86_cpuid_ecx(CPUID_FEATURES) & ECX_LA57) != 0,
	};
}

bool arch_ticks_from_power_on(void)
{
	return (x86_cpuid_ecx(CPUID_VERSION) & ECX_HYPERVISOR) == 0;
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
