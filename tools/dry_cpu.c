/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPU of the machine that is asked about, in place of the one that runs the command (arch/x86_64/here.c). Linked
 * into the command alone: tests of the loader have CPUs of their own.
 */
#include "dry.h"
#include "surveyed.h"

#include <stdlib.h>

const struct arch *arch_here(void)
{
	return dry.machine->arch;
}

void arch_cpu(struct cpu *cpu)
{
	static const struct map_source nothing = {.has_facts = false};

	surveyed_cpu(cpu, dry.machine->memory != NULL ? dry.machine->memory : &nothing);
}

bool arch_random(uint64_t *number)
{
	(void)number;
	return false;
}

/* Behind fw_exit(), which does not return OK. */
void arch_enter(const struct handoff *handoff)
{
	(void)handoff;
	abort();
}
