/* SPDX-License-Identifier: BSD-2-Clause */
/* The running CPU, by the routines of enter.S. */
#include "enter.h"

#include "../arch.h"

const struct arch *arch_here(void)
{
	return &arch_riscv64;
}

void arch_cpu(struct cpu *cpu)
{
	*cpu = (struct cpu){.gib_pages = false};
}

bool arch_speaker(bool sounds)
{
	(void)sounds;
	return false;
}

bool arch_is_confidential(void)
{
	return false;
}

bool arch_is_virtual(void)
{
	return false;
}

/* In the device tree alone (Devicetree Specification 0.4, 3.7, timebase-frequency), or in ACPI's RHCT. */
uint64_t arch_ticks_per_second(void)
{
	return 0;
}

/* The CSR `seed` of Zkr is machine mode's, which rarely lends it (Cryptography Extensions, "mseccfg"). */
bool arch_random(uint64_t *number)
{
	(void)number;
	return false;
}

uint64_t arch_ticks(void)
{
	return riscv_time();
}

void arch_enter(const struct handoff *handoff)
{
	riscv_enter(handoff->hart, handoff->argument, handoff->entry, handoff->copies.address);
}
